//! Gradients of windows of any kind, one row of inputs at a time.
//!
//! Every input looks at the windows that it lies in. Input columns `e, e + s, …` (stride `s`) lie
//! under the same taps of neighbouring windows, so a register of them gathers from registers of
//! `∂y`; the phases are woven together when they are stored. Windows are looked at in row-major
//! order: a sum is the one that sending every `∂y` to its inputs would give.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::map::Plain;
use super::ring::{Dealt, Ring, some};
use crate::simd::{Vector, WIDEST, load, load_bytes, store, store_up_to};
use crate::{Window, Windows};

/// What a window hands to its cells.
#[derive(Clone, Copy)]
pub(super) enum Share<'a> {
    /// All of `∂y` to the cell at this offset.
    Winner(&'a [u8]),
    /// To every cell `∂y` divided by the product of these factors of its row and column.
    Even([&'a [f32]; 2]),
}

/// Where inputs find their windows.
pub(super) struct Spreading {
    at: Windows,
    dealt: Dealt,
    /// For every phase of input columns its taps, last to first, and where their windows begin.
    phases: Vec<Vec<(usize, usize)>>,
}

impl Spreading {
    pub(super) fn new(at: &Windows) -> Self {
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let ([_, width], [_, outputs]) = (at.input(), at.output());
        let border = (kernel[1] - 1) * dilation[1] / stride[1];
        let phases: Vec<Vec<(usize, usize)>> = (0..stride[1])
            .map(|e| {
                let (phase, base) = ((e + before[1]) % stride[1], (e + before[1]) / stride[1]);
                let taps =
                    (0..kernel[1]).rev().filter(|tap| tap * dilation[1] % stride[1] == phase);
                taps.map(|tap| (tap, border + base - tap * dilation[1] / stride[1])).collect()
            })
            .collect();
        let last = phases.iter().flatten().map(|&(_, start)| start).max().unwrap_or(0);
        let reach = last + width.div_ceil(stride[1]).next_multiple_of(WIDEST);
        Self { at: *at, dealt: Dealt::new(1, border, outputs, reach), phases }
    }

    /// Numbers of one row of `∂y` with its winners.
    pub(super) fn slot(&self) -> usize {
        2 * self.dealt.slot()
    }

    /// Numbers of all rows of `∂y` that an input looks at.
    pub(super) fn ring(&self) -> usize {
        let Window { kernel, stride, dilation, .. } = self.at.window();
        ((kernel[0] - 1) * dilation[0] / stride[0] + 1) * self.slot()
    }

    /// The gradient of the input rows `rows` of a plane.
    #[inline(always)]
    pub(super) fn rows<V: Vector>(
        &self,
        dy: &[f32],
        share: Share,
        rows: Range<usize>,
        ring: &mut Ring,
        dx: &mut [f32],
    ) {
        let Window { kernel, stride, before, dilation, .. } = self.at.window();
        let ([_, width], [outputs, columns]) = (self.at.input(), self.at.output());
        let mut places = Vec::with_capacity(kernel[0]);
        ring.forget();
        for (r, dx) in rows.zip(dx.chunks_exact_mut(width)) {
            places.clear();
            for tap in (0..kernel[0]).rev() {
                let Some(from) = (r + before[0]).checked_sub(tap * dilation[0]) else { continue };
                let i = from / stride[0];
                if from.is_multiple_of(stride[0]) && i < outputs {
                    let (place, missing) = ring.place(i);
                    if missing {
                        let dy = &dy[i * columns..][..columns];
                        self.fill::<V>(dy, share, i, ring.slot(place));
                    }
                    places.push((place, tap * kernel[1]));
                }
            }
            if let Share::Winner(_) = share {
                self.row::<V, true>(ring.numbers, &places, dx);
            } else {
                self.row::<V, false>(ring.numbers, &places, dx);
            }
        }
    }

    /// One row of `∂y`, as it will be handed out, and its winners.
    #[inline(always)]
    fn fill<V: Vector>(&self, dy: &[f32], share: Share, i: usize, slot: &mut [f32]) {
        let (shares, winners) = slot.split_at_mut(self.dealt.slot());
        match share {
            Share::Winner(of_plane) => {
                self.dealt.deal::<V>(dy, shares, Plain);
                let of_row = &of_plane[i * dy.len()..][..dy.len()];
                let winners = &mut winners[self.dealt.border..][..dy.len()];
                for at in (0..dy.len()).step_by(V::LANES) {
                    store_up_to(load_bytes::<V>(of_row, at), winners, at);
                }
            }
            Share::Even([of_rows, of_columns]) => {
                let shares = &mut shares[self.dealt.border..][..dy.len()];
                let of_row = V::splat(of_rows[i]);
                for at in (0..dy.len()).step_by(V::LANES) {
                    let divisor = of_row.mul(load(of_columns, at));
                    store_up_to(some::<V>(dy, at).div(divisor), shares, at);
                }
            }
        }
    }

    /// One row of inputs from the rows of `∂y` at `places`, each with the offset of its first tap.
    #[inline(always)]
    fn row<V: Vector, const WINNER: bool>(
        &self,
        numbers: &[f32],
        places: &[(usize, usize)],
        dx: &mut [f32],
    ) {
        let winners = self.dealt.slot();
        match self.phases.as_slice() {
            [taps] => {
                for at in (0..dx.len()).step_by(V::LANES) {
                    let sum = gather::<V, WINNER>(numbers, places, taps, at, winners);
                    store_up_to(sum, dx, at);
                }
            }
            [evens, odds] => {
                for at in (0..dx.len().div_ceil(2)).step_by(V::LANES) {
                    let even = gather::<V, WINNER>(numbers, places, evens, at, winners);
                    let odd = gather::<V, WINNER>(numbers, places, odds, at, winners);
                    let (first, next) = even.weave(odd);
                    store_up_to(first, dx, 2 * at);
                    if 2 * at + V::LANES < dx.len() {
                        store_up_to(next, dx, 2 * at + V::LANES);
                    }
                }
            }
            phases => {
                for (e, taps) in phases.iter().enumerate() {
                    let count = dx.len().saturating_sub(e).div_ceil(phases.len());
                    for at in (0..count).step_by(V::LANES) {
                        let sum = gather::<V, WINNER>(numbers, places, taps, at, winners);
                        let mut lanes = [0.0; WIDEST];
                        store(sum, &mut lanes, 0);
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
fn gather<V: Vector, const WINNER: bool>(
    numbers: &[f32],
    places: &[(usize, usize)],
    taps: &[(usize, usize)],
    at: usize,
    winners: usize,
) -> V {
    let zero = V::splat(0.0);
    let mut sum = zero;
    for &(place, above) in places {
        for &(tap, start) in taps {
            let share = load::<V>(numbers, place + start + at);
            sum = sum.add(if WINNER {
                let winner = load::<V>(numbers, place + winners + start + at);
                V::select(winner.equals(V::splat((above + tap) as f32)), share, zero)
            } else {
                share
            });
        }
    }
    sum
}
