//! Gradients of the windows of [`few`](super::few).
//!
//! A register of windows walks down its columns and gives to the rows of inputs under it. Rows that the next
//! windows give to as well stay in registers until they are complete. Of a mean every window gives
//! its share, of a maximum all or nothing, by comparing the tap with the winner; they are added in
//! row-major order of the windows, those of means row by row.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::few::Few;
use super::ring::some;
use super::spread::Share;
use super::tasks::Sizes;
use crate::simd::{Vector, load_bytes, store_up_to};

impl Few {
    /// The gradient of the input rows `rows` of a plane.
    #[inline(always)]
    pub(super) fn back<V: Vector>(
        self,
        dy: &[f32],
        share: Share,
        sizes: Sizes,
        rows: Range<usize>,
        dx: &mut [f32],
    ) {
        let columns = sizes.output[1];
        match share {
            Share::Winner(taps) => {
                self.blocks_back::<V, _>(Winners { dy, taps, columns }, sizes, rows, dx);
            }
            Share::Even(factors) => {
                self.blocks_back::<V, _>(Shares { dy, factors, columns }, sizes, rows, dx);
            }
            Share::Both { winners: taps, factors, shares } => {
                let give = Blended {
                    winners: Winners { dy, taps, columns },
                    factors,
                    shares: shares.map(|of| of[0]),
                };
                self.blocks_back::<V, _>(give, sizes, rows, dx);
            }
            Share::Halves(pair) => {
                let give = Halves(pair.map(|taps| Winners { dy, taps, columns }));
                self.blocks_back::<V, _>(give, sizes, rows, dx);
            }
            Share::Last(taps) => {
                let give = Last(Winners { dy, taps, columns });
                self.blocks_back::<V, _>(give, sizes, rows, dx);
            }
        }
    }

    #[inline(always)]
    fn blocks_back<V: Vector, G: Give>(
        self,
        give: G,
        sizes: Sizes,
        rows: Range<usize>,
        dx: &mut [f32],
    ) {
        let [width, outputs] = [sizes.input[1], sizes.output[0]];
        let (first, height) = (rows.start, self.stride[0] * self.tall(width));
        for start in rows.clone().step_by(height) {
            let rows = start..rows.end.min(start + height);
            let dx = &mut dx[(start - first) * width..][..rows.len() * width];
            for at in (0..width.div_ceil(self.stride[1])).step_by(V::LANES) {
                let before = self.before;
                let strip = Strip { outputs, width, before, at, rows: rows.clone() };
                match (self.kernel, self.stride) {
                    ([2, 2], [1, _]) => strip.walk::<V, G, 2, 2, 1, 1>(give, dx),
                    ([2, 2], _) => strip.walk::<V, G, 2, 2, 2, 1>(give, dx),
                    ([2, _], _) => strip.walk::<V, G, 2, 3, 1, 1>(give, dx),
                    ([_, 2], _) => strip.walk::<V, G, 3, 2, 1, 1>(give, dx),
                    (_, [1, _]) => strip.walk::<V, G, 3, 3, 1, 1>(give, dx),
                    _ => strip.walk::<V, G, 3, 3, 2, 2>(give, dx),
                }
            }
        }
    }
}

/// A register of windows, and the rows of inputs that are asked for.
struct Strip {
    /// Rows of windows.
    outputs: usize,
    /// Columns of inputs.
    width: usize,
    /// Rows and columns before the plane.
    before: [usize; 2],
    /// The first column of windows.
    at: usize,
    rows: Range<usize>,
}

impl Strip {
    /// Gives to the rows.
    #[inline(always)]
    fn walk<
        V: Vector,
        G: Give,
        const HIGH: usize,
        const WIDE: usize,
        const DOWN: usize,
        const STRIDE: usize,
    >(
        &self,
        give: G,
        dx: &mut [f32],
    ) {
        // What the rows under the windows have received.
        let mut sums = [[V::splat(0.0); STRIDE]; HIGH];
        let (Range { start, end }, above) = (self.rows.clone(), self.before[0]);
        let first = (start + above).saturating_sub(HIGH - 1).div_ceil(DOWN).min(self.outputs);
        let last = self.outputs.min((end - 1 + above) / DOWN + 1);
        for i in first..last {
            self.add::<V, G, HIGH, WIDE, STRIDE>(give, i, &mut sums);
            for (u, &sum) in sums[..DOWN].iter().enumerate() {
                self.put::<V, STRIDE>(DOWN * i + u, sum, dx);
            }
            advance::<V, HIGH, STRIDE>(&mut sums, DOWN);
        }
        // Below the last windows.
        for row in DOWN * last..end + above {
            self.put::<V, STRIDE>(row, sums[0], dx);
            advance::<V, HIGH, STRIDE>(&mut sums, 1);
        }
    }

