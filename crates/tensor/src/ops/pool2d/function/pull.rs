//! From the gradients of windows to those of their cells.
//!
//! Every window leaves one gradient per offset. A cell gathers those of the windows that it lies in:
//! input columns `e, e + s, …` (stride `s`) lie at the same offsets of neighbouring windows, so a
//! register of them adds up registers, always in the same order.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::simd::{Many, Vector, WIDEST, load, store, store_up_to};
use crate::{Window, Windows};

use super::plan::Place;

/// Where gradients of windows lie, and where inputs find them.
pub(super) struct Pulling {
    at: Windows,
    /// Numbers before the first output of a row.
    border: usize,
    /// From the gradients of one offset in a row of outputs to those of the next.
    pitch: usize,
    /// Rows of outputs that are held at a time.
    held: usize,
    /// For every phase of input columns its offsets in a row of the window and where each begins.
    phases: Vec<Vec<usize>>,
}

impl Pulling {
    pub(super) fn new(at: &Windows) -> Self {
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let ([_, width], [rows, columns]) = (at.input(), at.output());
        let border = (kernel[1] - 1) * dilation[1] / stride[1];
        let starts = |e: usize| {
            let (phase, base) = ((e + before[1]) % stride[1], (e + before[1]) / stride[1]);
            let taps =
                (0..kernel[1]).rev().filter(move |tap| tap * dilation[1] % stride[1] == phase);
            taps.map(move |tap| (tap, border + base - tap * dilation[1] / stride[1]))
        };
        let last = (0..stride[1]).flat_map(starts).map(|(_, start)| start).max().unwrap_or(0);
        let reach = last + width.div_ceil(stride[1]).next_multiple_of(WIDEST);
        let pitch = reach.max(border + columns.next_multiple_of(WIDEST)) + WIDEST;
        let phases = (0..stride[1])
            .map(|e| starts(e).map(|(tap, start)| tap * pitch + start).collect())
            .collect();
        // The rows that a row of inputs looks at, and the one that is being written meanwhile.
        let held = ((kernel[0] - 1) * dilation[0] / stride[0] + 2).min(rows);
        Self { at: *at, border, pitch, held, phases }
    }

    /// Numbers of all rows that are held.
    pub(super) fn len(&self) -> usize {
        self.held * self.row()
    }

    /// Numbers of one row of outputs.
    fn row(&self) -> usize {
        self.at.window().area() * self.pitch
    }

    /// Puts down the gradients of a register of windows. Lanes without a window get zeros.
    #[inline(always)]
    pub(super) fn put<V: Vector>(&self, gradients: &[Many<V>], place: Place, held: &mut [f32]) {
        let into = &mut held[place.row % self.held * self.row()..][..self.row()];
        for (k, gradient) in gradients.iter().enumerate() {
            let gradient = match place.count {
                count if count < V::LANES => gradient.0.first_or(count, V::splat(0.0)),
                _ => gradient.0,
            };
            store(gradient, into, k * self.pitch + self.border + place.at);
        }
    }

    /// The rows of inputs, from `next` on, that no window after output row `row` looks at, without
    /// those that look at it: they are read when what was stored last has arrived.
    pub(super) fn ready(&self, next: usize, row: usize) -> std::ops::Range<usize> {
        let Window { stride, before, .. } = self.at.window();
        let ([height, _], [rows, _]) = (self.at.input(), self.at.output());
        let end =
            if row + 1 == rows { height } else { (row * stride[0]).saturating_sub(before[0]) };
        next..end.clamp(next, height)
    }

    /// The gradient of input row `r`.
    #[inline(always)]
    pub(super) fn pull<V: Vector>(
        &self,
        r: usize,
        held: &[f32],
        places: &mut Vec<usize>,
        dx: &mut [f32],
    ) {
        let Window { kernel, stride, before, dilation, .. } = self.at.window();
        places.clear();
        for tap in (0..kernel[0]).rev() {
            let Some(from) = (r + before[0]).checked_sub(tap * dilation[0]) else { continue };
            let row = from / stride[0];
            if from.is_multiple_of(stride[0]) && row < self.at.output()[0] {
                places.push(row % self.held * self.row() + tap * kernel[1] * self.pitch);
            }
        }
        match self.phases.as_slice() {
            [starts] => {
                for at in (0..dx.len()).step_by(V::LANES) {
                    store_up_to(gather::<V>(held, places, starts, at), dx, at);
                }
            }
            [evens, odds] => {
                for at in (0..dx.len().div_ceil(2)).step_by(V::LANES) {
                    let even = gather::<V>(held, places, evens, at);
                    let odd = gather::<V>(held, places, odds, at);
                    let (first, next) = even.weave(odd);
                    store_up_to(first, dx, 2 * at);
                    if 2 * at + V::LANES < dx.len() {
                        store_up_to(next, dx, 2 * at + V::LANES);
                    }
                }
            }
            phases => {
                for (e, starts) in phases.iter().enumerate() {
                    let count = dx.len().saturating_sub(e).div_ceil(phases.len());
                    for at in (0..count).step_by(V::LANES) {
                        let mut lanes = [0.0; WIDEST];
                        store(gather::<V>(held, places, starts, at), &mut lanes, 0);
                        let into = dx[e + at * phases.len()..].iter_mut().step_by(phases.len());
                        into.zip(&lanes[..V::LANES]).for_each(|(into, &sum)| *into = sum);
                    }
                }
            }
        }
    }
}

/// What a register of inputs of one phase receives.
#[inline(always)]
fn gather<V: Vector>(held: &[f32], places: &[usize], starts: &[usize], at: usize) -> V {
    let mut sum = V::splat(0.0);
    for place in places {
        for start in starts {
            sum = sum.add(load(held, place + start + at));
        }
    }
    sum
}
