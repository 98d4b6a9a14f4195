//! Gradients of windows of any kind.
//!
//! Of a maximum, every `∂y` is added to its winner, in row-major order of the windows.
//!
//! Of a mean, every input looks at the windows that it lies in. Input columns `e, e + s, …` (stride
//! `s`) lie under the same taps of neighbouring windows, so a register of them gathers from registers
//! of `∂y`; the phases are woven together when they are stored.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::ring::{Dealt, Ring, some};
use super::tasks::Sizes;
use crate::simd::{Vector, WIDEST, load, store, store_up_to};
use crate::{Window, Windows};

/// What a window hands to its cells.
#[derive(Clone, Copy)]
pub(super) enum Share<'a> {
    /// All of `∂y` to the cell at this offset.
    Winner(&'a [u8]),
    /// To every cell `∂y` times the factors of its row and its column.
    Even([&'a [f32]; 2]),
    /// All of `∂y` to the cell at this offset, in place of what other windows gave it.
    Last(&'a [u8]),
    /// Half of `∂y` to each of the cells at these offsets.
    Halves([&'a [u8]; 2]),
    /// In the first share as a winner, in the second evenly: shares of every channel.
    Both { winners: &'a [u8], factors: [&'a [f32]; 2], shares: [&'a [f32]; 2] },
}

impl Share<'_> {
    /// What the windows of plane `nth` hand out.
    pub(super) fn of(self, sizes: Sizes, nth: usize) -> Self {
        let area = sizes.output[0] * sizes.output[1];
        match self {
            Self::Winner(winners) => Self::Winner(&winners[nth * area..][..area]),
            Self::Last(winners) => Self::Last(&winners[nth * area..][..area]),
            Self::Halves(pair) => Self::Halves(pair.map(|of| &of[nth * area..][..area])),
            Self::Even(_) => self,
            Self::Both { winners, factors, shares } => {
                let channel = nth % sizes.channels;
                Self::Both {
                    winners: &winners[nth * area..][..area],
                    factors,
                    shares: shares.map(|of| &of[channel..=channel]),
                }
            }
        }
    }
}

/// Adds every `∂y` of a plane to its winner in `dx`, which holds zeros everywhere else.
#[inline(always)]
pub(super) fn scatter(dy: &[f32], winners: &[u8], at: &Windows, dx: &mut [f32]) {
    let ([_, width], [_, columns], window) = (at.input(), at.output(), at.window());
    let border = window.before[0] * width + window.before[1];
    let mut places = [0; 256];
    let offsets = (0..window.kernel[0]).flat_map(|u| (0..window.kernel[1]).map(move |v| (u, v)));
    for (place, (u, v)) in places.iter_mut().zip(offsets) {
        *place = u * window.dilation[0] * width + v * window.dilation[1];
    }
    dx.fill(0.0);
    let rows = dy.chunks_exact(columns).zip(winners.chunks_exact(columns));
    for (i, (dy, winners)) in rows.enumerate() {
        let start = i * window.stride[0] * width;
        for (j, (&dy, &winner)) in dy.iter().zip(winners).enumerate() {
            // The place of a winner counts from the start of its window.
            let place = start + j * window.stride[1] + places[usize::from(winner)];
            dx[place - border] += dy;
        }
    }
}

/// Where inputs find their windows.
pub(super) struct Spreading {
    at: Windows,
    dealt: Dealt,
    /// For every phase of input columns where the windows of its taps begin, last tap first.
    phases: Vec<Vec<usize>>,
}

impl Spreading {
    pub(super) fn new(at: &Windows) -> Self {
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let ([_, width], [_, outputs]) = (at.input(), at.output());
        let border = (kernel[1] - 1) * dilation[1] / stride[1];
        let phases: Vec<Vec<usize>> = (0..stride[1])
            .map(|e| {
                let (phase, base) = ((e + before[1]) % stride[1], (e + before[1]) / stride[1]);
                let taps =
                    (0..kernel[1]).rev().filter(|tap| tap * dilation[1] % stride[1] == phase);
                taps.map(|tap| border + base - tap * dilation[1] / stride[1]).collect()
            })
            .collect();
        let last = phases.iter().flatten().copied().max().unwrap_or(0);
        let reach = last + width.div_ceil(stride[1]).next_multiple_of(WIDEST);
        Self { at: *at, dealt: Dealt::new(1, border, outputs, reach), phases }
    }

    /// Numbers of one row of `∂y`.
    pub(super) fn slot(&self) -> usize {
        self.dealt.slot()
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
        factors: [&[f32]; 2],
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
                        self.fill::<V>(dy, factors, i, ring.slot(place));
                    }
                    places.push(place);
                }
            }
            self.row::<V>(ring.numbers, &places, dx);
        }
    }

    /// One row of shares.
    #[inline(always)]
    fn fill<V: Vector>(
        &self,
        dy: &[f32],
        [of_rows, of_columns]: [&[f32]; 2],
        i: usize,
        slot: &mut [f32],
    ) {
        let shares = &mut slot[self.dealt.border..][..dy.len()];
        let of_row = V::splat(of_rows[i]);
        for at in (0..dy.len()).step_by(V::LANES) {
            let factor = of_row.mul(load(of_columns, at));
            store_up_to(some::<V>(dy, at).mul(factor), shares, at);
        }
    }

    /// One row of inputs from the rows of `∂y` at `places`.
    #[inline(always)]
    fn row<V: Vector>(&self, numbers: &[f32], places: &[usize], dx: &mut [f32]) {
        match self.phases.as_slice() {
            [taps] => {
                for at in (0..dx.len()).step_by(V::LANES) {
                    let sum = gather::<V>(numbers, places, taps, at);
                    store_up_to(sum, dx, at);
                }
            }
            [evens, odds] => {
                for at in (0..dx.len().div_ceil(2)).step_by(V::LANES) {
                    let even = gather::<V>(numbers, places, evens, at);
                    let odd = gather::<V>(numbers, places, odds, at);
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
                        let sum = gather::<V>(numbers, places, taps, at);
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
fn gather<V: Vector>(numbers: &[f32], places: &[usize], starts: &[usize], at: usize) -> V {
    let mut sum = V::splat(0.0);
    for place in places {
        for start in starts {
            sum = sum.add(load(numbers, place + start + at));
        }
    }
    sum
}
