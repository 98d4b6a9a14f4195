//! Maxima and means of windows of any kind, one row of outputs at a time.
//!
//! The rows under a window are dealt out by the stride of the columns, with a border where windows
//! reach over the edge. Then tap `v` of output `j` lies `j` behind tap `v` of the first output, and
//! a register of outputs is folded from as many registers as a window has columns. That is done once
//! for every row; the windows of an output row then fold the rows under them.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::axis::Axis;
use super::map::{Map, Plain};
use super::ring::{Dealt, Ring};
use crate::simd::{Vector, WIDEST, load, prefetch_page_behind, store, store_bytes, store_up_to};
use crate::{Window, Windows};

/// Numbers of a plane that is dealt out as a whole: they stay in the nearest cache.
const SMALL: usize = 1 << 13;

/// Where windows find their cells.
pub(super) struct Gathering {
    at: Windows,
    dealt: Dealt,
    /// For every tap of a row where the first output finds it.
    starts: Vec<usize>,
    /// For every column of outputs its first tap inside.
    first: Vec<f32>,
}

impl Gathering {
    pub(super) fn new(at: &Windows, columns: &Axis) -> Self {
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let ([_, width], [_, outputs]) = (at.input(), at.output());
        let step = stride[1].cast_signed();
        let place = |tap: usize| (tap * dilation[1]).cast_signed() - before[1].cast_signed();
        let shifts = (0..kernel[1]).map(|tap| place(tap).div_euclid(step));
        let border = shifts.clone().min().unwrap_or(0).min(0).unsigned_abs();
        let reach = shifts.clone().max().unwrap_or(0).max(0).unsigned_abs() + border;
        let reach = reach + outputs.next_multiple_of(WIDEST);
        let dealt = Dealt::new(stride[1], border, width.div_ceil(stride[1]), reach);
        let starts = (0..kernel[1]).zip(shifts).map(|(tap, shift)| {
            let phase = place(tap).rem_euclid(step).unsigned_abs();
            phase * dealt.pitch + border.strict_add_signed(shift)
        });
        let mut first: Vec<f32> = columns.first.iter().map(|&tap| tap as f32).collect();
        first.resize(outputs.next_multiple_of(WIDEST), 0.0);
        Self { at: *at, dealt, starts: starts.collect(), first }
    }

    /// Numbers of one row: as it is dealt out, and folded within windows.
    pub(super) fn slot(&self) -> usize {
        self.dealt.slot() + 2 * self.first.len()
    }

    /// Numbers of all rows that a window looks at.
    pub(super) fn ring(&self) -> usize {
        let (height, span) = (self.at.input()[0], self.at.window().span()[0]);
        if self.is_small() { height * self.slot() } else { span * self.slot() }
    }

    /// Whether all rows of a plane are dealt out before the first is folded. A register that is
    /// read where two others were just stored would wait for both.
    fn is_small(&self) -> bool {
        self.at.input()[0] * self.slot() <= SMALL
    }

    /// Puts the rows of a small plane into their places.
    #[inline(always)]
    fn prepare<V: Vector, F: Fold>(
        &self,
        plane: &[f32],
        outputs: &Range<usize>,
        ring: &mut Ring,
        map: impl Map,
    ) {
        ring.forget();
        let ([height, width], window) = (self.at.input(), self.at.window());
        if !self.is_small() || outputs.is_empty() {
            return;
        }
        let (stride, before) = (window.stride[0], window.before[0]);
        let first = (outputs.start * stride).saturating_sub(before);
        let end = (outputs.end - 1) * stride + window.span()[0];
        let end = end.saturating_sub(before).min(height);
        for r in first..end {
            let ((place, _), row) = (ring.place(r), &plane[r * width..][..width]);
            prefetch_page_behind(row);
            self.dealt.deal::<V>(row, ring.slot(place), map);
        }
        for r in first..end {
            let (place, _) = ring.place(r);
            self.fold::<V, F>(ring.slot(place));
        }
    }

    /// The rows under the windows of output row `i`: the first tap, and the places of all.
    #[inline(always)]
    fn rows<V: Vector, F: Fold>(
        &self,
        i: usize,
        plane: &[f32],
        ring: &mut Ring,
        map: impl Map,
        places: &mut Vec<usize>,
    ) -> usize {
        let width = self.at.input()[1];
        let Window { kernel, stride, before, dilation, .. } = self.at.window();
        let mut first = kernel[0];
        places.clear();
        for tap in 0..kernel[0] {
            let Some(r) = (i * stride[0] + tap * dilation[0]).checked_sub(before[0]) else {
                continue;
            };
            if r < self.at.input()[0] {
                first = first.min(tap);
                let (place, missing) = ring.place(r);
                if missing {
                    let slot = ring.slot(place);
                    self.dealt.deal::<V>(&plane[r * width..][..width], slot, map);
                    self.fold::<V, F>(slot);
                }
                places.push(place + self.dealt.slot());
            }
        }
        first
    }

