//! Maxima of rectangles, rows first.
//!
//! The rows of a rectangle are folded into one row of maxima and of the rows they come from, which
//! needs no branch. Its columns are then folded for all outputs of the row: at once for every start
//! where all rectangles are equally wide, by themselves where they are not.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::{NOWHERE, Regions, Source};
use crate::Tensor;
use crate::ops::parallel;
use crate::simd::{
    Kernel, Vector, dispatch, load, load_up_to, prefetch_page_behind, store_up_to, store_words,
};

/// What moving a number costs, in operations.
const MOVE: usize = 12;
/// Planes of outputs that one task takes.
const TOGETHER: usize = 8;

pub(super) fn largest<'a>(
    x: &Tensor,
    plane: usize,
    source: impl Fn(usize) -> Source<'a> + Sync,
    y: &mut [f32],
    places: &mut [u32],
) {
    if y.is_empty() {
        return;
    }
    let each = MOVE * (source(0).1.cells() + plane);
    let sizes = [TOGETHER * plane; 2];
    parallel::pairs((y, places), sizes, (TOGETHER * each) as u64, |nth, y, places| {
        let mut room = Room::default();
        let outputs = y.chunks_exact_mut(plane).zip(places.chunks_exact_mut(plane));
        for (i, (y, places)) in outputs.enumerate() {
            let (from, regions) = source(nth * TOGETHER + i);
            let area = regions.input[0] * regions.input[1];
            let x = &x.as_slice()[from * area..][..area];
            dispatch(Plane { x, regions, room: &mut room, y, places });
        }
    });
}

/// Columns that are folded side by side.
const SIDE: usize = 8;

/// One row of maxima over rows, and one of maxima over rows and columns.
#[derive(Default)]
struct Room {
    tall: Row,
    whole: Row,
}

#[derive(Default)]
struct Row {
    best: Vec<f32>,
    /// Rows of the maxima in `tall`, places in `whole`.
    at: Vec<u32>,
}

impl Row {
    fn stretch(&mut self, width: usize) {
        self.best.resize(width, 0.0);
        self.at.resize(width, 0);
    }
}

/// The maxima of one plane.
struct Plane<'a> {
    x: &'a [f32],
    regions: &'a Regions,
    room: &'a mut Room,
    y: &'a mut [f32],
    places: &'a mut [u32],
}

impl Kernel for Plane<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, regions, room: Room { tall, whole }, y, places } = self;
        let (width, [rows, columns]) = (regions.input[1], &regions.ranges);
        prefetch_page_behind(x);
        tall.stretch(width);
        whole.stretch(width);
        let common = common(columns).filter(|&length| length > 0 && 8 * columns.len() >= width);
        let outputs = y.chunks_exact_mut(columns.len()).zip(places.chunks_exact_mut(columns.len()));
        for (&[top, bottom], (y, places)) in rows.iter().zip(outputs) {
            if top == bottom {
                y.fill(0.0);
                places.fill(NOWHERE);
                continue;
            }
            fold_rows::<V>(x, width, top..bottom, tall);
            if let Some(length) = common {
                fold_columns(tall, length, width, whole);
                for ((&[start, _], y), place) in columns.iter().zip(y).zip(places) {
                    (*y, *place) = (whole.best[start], whole.at[start]);
                }
            } else {
                for ((&[left, right], y), place) in columns.iter().zip(y).zip(places) {
                    (*y, *place) = one(tall, left..right, width);
                }
            }
        }
    }
}

/// The length that all ranges share.
fn common(ranges: &[[usize; 2]]) -> Option<usize> {
    let length = |[start, end]: &[usize; 2]| end - start;
    let first = ranges.first().map(length)?;
    ranges.iter().all(|range| length(range) == first).then_some(first)
}

/// Registers of columns that are folded side by side: none waits for itself.
const BESIDE: usize = 4;

/// The maximum of every column over these rows, and its first row, or its last NaN.
#[inline(always)]
fn fold_rows<V: Vector>(x: &[f32], width: usize, rows: Range<usize>, into: &mut Row) {
    let mut at = 0;
    while at + BESIDE * V::LANES <= width {
        fold_registers::<V, BESIDE>(x, width, rows.clone(), at, into);
        at += BESIDE * V::LANES;
    }
    while at < width {
        fold_registers::<V, 1>(x, width, rows.clone(), at, into);
        at += V::LANES;
    }
}

