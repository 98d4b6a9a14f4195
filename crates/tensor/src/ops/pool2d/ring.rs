//! The last rows of a plane, dealt out by stride so that neighbouring windows find what they need in
//! neighbouring places.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::map::Map;
use crate::simd::{Vector, WIDEST, load, load_up_to, store_up_to};

/// Rows in a ring of slots: row `r` lies in slot `r mod slots`, if it lies in any.
pub(super) struct Ring<'a> {
    pub(super) numbers: &'a mut [f32],
    slot: usize,
    held: Vec<usize>,
}

impl<'a> Ring<'a> {
    /// Slots of `slot` numbers, all set to `border`.
    pub(super) fn new(numbers: &'a mut [f32], slot: usize, border: f32) -> Self {
        numbers.fill(border);
        let held = vec![usize::MAX; numbers.len() / slot];
        Self { numbers, slot, held }
    }

    /// Forgets all rows: what follows is another plane.
    pub(super) fn forget(&mut self) {
        self.held.fill(usize::MAX);
    }

    /// Where row `r` begins, and whether it has yet to be put there.
    #[inline(always)]
    pub(super) fn place(&mut self, r: usize) -> (usize, bool) {
        // Most rings hold a whole plane, and a division costs as much as folding a row.
        let slot = if r < self.held.len() { r } else { r % self.held.len() };
        let missing = self.held[slot] != r;
        self.held[slot] = r;
        (slot * self.slot, missing)
    }

    /// The slot at `place`.
    #[inline(always)]
    pub(super) fn slot(&mut self, place: usize) -> &mut [f32] {
        &mut self.numbers[place..place + self.slot]
    }
}

/// Rows that are dealt out: numbers `e, e + stride, …` make phase `e`, `pitch` from the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dealt {
    pub(super) stride: usize,
    pub(super) pitch: usize,
    /// Numbers before the content of each phase.
    pub(super) border: usize,
}

impl Dealt {
    /// Room for phases of `count` numbers after `border` others, where registers are read from as
    /// far as `reach`.
    pub(super) fn new(stride: usize, border: usize, count: usize, reach: usize) -> Self {
        Self {
            stride,
            border,
            pitch: (border + count).max(reach.next_multiple_of(WIDEST)) + WIDEST,
        }
    }

    /// Numbers of all phases of one row.
    pub(super) fn slot(self) -> usize {
        self.stride * self.pitch
    }

    /// Deals out a row.
    #[inline(always)]
    pub(super) fn deal<V: Vector>(self, row: &[f32], into: &mut [f32], map: impl Map) {
        let Self { stride, pitch, border } = self;
        match stride {
            1 => {
                let into = &mut into[border..][..row.len()];
                for at in (0..row.len()).step_by(V::LANES) {
                    store_up_to(map.lanes(some::<V>(row, at)), into, at);
                }
            }
            2 => {
                let (evens, odds) = into.split_at_mut(pitch);
                let evens = &mut evens[border..][..row.len().div_ceil(2)];
                let odds = &mut odds[border..][..row.len() / 2];
                for at in (0..evens.len()).step_by(V::LANES) {
                    let [first, next] = [2 * at, 2 * at + V::LANES];
                    let (even, odd) = some::<V>(row, first).deal(some::<V>(row, next));
                    store_up_to(map.lanes(even), evens, at);
                    if at < odds.len() {
                        store_up_to(map.lanes(odd), odds, at);
                    }
                }
            }
            _ => {
                for (phase, into) in into.chunks_exact_mut(pitch).enumerate() {
                    let cells = row.iter().skip(phase).step_by(stride);
                    for (into, &cell) in into[border..].iter_mut().zip(cells) {
                        *into = map.one(cell);
                    }
                }
            }
        }
    }
}

/// The register that begins at `at`, with zeros beyond the end of the row.
#[inline(always)]
pub(super) fn some<V: Vector>(row: &[f32], at: usize) -> V {
    if at + V::LANES <= row.len() { load(row, at) } else { load_up_to(row, at.min(row.len())) }
}