    /// Folds the cells of every window within a row that is dealt out.
    #[inline(always)]
    fn fold<V: Vector, F: Fold>(&self, slot: &mut [f32]) {
        let (row, folded) = slot.split_at_mut(self.dealt.slot());
        match self.starts.as_slice() {
            starts @ [_, _] => F::row::<V>(row, &starts[..2], &self.first, folded),
            starts @ [_, _, _] => F::row::<V>(row, &starts[..3], &self.first, folded),
            starts => F::row::<V>(row, starts, &self.first, folded),
        }
    }

    /// The maxima of the output rows `rows` of a plane, and their offsets in the window.
    #[inline(always)]
    pub(super) fn max<V: Vector>(
        &self,
        plane: &[f32],
        rows: Range<usize>,
        ring: &mut Ring,
        map: impl Map,
        (y, winners): (&mut [f32], &mut [u8]),
    ) {
        let ([_, columns], taps) = (self.at.output(), self.starts.len() as f32);
        let mut places = Vec::with_capacity(self.at.window().kernel[0]);
        self.prepare::<V, Maximum>(plane, &rows, ring, map);
        let outputs = y.chunks_exact_mut(columns).zip(winners.chunks_exact_mut(columns));
        for (i, (y, winners)) in rows.zip(outputs) {
            let first = self.rows::<V, Maximum>(i, plane, ring, map, &mut places) as f32 * taps;
            for at in (0..columns).step_by(V::LANES) {
                // The last register reaches back over outputs that its neighbour has written.
                let at = at.min(columns.saturating_sub(V::LANES));
                let mut best = V::splat(f32::NEG_INFINITY);
                // Nothing but −∞ gives −∞ and the first cell.
                let mut winner = load::<V>(&self.first, at).add(V::splat(first));
                let mut above = first;
                for place in &places {
                    let cell = load::<V>(ring.numbers, place + at);
                    let offset = load::<V>(ring.numbers, place + self.first.len() + at);
                    let wins = cell.beats(best);
                    best = V::select(wins, cell, best);
                    winner = V::select(wins, offset.add(V::splat(above)), winner);
                    above += taps;
                }
                store_up_to(best, y, at);
                store_bytes(winner, winners, at);
            }
        }
    }

    /// The means of the output rows `rows` of a plane: sums divided by the product of the factors.
    #[inline(always)]
    pub(super) fn mean<V: Vector>(
        &self,
        plane: &[f32],
        rows: Range<usize>,
        ring: &mut Ring,
        [of_rows, of_columns]: [&[f32]; 2],
        y: &mut [f32],
    ) {
        let columns = self.at.output()[1];
        let mut places = Vec::with_capacity(self.at.window().kernel[0]);
        self.prepare::<V, Sum>(plane, &rows, ring, Plain);
        for (i, y) in rows.zip(y.chunks_exact_mut(columns)) {
            self.rows::<V, Sum>(i, plane, ring, Plain, &mut places);
            let of_row = V::splat(of_rows[i]);
            for at in (0..columns).step_by(V::LANES) {
                let at = at.min(columns.saturating_sub(V::LANES));
                let mut sum = V::splat(0.0);
                for place in &places {
                    sum = sum.add(load(ring.numbers, place + at));
                }
                store_up_to(sum.div(of_row.mul(load(of_columns, at))), y, at);
            }
        }
    }
}

/// What is made of the cells that a window has in one row.
trait Fold {
    /// For every output the cells that begin at each of `starts`, folded into the front of `folded`.
    fn row<V: Vector>(row: &[f32], starts: &[usize], first: &[f32], folded: &mut [f32]);
}

/// The first of the largest, or the last NaN, and behind all of them their taps.
struct Maximum;

impl Fold for Maximum {
    #[inline(always)]
    fn row<V: Vector>(row: &[f32], starts: &[usize], first: &[f32], folded: &mut [f32]) {
        let (cells, taps) = folded.split_at_mut(first.len());
        for at in (0..first.len()).step_by(V::LANES) {
            let mut best = V::splat(f32::NEG_INFINITY);
            let mut winner = load::<V>(first, at);
            for (tap, start) in starts.iter().enumerate() {
                let cell = load::<V>(row, start + at);
                let wins = cell.beats(best);
                best = V::select(wins, cell, best);
                winner = V::select(wins, V::splat(tap as f32), winner);
            }
            store(best, cells, at);
            store(winner, taps, at);
        }
    }
}

struct Sum;

impl Fold for Sum {
    #[inline(always)]
    fn row<V: Vector>(row: &[f32], starts: &[usize], first: &[f32], folded: &mut [f32]) {
        for at in (0..first.len()).step_by(V::LANES) {
            let mut sum = V::splat(0.0);
            for start in starts {
                sum = sum.add(load(row, start + at));
            }
            store(sum, folded, at);
        }
    }
}
