//! Gradients of the windows of [`few`](super::few).
//!
//! A register of windows walks down its columns and gives to the rows of inputs under it. Rows that the next
//! windows give to as well stay in registers until they are complete. Of a mean every window gives
//! its share, of a maximum all or nothing, by comparing the tap with the winner; both are added in
//! row-major order of the windows.
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
            for v in (0..WIDE).rev() {
                let windows = give.windows::<V>(i, at, v);
                for (u, sum) in sums.iter_mut().enumerate() {
                    sum[0] = sum[0].add(G::share(windows, WIDE * u + v));
                }
            }
        } else {
            let (left, right) = (give.windows::<V>(i, at, 1), give.windows::<V>(i, at, 0));
            let middle = if self.before[1] == 0 { right } else { left };
            for (u, sum) in sums.iter_mut().enumerate() {
                sum[0] = sum[0].add(G::share(middle, WIDE * u + 1));
                let twice = sum[STRIDE - 1].add(G::share(left, WIDE * u + 2));
                sum[STRIDE - 1] = twice.add(G::share(right, WIDE * u));
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
    /// What each gives to the cell at `tap`.
    fn share<V: Vector>(windows: Self::Windows<V>, tap: usize) -> V;
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
    fn share<V: Vector>((dy, winner): (V, V), tap: usize) -> V {
        V::select(winner.equals(V::splat(tap as f32)), dy, V::splat(0.0))
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
    fn share<V: Vector>(share: V, _: usize) -> V {
        share
    }
}

/// Lanes moved up by `count`, with zeros below.
#[inline(always)]
fn shifted<V: Vector>(mut lanes: V, count: usize) -> V {
    for _ in 0..count {
        lanes = lanes.after(V::splat(0.0));
    }
    lanes
}
