//! Windows of 2x2 cells that tile the plane.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::map::Map;
use super::ring::some;
use crate::simd::{Vector, load_bytes, load_dealt, store_bytes, store_up_to};

/// The cell in the lead and its offset, after `cell` had its turn.
#[inline(always)]
fn challenge<V: Vector>((best, winner): (V, V), cell: V, offset: f32) -> (V, V) {
    let wins = cell.beats(best);
    (V::select(wins, cell, best), V::select(wins, V::splat(offset), winner))
}

/// The even and the odd cells over the outputs from `at` on, with zeros beyond the end of the row.
#[inline(always)]
fn some_dealt<V: Vector>(row: &[f32], at: usize) -> (V, V) {
    let [first, next] = [2 * at, 2 * at + V::LANES];
    if next + V::LANES <= row.len() {
        load_dealt(row, first)
    } else {
        some::<V>(row, first).deal(some(row, next))
    }
}

/// Maxima and their offsets, from the rows of cells above them.
#[inline(always)]
pub(super) fn max<V: Vector>(
    x: &[f32],
    [width, columns]: [usize; 2],
    map: impl Map,
    y: &mut [f32],
    winners: &mut [u8],
) {
    let outputs = y.chunks_exact_mut(columns).zip(winners.chunks_exact_mut(columns));
    for (two, (y, winners)) in x.chunks_exact(2 * width).zip(outputs) {
        let (above, below) = two.split_at(width);
        for at in (0..columns).step_by(V::LANES) {
            let [(a, b), (c, d)] = [some_dealt::<V>(above, at), some_dealt(below, at)];
            let mut best = (map.lanes(a), V::splat(0.0));
            best = challenge(best, map.lanes(b), 1.0);
            best = challenge(best, map.lanes(c), 2.0);
            best = challenge(best, map.lanes(d), 3.0);
            store_up_to(best.0, y, at);
            store_bytes(best.1, winners, at);
        }
    }
}

/// The gradient of [`max`]: the covered rows of inputs, from the rows of `∂y` under them.
#[inline(always)]
pub(super) fn max_back<V: Vector>(
    dy: &[f32],
    winners: &[u8],
    [width, columns]: [usize; 2],
    dx: &mut [f32],
) {
    let rows = dy.chunks_exact(columns).zip(winners.chunks_exact(columns));
    for (two, (dy, winners)) in dx.chunks_exact_mut(2 * width).zip(rows) {
        let (above, below) = two.split_at_mut(width);
        for at in (0..columns).step_by(V::LANES) {
            let (dy, winner) = (some::<V>(dy, at), load_bytes::<V>(winners, at));
            let [a, b, c, d] = shares(dy, winner);
            put(a.weave(b), above, at, columns);
            put(c.weave(d), below, at, columns);
        }
        above[2 * columns..].fill(0.0);
        below[2 * columns..].fill(0.0);
    }
}

/// What each of the four cells receives.
#[inline(always)]
fn shares<V: Vector>(dy: V, winner: V) -> [V; 4] {
    let zero = V::splat(0.0);
    [
        V::select(winner.equals(zero), dy, zero),
        V::select(winner.equals(V::splat(1.0)), dy, zero),
        V::select(winner.equals(V::splat(2.0)), dy, zero),
        V::select(winner.equals(V::splat(3.0)), dy, zero),
    ]
}

/// Stores the inputs of the outputs from `at` on.
#[inline(always)]
fn put<V: Vector>((first, next): (V, V), row: &mut [f32], at: usize, columns: usize) {
    let row = &mut row[..2 * columns];
    store_up_to(first, row, 2 * at);
    if 2 * at + V::LANES < row.len() {
        store_up_to(next, row, 2 * at + V::LANES);
    }
}

/// Division by one divisor.
trait Divide: Copy {
    fn of<V: Vector>(self, dividend: V) -> V;
}

#[derive(Clone, Copy)]
struct By(f32);

impl Divide for By {
    #[inline(always)]
    fn of<V: Vector>(self, dividend: V) -> V {
        dividend.div(V::splat(self.0))
    }
}

/// A product that has the bits of the quotient.
#[derive(Clone, Copy)]
struct Times(f32);

impl Divide for Times {
    #[inline(always)]
    fn of<V: Vector>(self, dividend: V) -> V {
        dividend.mul(V::splat(self.0))
    }
}

/// The reciprocal of a power of two, which is exact.
fn exact_reciprocal(divisor: f32) -> Option<f32> {
    let exact = divisor.to_bits().trailing_zeros() >= f32::MANTISSA_DIGITS - 1;
    exact.then(|| divisor.recip())
}

/// Sums divided by `divisor`.
#[inline(always)]
pub(super) fn mean<V: Vector>(
    x: &[f32],
    [width, columns]: [usize; 2],
    divisor: f32,
    y: &mut [f32],
) {
    match exact_reciprocal(divisor) {
        Some(reciprocal) => means::<V, _>(x, [width, columns], Times(reciprocal), y),
        None => means::<V, _>(x, [width, columns], By(divisor), y),
    }
}

#[inline(always)]
fn means<V: Vector, D: Divide>(x: &[f32], [width, columns]: [usize; 2], divide: D, y: &mut [f32]) {
    for (two, y) in x.chunks_exact(2 * width).zip(y.chunks_exact_mut(columns)) {
        let (above, below) = two.split_at(width);
        for at in (0..columns).step_by(V::LANES) {
            let [(a, b), (c, d)] = [some_dealt::<V>(above, at), some_dealt(below, at)];
            store_up_to(divide.of(a.add(b).add(c).add(d)), y, at);
        }
    }
}

/// The gradient of [`mean`].
#[inline(always)]
pub(super) fn mean_back<V: Vector>(
    dy: &[f32],
    [width, columns]: [usize; 2],
    divisor: f32,
    dx: &mut [f32],
) {
    match exact_reciprocal(divisor) {
        Some(reciprocal) => means_back::<V, _>(dy, [width, columns], Times(reciprocal), dx),
        None => means_back::<V, _>(dy, [width, columns], By(divisor), dx),
    }
}

#[inline(always)]
fn means_back<V: Vector, D: Divide>(
    dy: &[f32],
    [width, columns]: [usize; 2],
    divide: D,
    dx: &mut [f32],
) {
    for (two, dy) in dx.chunks_exact_mut(2 * width).zip(dy.chunks_exact(columns)) {
        let (above, below) = two.split_at_mut(width);
        for at in (0..columns).step_by(V::LANES) {
            let share = divide.of(some::<V>(dy, at));
            put(share.weave(share), above, at, columns);
            put(share.weave(share), below, at, columns);
        }
        above[2 * columns..].fill(0.0);
        below[2 * columns..].fill(0.0);
    }
}