    /// Adds what the windows in row `i` give to the inputs from column `STRIDE · at` on: with a stride of
    /// two, to those that lie in one window of a row, and to those that lie in two.
    #[inline(always)]
    fn add<V: Vector, G: Give, const HIGH: usize, const WIDE: usize, const STRIDE: usize>(
        &self,
        give: G,
        i: usize,
        sums: &mut [[V; STRIDE]; HIGH],
    ) {
        let at = self.at + self.before[1];
        if STRIDE == 1 {
            let mut windows = [give.windows::<V>(i, at, 0); WIDE];
            for (nth, windows) in windows.iter_mut().enumerate() {
                *windows = give.windows::<V>(i, at, WIDE - 1 - nth);
            }
            for (u, sum) in sums.iter_mut().enumerate() {
                sum[0] = G::receive::<V, WIDE, 1>(sum[0], windows, WIDE * u + WIDE - 1);
            }
        } else {
            let (left, right) = (give.windows::<V>(i, at, 1), give.windows::<V>(i, at, 0));
            let middle = if self.before[1] == 0 { right } else { left };
            for (u, sum) in sums.iter_mut().enumerate() {
                sum[0] = G::receive::<V, 1, 1>(sum[0], [middle], WIDE * u + 1);
                let twice = G::receive::<V, 2, 2>(sum[STRIDE - 1], [left, right], WIDE * u + 2);
                sum[STRIDE - 1] = twice;
            }
        }
    }

    /// Stores part of a row of the padded plane, if it is asked for.
    #[inline(always)]
    fn put<V: Vector, const STRIDE: usize>(&self, row: usize, sum: [V; STRIDE], dx: &mut [f32]) {
        let Some(r) = row.checked_sub(self.before[0] + self.rows.start) else { return };
        if r >= self.rows.len() {
            return;
        }
        let row = &mut dx[r * self.width..][..self.width];
        if STRIDE == 1 {
            return store_up_to(sum[0], row, self.at);
        }
        let [once, twice] = [sum[0], sum[STRIDE - 1]];
        let woven = if self.before[1] == 0 { twice.weave(once) } else { once.weave(twice) };
        store_up_to(woven.0, row, 2 * self.at);
        if 2 * self.at + V::LANES < row.len() {
            store_up_to(woven.1, row, 2 * self.at + V::LANES);
        }
    }
}

/// Leaves the first `by` rows behind.
#[inline(always)]
fn advance<V: Vector, const HIGH: usize, const STRIDE: usize>(
    sums: &mut [[V; STRIDE]; HIGH],
    by: usize,
) {
    for u in 0..HIGH {
        sums[u] = if u + by < HIGH { sums[u + by] } else { [V::splat(0.0); STRIDE] };
    }
}

/// What windows give to their cells.
trait Give: Copy {
    /// A register of windows.
    type Windows<V: Vector>: Copy;

    /// The windows in row `i` from column `at - back` on, with such as give nothing where there are
    /// none.
    fn windows<V: Vector>(self, i: usize, at: usize, back: usize) -> Self::Windows<V>;
    /// What a cell has, `sum` until now, when windows of a row have given: in the first of them it lies
    /// at `tap`, and in each of the others `STEP` taps before.
    fn receive<V: Vector, const COUNT: usize, const STEP: usize>(
        sum: V,
        windows: [Self::Windows<V>; COUNT],
        tap: usize,
    ) -> V;
}

/// All to the winner.
#[derive(Clone, Copy)]
struct Winners<'a> {
    dy: &'a [f32],
    taps: &'a [u8],
    columns: usize,
}

impl Give for Winners<'_> {
    type Windows<V: Vector> = (V, V);

    #[inline(always)]
    fn windows<V: Vector>(self, i: usize, at: usize, back: usize) -> (V, V) {
        let start = at.saturating_sub(back);
        let dy = some::<V>(&self.dy[i * self.columns..][..self.columns], start);
        // Behind the row lie other winners, of nothing.
        let winner = load_bytes::<V>(self.taps, (i * self.columns + start).min(self.taps.len()));
        let missing = start + back - at;
        (shifted(dy, missing), shifted(winner, missing))
    }

    #[inline(always)]
    fn receive<V: Vector, const COUNT: usize, const STEP: usize>(
        mut sum: V,
        windows: [(V, V); COUNT],
        tap: usize,
    ) -> V {
        for (nth, &(dy, winner)) in windows.iter().enumerate() {
            sum = sum.add_where(is_at(winner, tap - nth * STEP), dy);
        }
        sum
    }
}

/// Half to each of two cells, which may be one.
#[derive(Clone, Copy)]
struct Halves<'a>([Winners<'a>; 2]);

