//! Maxima and means of windows of any kind, one row of outputs at a time.
//!
//! The rows under a window are dealt out by the stride of the columns, with a border where windows
//! reach over the edge. Then tap `v` of output `j` lies `j` behind tap `v` of the first output, and
//! a register of outputs is folded from as many registers as a window has cells.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::axis::Axis;
use super::map::{Map, Plain};
use super::ring::{Dealt, Ring};
use crate::simd::{Vector, WIDEST, load, store_bytes, store_up_to};
use crate::{Window, Windows};

/// Numbers of a plane that is dealt out as a whole: they stay in the nearest cache.
const SMALL: usize = 1 << 12;

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

    /// Numbers of one row, and of all rows that a window looks at.
    pub(super) fn slot(&self) -> usize {
        self.dealt.slot()
    }

    pub(super) fn ring(&self) -> usize {
        let (height, span) = (self.at.input()[0], self.at.window().span()[0]);
        if self.is_small() { height * self.slot() } else { span * self.slot() }
    }

    /// Whether all rows of a plane are dealt out before the first window looks at them. A register
    /// that is read where two others were just stored would wait for both.
    fn is_small(&self) -> bool {
        self.at.input()[0] * self.slot() <= SMALL
    }

    /// Deals out a small plane.
    #[inline(always)]
    fn prepare<V: Vector>(
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
        for r in first..end.saturating_sub(before).min(height) {
            let (place, _) = ring.place(r);
            self.dealt.deal::<V>(&plane[r * width..][..width], ring.slot(place), map);
        }
    }

    /// The rows under the windows of output row `i`, as their first tap and their places.
    #[inline(always)]
    fn rows<V: Vector>(
        &self,
        i: usize,
        plane: &[f32],
        ring: &mut Ring,
        map: impl Map,
        places: &mut Vec<usize>,
    ) -> usize {
        let width = self.at.input()[1];
        let mut first = None;
        places.clear();
        for (tap, r) in self.at.taps(0, i) {
            first = first.or(Some(tap));
            let (place, missing) = ring.place(r);
            if missing {
                let row = &plane[r * width..][..width];
                self.dealt.deal::<V>(row, ring.slot(place), map);
            }
            places.push(place);
        }
        first.unwrap_or(0)
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
        let columns = self.at.output()[1];
        let mut places = Vec::with_capacity(self.at.window().kernel[0]);
        self.prepare::<V>(plane, &rows, ring, map);
        let outputs = y.chunks_exact_mut(columns).zip(winners.chunks_exact_mut(columns));
        for (i, (y, winners)) in rows.zip(outputs) {
            let first = self.rows::<V>(i, plane, ring, map, &mut places);
            match self.starts.len() {
                2 => self.max_row::<V, 2>(ring.numbers, &places, first, y, winners),
                3 => self.max_row::<V, 3>(ring.numbers, &places, first, y, winners),
                _ => self.max_row::<V, 0>(ring.numbers, &places, first, y, winners),
            }
        }
    }

    /// One row of maxima; windows have `TAPS` columns, or any number if that is 0.
    #[inline(always)]
    fn max_row<V: Vector, const TAPS: usize>(
        &self,
        numbers: &[f32],
        places: &[usize],
        first: usize,
        y: &mut [f32],
        winners: &mut [u8],
    ) {
        let starts = if TAPS == 0 { self.starts.as_slice() } else { &self.starts[..TAPS] };
        let before = (first * starts.len()) as f32;
        for at in (0..y.len()).step_by(V::LANES) {
            // Nothing but −∞ gives −∞ and the first cell.
            let mut best = V::splat(f32::NEG_INFINITY);
            let mut winner = load::<V>(&self.first, at).add(V::splat(before));
            let mut offset = before;
            for place in places {
                for start in starts {
                    let cell = load::<V>(numbers, place + start + at);
                    let wins = cell.beats(best);
                    best = V::select(wins, cell, best);
                    winner = V::select(wins, V::splat(offset), winner);
                    offset += 1.0;
                }
            }
            store_up_to(best, y, at);
            store_bytes(winner, winners, at);
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
        self.prepare::<V>(plane, &rows, ring, Plain);
        for (i, y) in rows.zip(y.chunks_exact_mut(columns)) {
            self.rows::<V>(i, plane, ring, Plain, &mut places);
            let of_row = V::splat(of_rows[i]);
            match self.starts.len() {
                2 => self.mean_row::<V, 2>(ring.numbers, &places, of_row, of_columns, y),
                3 => self.mean_row::<V, 3>(ring.numbers, &places, of_row, of_columns, y),
                _ => self.mean_row::<V, 0>(ring.numbers, &places, of_row, of_columns, y),
            }
        }
    }

    #[inline(always)]
    fn mean_row<V: Vector, const TAPS: usize>(
        &self,
        numbers: &[f32],
        places: &[usize],
        of_row: V,
        of_columns: &[f32],
        y: &mut [f32],
    ) {
        let starts = if TAPS == 0 { self.starts.as_slice() } else { &self.starts[..TAPS] };
        for at in (0..y.len()).step_by(V::LANES) {
            let mut sum = V::splat(0.0);
            for place in places {
                for start in starts {
                    sum = sum.add(load(numbers, place + start + at));
                }
            }
            store_up_to(sum.div(of_row.mul(load(of_columns, at))), y, at);
        }
    }
}
