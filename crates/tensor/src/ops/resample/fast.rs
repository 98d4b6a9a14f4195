//! Separable maps on whole registers.
//!
//! A register holds neighbouring numbers of one row, so sums of rows need nothing but loads. For sums
//! of columns the rows of several planes are turned until columns are rows, summed, and turned back.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::{Axis, Tap};
use crate::ops::{parallel, scratch};
use crate::simd::{Kernel, Turn, Vector, dispatch, load, load_up_to, store, store_up_to};

/// Numbers of the planes that one task takes together: they and what is made of them stay near.
const TOGETHER: usize = 1 << 13;
/// What moving a number costs, in operations.
const MOVE: usize = 12;

/// `y = R x Cᵀ` for every plane, the rows summed first.
pub(super) fn rows_first(maps: &[Axis; 2], x: &[f32], y: &mut [f32]) {
    let [rows, columns] = maps;
    let (from, into) = (rows.input() * columns.input(), rows.output() * columns.output());
    split(maps, y, |nth, y| {
        let planes = y.len() / into;
        let x = &x[nth * from..][..planes * from];
        let (wide, lines) = (columns.input(), planes * rows.output());
        scratch::with(lines * wide, |middle| {
            for (x, middle) in
                x.chunks_exact(from).zip(middle.chunks_exact_mut(rows.output() * wide))
            {
                combine(rows, x, middle, wide);
            }
            across(columns, middle, y, lines);
        });
    });
}

/// `y = R x Cᵀ` for every plane, the columns summed first.
pub(super) fn columns_first(maps: &[Axis; 2], x: &[f32], y: &mut [f32]) {
    let [rows, columns] = maps;
    let (from, into) = (rows.input() * columns.input(), rows.output() * columns.output());
    split(maps, y, |nth, y| {
        let planes = y.len() / into;
        let x = &x[nth * from..][..planes * from];
        let (wide, lines) = (columns.output(), planes * rows.input());
        scratch::with(lines * wide, |middle| {
            across(columns, x, middle, lines);
            for (middle, y) in
                middle.chunks_exact(rows.input() * wide).zip(y.chunks_exact_mut(into))
            {
                combine(rows, middle, y, wide);
            }
        });
    });
}

/// Calls `work` with the first plane and the outputs of every task.
fn split([rows, columns]: &[Axis; 2], y: &mut [f32], work: impl Fn(usize, &mut [f32]) + Sync) {
    let (from, into) = (rows.input() * columns.input(), rows.output() * columns.output());
    if from == 0 || into == 0 {
        return;
    }
    let planes = (TOGETHER / from.max(into)).max(1);
    let sums = rows.len() * columns.input() + rows.output() * columns.len();
    let operations = planes * (MOVE * (from + into) + 2 * sums);
    parallel::chunks(y, planes * into, operations as u64, |nth, y| work(nth * planes, y));
}

/// Sums of columns of `lines` rows.
fn across(columns: &Axis, x: &[f32], y: &mut [f32], lines: usize) {
    let (wide, thin) = (columns.input(), columns.output());
    // Rows that are turned begin at different lines of the cache.
    let pitch = if lines.is_multiple_of(256) { lines + 16 } else { lines };
    scratch::with((wide + thin) * pitch, |numbers| {
        let (turned, summed) = numbers.split_at_mut(wide * pitch);
        Turn {
            from: x,
            from_pitch: wide,
            rows: lines,
            columns: wide,
            into: turned,
            into_pitch: pitch,
        }
        .copy();
        dispatch(Combine { axis: columns, x: turned, y: summed, pitch, width: lines });
        Turn {
            from: summed,
            from_pitch: pitch,
            rows: thin,
            columns: lines,
            into: y,
            into_pitch: thin,
        }
        .copy();
    });
}

/// Sums of rows of `width` numbers.
fn combine(axis: &Axis, x: &[f32], y: &mut [f32], width: usize) {
    dispatch(Combine { axis, x, y, pitch: width, width });
}

/// Rows of `width` numbers, `pitch` apart on both sides.
struct Combine<'a> {
    axis: &'a Axis,
    x: &'a [f32],
    y: &'a mut [f32],
    pitch: usize,
    width: usize,
}

impl Kernel for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { axis, x, y, pitch, width } = self;
        for o in 0..axis.output() {
            let (taps, y) = (axis.taps(o), &mut y[o * pitch..][..width]);
            let Some((first, rest)) = taps.split_first() else {
                y.fill(0.0);
                continue;
            };
            let mut at = 0;
            while at + 4 * V::LANES <= width {
                block::<V, 4>(first, rest, x, y, pitch, at);
                at += 4 * V::LANES;
            }
            while at + V::LANES <= width {
                block::<V, 1>(first, rest, x, y, pitch, at);
                at += V::LANES;
            }
            if at < width {
                let lanes = |tap: &Tap| load_up_to::<V>(&x[tap.at * pitch..][..width], at);
                let mut sum = lanes(first).mul(V::splat(first.weight));
                for tap in rest {
                    sum = lanes(tap).mul_add(V::splat(tap.weight), sum);
                }
                store_up_to(sum, y, at);
            }
        }
    }
}

/// `R` registers of a row.
#[inline(always)]
fn block<V: Vector, const R: usize>(
    first: &Tap,
    rest: &[Tap],
    x: &[f32],
    y: &mut [f32],
    pitch: usize,
    at: usize,
) {
    let lanes = |tap: &Tap, r: usize| load::<V>(x, tap.at * pitch + at + r * V::LANES);
    let weight = V::splat(first.weight);
    let mut sums = [weight; R];
    for (r, sum) in sums.iter_mut().enumerate() {
        *sum = lanes(first, r).mul(weight);
    }
    for tap in rest {
        let weight = V::splat(tap.weight);
        for (r, sum) in sums.iter_mut().enumerate() {
            *sum = lanes(tap, r).mul_add(weight, *sum);
        }
    }
    for (r, sum) in sums.into_iter().enumerate() {
        store(sum, y, at + r * V::LANES);
    }
}