/// As [`fold_rows`], for `N` registers of columns from `at` on; the last may reach over the end.
#[inline(always)]
fn fold_registers<V: Vector, const N: usize>(
    x: &[f32],
    width: usize,
    rows: Range<usize>,
    at: usize,
    into: &mut Row,
) {
    // Of the rows only the bits are looked at, so any number will do.
    let mark = |r: usize| V::splat(f32::from_bits(r as u32));
    let (mut best, mut found) = ([V::splat(f32::NEG_INFINITY); N], [mark(rows.start); N]);
    for r in rows {
        let row = &x[r * width + at..(r + 1) * width];
        for (n, (best, found)) in best.iter_mut().zip(&mut found).enumerate() {
            let cells = if N == 1 { load_up_to::<V>(row, 0) } else { load(row, n * V::LANES) };
            let wins = cells.beats(*best);
            *best = V::select(wins, cells, *best);
            *found = V::select(wins, mark(r), *found);
        }
    }
    for (n, (best, found)) in best.into_iter().zip(found).enumerate() {
        store_up_to(best, &mut into.best, at + n * V::LANES);
        store_words(found, &mut into.at, at + n * V::LANES);
    }
}

/// For every start the maximum of `length` columns and its place.
#[inline(always)]
fn fold_columns(tall: &Row, length: usize, width: usize, into: &mut Row) {
    let count = width + 1 - length;
    let (best, at) = (&mut into.best[..count], &mut into.at[..count]);
    let columns = |step: usize| (&tall.best[step..][..count], &tall.at[step..][..count]);
    let place = |row: u32, column: usize| row * width as u32 + column as u32;
    let (numbers, rows) = columns(0);
    if length == 1 {
        best.copy_from_slice(numbers);
        for (c, (at, &row)) in at.iter_mut().zip(rows).enumerate() {
            *at = place(row, c);
        }
        return;
    }
    let (next, next_rows) = columns(1);
    let (first, second) = (numbers.iter().zip(rows), next.iter().zip(next_rows));
    let places = best.iter_mut().zip(at.iter_mut()).zip(first.zip(second));
    for (c, ((best, at), ((&left, &row), (&x, &next_row)))) in places.enumerate() {
        let (first, second) = (place(row, c), place(next_row, c + 1));
        let wins = beats((x, second), (left, first));
        *best = if wins { x } else { left };
        *at = if wins { second } else { first };
    }
    for step in 2..length {
        let (next, rows) = columns(step);
        let places = best.iter_mut().zip(at.iter_mut()).zip(next.iter().zip(rows));
        for (c, ((best, at), (&x, &row))) in places.enumerate() {
            let place = place(row, c + step);
            let wins = beats((x, place), (*best, *at));
            *best = if wins { x } else { *best };
            *at = if wins { place } else { *at };
        }
    }
}

/// Whether a maximum of some columns replaces another one: the first of equals, the last NaN.
#[inline(always)]
fn beats((x, place): (f32, u32), (best, at): (f32, u32)) -> bool {
    #[expect(clippy::float_cmp, reason = "ties are exact")]
    let tie = x == best && place < at;
    let last_nan = x.is_nan() && (!best.is_nan() || place > at);
    (x > best) | tie | last_nan
}

/// The maximum of these columns and its place.
#[inline(always)]
fn one(tall: &Row, columns: Range<usize>, width: usize) -> (f32, u32) {
    let place = |c: usize| tall.at[c] * width as u32 + c as u32;
    let better = |best, next| if beats(next, best) { next } else { best };
    let Some(first) = columns.clone().next() else { return (0.0, NOWHERE) };
    let mut best = (tall.best[first], place(first));
    let mut at = first + 1;
    if columns.len() >= 2 * SIDE {
        // Which of two wins does not depend on what else was compared, so neither on the order.
        let (mut lanes, mut places) = ([0.0; SIDE], [0; SIDE]);
        for (lane, c) in (first..first + SIDE).enumerate() {
            (lanes[lane], places[lane]) = (tall.best[c], place(c));
        }
        let whole = columns.len() / SIDE;
        for start in (1..whole).map(|nth| first + nth * SIDE) {
            let next = (&tall.best[start..][..SIDE], &tall.at[start..][..SIDE]);
            for lane in 0..SIDE {
                let next = (next.0[lane], next.1[lane] * width as u32 + (start + lane) as u32);
                let wins = beats(next, (lanes[lane], places[lane]));
                lanes[lane] = if wins { next.0 } else { lanes[lane] };
                places[lane] = if wins { next.1 } else { places[lane] };
            }
        }
        best = lanes.into_iter().zip(places).fold(best, better);
        at = first + whole * SIDE;
    }
    (at..columns.end).map(|c| (tall.best[c], place(c))).fold(best, better)
}
