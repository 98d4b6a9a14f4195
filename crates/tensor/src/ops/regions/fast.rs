//! Maxima of rectangles, rows first.
//!
//! The rows of a rectangle are folded into one row of maxima and of the places they come from, which
//! needs no branch. Its columns are then folded for all outputs of the row: for every start at once,
//! one column more at a time, and an output is read when as many columns as it has are folded. Where
//! that takes longer than looking at each output's columns, they are looked at.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::{NOWHERE, Regions, Source, reference};
use crate::Tensor;
use crate::ops::{parallel, scratch};
use crate::simd::{Kernel, Vector, WIDEST, dispatch, load, load_up_to, store};

/// What moving a number costs, in operations.
const MOVE: usize = 12;
/// Planes of outputs that one task takes.
const TOGETHER: usize = 8;
/// Cells of the largest plane whose places are whole numbers of single precision.
const LARGEST: usize = 1 << 24;
/// Cells that are looked at one by one in the time of one more column for a register of starts.
const ONE_BY_ONE: usize = 2;

pub(super) fn largest<'a>(
    x: &Tensor,
    plane: usize,
    source: impl Fn(usize) -> Source<'a> + Sync,
    y: &mut [f32],
    places: &mut [u32],
) {
    let [.., rows, columns] = x.nchw();
    if y.is_empty() || rows * columns > LARGEST {
        reference::largest(x, plane, source, y, places);
        return;
    }
    let each = MOVE * (source(0).1.cells() + plane);
    let sizes = [TOGETHER * plane; 2];
    parallel::pairs((y, places), sizes, (TOGETHER * each) as u64, |nth, y, places| {
        let outputs = y.chunks_exact_mut(plane).zip(places.chunks_exact_mut(plane));
        // Room for a register beyond the end of every row, from the last start on.
        let pitch = columns + 2 * WIDEST;
        scratch::with(5 * pitch, |numbers| {
            for (i, (y, places)) in outputs.enumerate() {
                let (from, regions) = source(nth * TOGETHER + i);
                let area = rows * columns;
                let x = &x.as_slice()[from * area..][..area];
                dispatch(Plane { x, regions, numbers: &mut *numbers, y, places });
            }
        });
    });
}

/// The maxima of one plane.
struct Plane<'a> {
    x: &'a [f32],
    regions: &'a Regions,
    /// Five rows: columns, maxima over rows and their places, maxima over columns and theirs.
    numbers: &'a mut [f32],
    y: &'a mut [f32],
    places: &'a mut [u32],
}

impl Kernel for Plane<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, regions, numbers, y, places } = self;
        let (width, [rows, columns]) = (regions.input[1], &regions.ranges);
        let pitch = numbers.len() / 5;
        let (ramp, rest) = numbers.split_at_mut(pitch);
        let (tall, whole) = rest.split_at_mut(2 * pitch);
        for (c, number) in ramp.iter_mut().enumerate() {
            *number = c as f32;
        }
        // What stands beyond the end is never an output's.
        tall.fill(0.0);
        let lengths = columns.iter().map(|[left, right]| right - left);
        let longest = lengths.clone().max().unwrap_or(0);
        let one_by_one = lengths.sum::<usize>() < ONE_BY_ONE * longest * width.div_ceil(V::LANES);
        let outputs = y.chunks_exact_mut(columns.len()).zip(places.chunks_exact_mut(columns.len()));
        for (&[top, bottom], (y, places)) in rows.iter().zip(outputs) {
            if top == bottom {
                y.fill(0.0);
                places.fill(NOWHERE);
                continue;
            }
            let mut high = Row::new(tall);
            fold_rows::<V>(x, width, top..bottom, ramp, &mut high);
            if one_by_one {
                for ((&[left, right], y), place) in columns.iter().zip(y).zip(places) {
                    (*y, *place) = high.one(left..right);
                }
            } else {
                let mut wide = Row::new(whole);
                for length in 0..=longest {
                    if length > 0 {
                        wide.take_in::<V>(&high, length - 1, width);
                    }
                    for (j, &[left, right]) in columns.iter().enumerate() {
                        if right - left == length {
                            (y[j], places[j]) = match length {
                                0 => (0.0, NOWHERE),
                                _ => (wide.best[left], wide.at[left] as u32),
                            };
                        }
                    }
                }
            }
        }
    }
}

/// Maxima and their places.
struct Row<'a> {
    best: &'a mut [f32],
    at: &'a mut [f32],
}

impl<'a> Row<'a> {
    fn new(numbers: &'a mut [f32]) -> Self {
        let (best, at) = numbers.split_at_mut(numbers.len() / 2);
        Self { best, at }
    }

    /// For every start the maximum of one column more, `step` behind the start.
    #[inline(always)]
    fn take_in<V: Vector>(&mut self, from: &Row<'_>, step: usize, width: usize) {
        // Later starts have not so many columns behind them.
        for c in (0..width - step).step_by(V::LANES) {
            let (x, place) = (load::<V>(from.best, c + step), load::<V>(from.at, c + step));
            let (best, at) = if step == 0 {
                (x, place)
            } else {
                later((load(self.best, c), load(self.at, c)), (x, place))
            };
            store(best, self.best, c);
            store(at, self.at, c);
        }
    }

    /// The maximum of these columns and its place.
    #[inline(always)]
    fn one(&self, columns: Range<usize>) -> (f32, u32) {
        let Some(first) = columns.clone().next() else { return (0.0, NOWHERE) };
        let (mut best, mut at) = (self.best[first], self.at[first]);
        for c in columns.skip(1) {
            let (x, place) = (self.best[c], self.at[c]);
            let earlier = x > best || (x >= best && place < at);
            let last_nan = x.is_nan() && (!best.is_nan() || place > at);
            if earlier || last_nan {
                (best, at) = (x, place);
            }
        }
        (best, at as u32)
    }
}

/// The maximum of every column over these rows, and the place of the first one, or of the last NaN.
#[inline(always)]
fn fold_rows<V: Vector>(
    x: &[f32],
    width: usize,
    rows: Range<usize>,
    ramp: &[f32],
    into: &mut Row<'_>,
) {
    for c in (0..width).step_by(V::LANES) {
        let mut best = load_up_to::<V>(&x[rows.start * width..][..width], c);
        let mut row = V::splat((rows.start * width) as f32);
        for r in rows.start + 1..rows.end {
            let cell = load_up_to::<V>(&x[r * width..][..width], c);
            let wins = cell.beats(best);
            best = V::select(wins, cell, best);
            row = V::select(wins, V::splat((r * width) as f32), row);
        }
        store(best, into.best, c);
        store(row.add(load(ramp, c)), into.at, c);
    }
}

/// Of two maxima of different columns the larger one; of equals the first in row-major order, of two
/// NaN the last.
#[inline(always)]
fn later<V: Vector>((best, at): (V, V), (x, place): (V, V)) -> (V, V) {
    let wins = x.beats(best);
    // A number exceeds itself only if it is NaN.
    let last = V::select(place.beats(at), place, at);
    let first = V::select(at.beats(place), place, at);
    let of_winner = V::select(best.beats(best), last, place);
    let of_loser = V::select(x.equals(best), first, at);
    (V::select(wins, x, best), V::select(wins, of_winner, of_loser))
}