impl Give for Halves<'_> {
    /// Half of what there is, and where both halves go.
    type Windows<V: Vector> = (V, [V; 2]);

    #[inline(always)]
    fn windows<V: Vector>(self, i: usize, at: usize, back: usize) -> (V, [V; 2]) {
        let [one, other] = self.0;
        let ((dy, one), (_, other)) =
            (one.windows::<V>(i, at, back), other.windows::<V>(i, at, back));
        (dy.mul(V::splat(0.5)), [one, other])
    }

    #[inline(always)]
    fn receive<V: Vector, const COUNT: usize, const STEP: usize>(
        mut sum: V,
        windows: [(V, [V; 2]); COUNT],
        tap: usize,
    ) -> V {
        for (nth, &(half, [one, other])) in windows.iter().enumerate() {
            let tap = tap - nth * STEP;
            sum = sum.add_where(is_at(one, tap), half).add_where(is_at(other, tap), half);
        }
        sum
    }
}

/// The same to every cell.
#[derive(Clone, Copy)]
struct Shares<'a> {
    dy: &'a [f32],
    /// Factors of rows and of columns.
    factors: [&'a [f32]; 2],
    columns: usize,
}

impl Give for Shares<'_> {
    type Windows<V: Vector> = V;

    #[inline(always)]
    fn windows<V: Vector>(self, i: usize, at: usize, back: usize) -> V {
        let [of_rows, of_columns] = self.factors;
        let dy = &self.dy[i * self.columns..][..self.columns];
        let start = at.saturating_sub(back);
        let factor = V::splat(of_rows[i]).mul(some(of_columns, start));
        shifted(some::<V>(dy, start).mul(factor), start + back - at)
    }

    #[inline(always)]
    fn receive<V: Vector, const COUNT: usize, const STEP: usize>(
        sum: V,
        shares: [V; COUNT],
        _: usize,
    ) -> V {
        // The same for all rows of cells under the windows, so that it is added up once.
        let mut together = shares[0];
        for &share in &shares[1..] {
            together = together.add(share);
        }
        sum.add(together)
    }
}

/// The same to every cell, and more to the winner.
#[derive(Clone, Copy)]
struct Blended<'a> {
    winners: Winners<'a>,
    /// Factors of rows and of columns.
    factors: [&'a [f32]; 2],
    /// Of maximum and mean.
    shares: [f32; 2],
}

impl Give for Blended<'_> {
    /// What the winner gets and what another cell gets, and the winner.
    type Windows<V: Vector> = (V, V, V);

    #[inline(always)]
    fn windows<V: Vector>(self, i: usize, at: usize, back: usize) -> (V, V, V) {
        let (dy, winner) = self.winners.windows::<V>(i, at, back);
        let ([of_rows, of_columns], start) = (self.factors, at.saturating_sub(back));
        let factor = V::splat(of_rows[i]).mul(some(of_columns, start));
        let [a, b] = self.shares.map(V::splat);
        let share = dy.mul(b.mul(shifted(factor, start + back - at)));
        (a.mul(dy).add(share), share, winner)
    }

    #[inline(always)]
    fn receive<V: Vector, const COUNT: usize, const STEP: usize>(
        mut sum: V,
        windows: [(V, V, V); COUNT],
        tap: usize,
    ) -> V {
        for (nth, &(all, share, winner)) in windows.iter().enumerate() {
            sum = sum.add(V::select(is_at(winner, tap - nth * STEP), all, share));
        }
        sum
    }
}

/// All to the winner, in place of what others gave.
#[derive(Clone, Copy)]
struct Last<'a>(Winners<'a>);

impl Give for Last<'_> {
    type Windows<V: Vector> = (V, V);

    #[inline(always)]
    fn windows<V: Vector>(self, i: usize, at: usize, back: usize) -> (V, V) {
        let (dy, winner) = self.0.windows::<V>(i, at, back);
        // A window that is none has no winner: it takes nothing away.
        let (none, missing) = (V::splat(-1.0), back - back.min(at));
        let end = (self.0.columns + back).saturating_sub(at).min(V::LANES);
        (dy, none.first_or(missing, winner.first_or(end, none)))
    }

    #[inline(always)]
    fn receive<V: Vector, const COUNT: usize, const STEP: usize>(
        mut sum: V,
        windows: [(V, V); COUNT],
        tap: usize,
    ) -> V {
        for (nth, &(dy, winner)) in windows.iter().enumerate() {
            sum = V::select(is_at(winner, tap - nth * STEP), dy, sum);
        }
        sum
    }
}

/// Where the winner is the cell at `tap`.
#[inline(always)]
fn is_at<V: Vector>(winner: V, tap: usize) -> V::Mask {
    winner.equals(V::splat(tap as f32))
}

/// Lanes moved up by `count`, with zeros below.
#[inline(always)]
fn shifted<V: Vector>(mut lanes: V, count: usize) -> V {
    for _ in 0..count {
        lanes = lanes.after(V::splat(0.0));
    }
    lanes
}
