//! Windows of 2x2 cells that tile the plane.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::blend::Task;
use super::map::Map;
use super::ring::some;
use crate::simd::{Kernel, Vector, load, load_bytes, load_dealt, store, store_bytes, store_up_to};

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

/// Blended maxima and means of one task.
pub(super) struct BlendOfTiles<'a>(pub(super) Task<'a>);

impl Kernel for BlendOfTiles<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let (sizes, [of_rows, of_columns]) = (self.0.sizes, self.0.divisors);
        let ([width, columns], divisor) = (sizes.widths(), V::splat(of_rows[0] * of_columns[0]));
        for (x, rows, mut outputs) in self.0.planes() {
            for (i, two) in x[sizes.over(&rows)].chunks_exact(2 * width).enumerate() {
                let (above, below) = two.split_at(width);
                for at in (0..columns).step_by(V::LANES) {
                    let [(a, b), (c, d)] = [some_dealt::<V>(above, at), some_dealt(below, at)];
                    let mut best = (a, V::splat(0.0));
                    best = challenge(best, b, 1.0);
                    best = challenge(best, c, 2.0);
                    best = challenge(best, d, 3.0);
                    let mean = a.add(b).add(c).add(d).div(divisor);
                    outputs.put(best, mean, [i, at]);
                }
            }
        }
    }
}

/// The gradient of [`mean`]: `factor` times `∂y` to every cell.
#[inline(always)]
pub(super) fn mean_back<V: Vector>(dy: &[f32], widths: [usize; 2], factor: f32, dx: &mut [f32]) {
    back::<V, _>(dy, Shares(factor), widths, dx);
}

/// The gradient of [`max`]: the covered rows of inputs, from the rows of `∂y` under them.
#[inline(always)]
pub(super) fn max_back<V: Vector>(dy: &[f32], winners: &[u8], widths: [usize; 2], dx: &mut [f32]) {
    back::<V, _>(dy, Winners { winners, columns: widths[1] }, widths, dx);
}

/// The gradient of a blend: `∂y` times the first factor to the winner, times the second to every cell.
#[inline(always)]
pub(super) fn blend_back<V: Vector>(
    dy: &[f32],
    winners: &[u8],
    widths: [usize; 2],
    factors: [f32; 2],
    dx: &mut [f32],
) {
    let winners = Winners { winners, columns: widths[1] };
    back::<V, _>(dy, Blended { winners, factors }, widths, dx);
}

/// Half of `∂y` to each of two cells.
#[inline(always)]
pub(super) fn halves_back<V: Vector>(
    dy: &[f32],
    pair: [&[u8]; 2],
    widths: [usize; 2],
    dx: &mut [f32],
) {
    let pair = pair.map(|winners| Winners { winners, columns: widths[1] });
    back::<V, _>(dy, Halves(pair), widths, dx);
}

/// What windows give to their cells, row by row.
trait Give: Copy {
    /// What the windows in row `i` from column `at` on, who have `dy` to give, hand to the cells above
    /// and to those below, woven. `WHOLE` where a register of windows is left of the row.
    fn give<V: Vector, const WHOLE: bool>(self, dy: V, i: usize, at: usize) -> [(V, V); 2];
}

/// The gradients of the covered rows of inputs.
#[inline(always)]
fn back<V: Vector, G: Give>(dy: &[f32], give: G, [width, columns]: [usize; 2], dx: &mut [f32]) {
    let whole = columns - columns % V::LANES;
    for (i, (two, dy)) in dx.chunks_exact_mut(2 * width).zip(dy.chunks_exact(columns)).enumerate() {
        let (above, below) = two.split_at_mut(width);
        for at in (0..whole).step_by(V::LANES) {
            let [top, bottom] = give.give::<V, true>(load(dy, at), i, at);
            store_two(top, above, 2 * at);
            store_two(bottom, below, 2 * at);
        }
        if whole < columns {
            let [top, bottom] = give.give::<V, false>(some(dy, whole), i, whole);
            put(top, &mut above[..2 * columns], 2 * whole);
            put(bottom, &mut below[..2 * columns], 2 * whole);
        }
        above[2 * columns..].fill(0.0);
        below[2 * columns..].fill(0.0);
    }
}

/// Stores two registers, one behind the other.
#[inline(always)]
fn store_two<V: Vector>((first, next): (V, V), row: &mut [f32], at: usize) {
    let two = &mut row[at..at + 2 * V::LANES];
    store(first, two, 0);
    store(next, two, V::LANES);
}

/// As [`store_two`], without what lies beyond the end of the row.
#[inline(always)]
fn put<V: Vector>((first, next): (V, V), row: &mut [f32], at: usize) {
    store_up_to(first, row, at);
    if at + V::LANES < row.len() {
        store_up_to(next, row, at + V::LANES);
    }
}

/// All to the winner.
#[derive(Clone, Copy)]
struct Winners<'a> {
    winners: &'a [u8],
    columns: usize,
}

impl Give for Winners<'_> {
    #[inline(always)]
    fn give<V: Vector, const WHOLE: bool>(self, dy: V, i: usize, at: usize) -> [(V, V); 2] {
        self.give_or::<V, WHOLE>([dy, V::splat(0.0)], i, at)
    }
}

impl Winners<'_> {
    /// `all` to the winner and `share` to the other cells.
    #[inline(always)]
    fn give_or<V: Vector, const WHOLE: bool>(
        self,
        [all, share]: [V; 2],
        i: usize,
        at: usize,
    ) -> [(V, V); 2] {
        let start = i * self.columns + at;
        let winner = if WHOLE {
            load_bytes::<V>(&self.winners[start..start + V::LANES], 0)
        } else {
            load_bytes::<V>(self.winners, start)
        };
        let a = V::select(winner.equals(V::splat(0.0)), all, share);
        let b = V::select(winner.equals(V::splat(1.0)), all, share);
        let c = V::select(winner.equals(V::splat(2.0)), all, share);
        let d = V::select(winner.equals(V::splat(3.0)), all, share);
        [a.weave(b), c.weave(d)]
    }
}

/// Half to each of two cells, which may be one.
#[derive(Clone, Copy)]
struct Halves<'a>([Winners<'a>; 2]);

impl Give for Halves<'_> {
    #[inline(always)]
    fn give<V: Vector, const WHOLE: bool>(self, dy: V, i: usize, at: usize) -> [(V, V); 2] {
        let (half, [one, other]) = (dy.mul(V::splat(0.5)), self.0);
        let [above, below] = one.give::<V, WHOLE>(half, i, at);
        let [more, rest] = other.give::<V, WHOLE>(half, i, at);
        [(above.0.add(more.0), above.1.add(more.1)), (below.0.add(rest.0), below.1.add(rest.1))]
    }
}

/// The same to every cell, and more to the winner.
#[derive(Clone, Copy)]
struct Blended<'a> {
    winners: Winners<'a>,
    factors: [f32; 2],
}

impl Give for Blended<'_> {
    #[inline(always)]
    fn give<V: Vector, const WHOLE: bool>(self, dy: V, i: usize, at: usize) -> [(V, V); 2] {
        let [a, b] = self.factors.map(V::splat);
        let share = dy.mul(b);
        self.winners.give_or::<V, WHOLE>([a.mul(dy).add(share), share], i, at)
    }
}

/// The same to every cell.
#[derive(Clone, Copy)]
struct Shares(f32);

impl Give for Shares {
    #[inline(always)]
    fn give<V: Vector, const WHOLE: bool>(self, dy: V, _: usize, _: usize) -> [(V, V); 2] {
        let share = dy.mul(V::splat(self.0));
        [share.weave(share); 2]
    }
}
