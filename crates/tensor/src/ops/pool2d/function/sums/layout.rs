//! Rows of terms and of sums of one plane, and where windows and cells find them.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::super::super::map::Plain;
use super::super::plan::Plan;
use crate::simd::{Vector, WIDEST, load, store};
use crate::{Window, Windows};

/// Geometry of the sums of one plane.
pub(super) struct Layout<'a> {
    pub(super) plan: &'a Plan,
    /// Numbers of a row as wide as the input, and registers beyond it.
    pub(super) pitch: usize,
    /// Rows of terms that are held.
    terms: usize,
    /// Rows of outputs whose gradients are held.
    pulls: usize,
    /// Numbers of a row of outputs with a border of zeros, for gradients.
    width: usize,
    border: usize,
    /// For every phase of input columns where the windows that hold it begin.
    phases: Vec<Vec<usize>>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let Window { kernel, stride, before, dilation, .. } = plan.at.window();
        let ([height, width], [rows, columns]) = (plan.at.input(), plan.at.output());
        let border = (kernel[1] - 1) * dilation[1] / stride[1];
        let starts = |e: usize| -> Vec<usize> {
            let (phase, base) = ((e + before[1]) % stride[1], (e + before[1]) / stride[1]);
            let taps = (0..kernel[1]).rev().filter(|tap| tap * dilation[1] % stride[1] == phase);
            taps.map(|tap| border + base - tap * dilation[1] / stride[1]).collect()
        };
        let phases: Vec<Vec<usize>> = (0..stride[1]).map(starts).collect();
        let last = phases.iter().flatten().copied().max().unwrap_or(0);
        let reach = last + width.div_ceil(stride[1]).next_multiple_of(WIDEST);
        let span = plan.at.window().span()[0];
        Self {
            plan,
            pitch: (width + stride[1].max(2) * WIDEST).next_multiple_of(WIDEST),
            terms: (span + 2 * stride[0]).min(height),
            pulls: ((span - 1) / stride[0] + 2).min(rows),
            width: reach.max(border + columns.next_multiple_of(WIDEST)) + WIDEST,
            border,
            phases,
        }
    }

    pub(super) fn windows(&self) -> &Windows {
        &self.plan.at
    }

    /// Numbers of all that is held of `sums` sums.
    pub(super) fn held(&self, sums: usize) -> usize {
        sums * (self.terms * self.pitch + self.plan.dealt.slot()) + self.pitch
    }

    /// Numbers of all that is held of the gradients of `pulls` sums.
    pub(super) fn pulled(&self, pulls: usize) -> usize {
        pulls * (self.rows() + self.width)
    }

    /// Numbers of all rows that are held of what outputs give to the input, for one sum.
    pub(super) fn rows(&self) -> usize {
        self.pulls * self.pitch
    }

    /// Where the terms of an input row lie.
    #[inline(always)]
    pub(super) fn term(&self, nth: usize, row: usize) -> usize {
        (nth * self.terms + row % self.terms) * self.pitch
    }

    /// The rows under the windows of output row `row`.
    pub(super) fn under(&self, row: usize) -> Range<usize> {
        let mut taps = self.windows().taps(0, row).map(|(_, r)| r);
        let first = taps.next().unwrap_or(0);
        first..taps.last().unwrap_or(first) + 1
    }

    /// Adds up, within windows of output row `row`, the terms of sum `nth`: down the columns, dealt out
    /// into `slot`.
    #[inline(always)]
    pub(super) fn sum_columns<V: Vector>(
        &self,
        nth: usize,
        row: usize,
        terms: &[f32],
        places: &mut Vec<usize>,
        (sums, slot): (&mut [f32], &mut [f32]),
    ) {
        let width = self.windows().input()[1];
        places.clear();
        places.extend(self.windows().taps(0, row).map(|(_, r)| self.term(nth, r)));
        for at in (0..width).step_by(V::LANES) {
            store(added::<V>(terms, places, at), sums, at);
        }
        self.plan.dealt.deal::<V>(&sums[..width], slot, Plain);
    }

    /// The sums of a register of windows, along the rows.
    #[inline(always)]
    pub(super) fn sum_row<V: Vector>(&self, slot: &[f32], at: usize) -> V {
        added(slot, &self.plan.starts, at)
    }

    /// The gradients of a row of outputs: room for them, with zeros around.
    #[inline(always)]
    pub(super) fn put<V: Vector>(&self, gradient: V, count: usize, row: &mut [f32], at: usize) {
        let gradient =
            if count < V::LANES { gradient.first_or(count, V::splat(0.0)) } else { gradient };
        store(gradient, row, self.border + at);
    }

    /// Adds up what the columns of the input receive from a row of outputs, into `into`.
    #[inline(always)]
    pub(super) fn widen<V: Vector>(&self, row: &[f32], into: &mut [f32]) {
        let width = self.windows().input()[1];
        match self.phases.as_slice() {
            [starts] => {
                for at in (0..width).step_by(V::LANES) {
                    store(added::<V>(row, starts, at), into, at);
                }
            }
            [evens, odds] => {
                for at in (0..width.div_ceil(2)).step_by(V::LANES) {
                    let (first, next) = added::<V>(row, evens, at).weave(added::<V>(row, odds, at));
                    store(first, into, 2 * at);
                    store(next, into, 2 * at + V::LANES);
                }
            }
            phases => {
                for (e, starts) in phases.iter().enumerate() {
                    for at in (0..width.saturating_sub(e).div_ceil(phases.len())).step_by(V::LANES)
                    {
                        let mut lanes = [0.0; WIDEST];
                        store(added::<V>(row, starts, at), &mut lanes, 0);
                        let into = into[e + at * phases.len()..].iter_mut().step_by(phases.len());
                        into.zip(&lanes[..V::LANES]).for_each(|(into, &sum)| *into = sum);
                    }
                }
            }
        }
    }

    /// Where what row `row` of outputs gives to the input lies.
    #[inline(always)]
    pub(super) fn pull(&self, nth: usize, row: usize) -> usize {
        (nth * self.pulls + row % self.pulls) * self.pitch
    }

    /// Where input row `r` finds what all rows of outputs over it give, for the first sum.
    #[inline(always)]
    pub(super) fn over(&self, r: usize, places: &mut Vec<usize>) {
        let Window { kernel, stride, before, dilation, .. } = self.windows().window();
        places.clear();
        for tap in (0..kernel[0]).rev() {
            let Some(from) = (r + before[0]).checked_sub(tap * dilation[0]) else { continue };
            let row = from / stride[0];
            if from.is_multiple_of(stride[0]) && row < self.windows().output()[0] {
                places.push(self.pull(0, row));
            }
        }
    }

    /// The rows of inputs, from `next` on, that no window after output row `row` looks at.
    pub(super) fn ready(&self, next: usize, row: usize) -> Range<usize> {
        let Window { stride, before, .. } = self.windows().window();
        let ([height, _], [rows, _]) = (self.windows().input(), self.windows().output());
        let end = ((row + 1) * stride[0]).saturating_sub(before[0]);
        next..if row + 1 == rows { height } else { end.clamp(next, height) }
    }
}

/// The sum of the registers at these places, in their order. Without a closure: one that is left a
/// function of its own loses the instructions of its path.
#[inline(always)]
pub(super) fn added<V: Vector>(numbers: &[f32], places: &[usize], at: usize) -> V {
    match *places {
        [] => V::splat(0.0),
        [a] => load(numbers, a + at),
        [a, b] => load::<V>(numbers, a + at).add(load(numbers, b + at)),
        [a, b, c] => {
            let sum = load::<V>(numbers, a + at).add(load(numbers, b + at));
            sum.add(load(numbers, c + at))
        }
        [a, ref rest @ ..] => {
            let mut sum = load::<V>(numbers, a + at);
            for &place in rest {
                sum = sum.add(load(numbers, place + at));
            }
            sum
        }
    }
}
