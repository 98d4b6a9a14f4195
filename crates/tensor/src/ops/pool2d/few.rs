//! Windows of two or three rows and columns that begin where the plane does or one cell before: at a
//! stride of one, of 3x3 cells at a stride of two as well, and of 2x2 cells at every second row.
//!
//! A register of outputs walks down its columns. The cells of a row make one part of its windows,
//! and the next windows look at that part again: it stays in registers. The cell before the first
//! comes out of the register of the cells that follow, so that nothing is copied on the way.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::{Range, RangeInclusive};

use super::blend::{Outputs, Task};
use super::map::{Map, Maps, Normalized, Plain, Rectified};
use super::tasks::{Sizes, by_plane};
use crate::simd::{Kernel, Vector, load, load_dealt, load_up_to, store_bytes, store_up_to};
use crate::{Window, Windows};

/// Rows of windows that a register walks down before its neighbour does. Of wide planes there are few,
/// so that the rows are read and written as streams; of narrow planes many, as each walk begins with a
/// row that another has already looked at.
const TALL: RangeInclusive<usize> = 3..=8;
/// Numbers of a plane that are close at hand.
const NEAR: usize = 1 << 13;

/// How the windows lie.
#[derive(Clone, Copy)]
pub(super) struct Few {
    /// 2 or 3 rows and columns.
    pub(super) kernel: [usize; 2],
    /// 1 or 2 rows and columns.
    pub(super) stride: [usize; 2],
    /// Rows and columns before the plane, 0 or 1.
    pub(super) before: [usize; 2],
}

impl Few {
    /// `None` for windows of another kind.
    pub(super) fn of(at: &Windows) -> Option<Self> {
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let short = kernel.iter().all(|side| matches!(side, 2 | 3));
        let steps = (kernel, stride);
        let steps = matches!(steps, (_, [1, 1]) | ([3, 3], [2, 2]) | ([2, 2], [2, 1]));
        let near = before.iter().all(|&before| before < 2) && dilation == [1, 1];
        let known = short && steps && near;
        known.then_some(Self { kernel, stride, before })
    }

    /// As [`Few::of`], but of windows over mapped cells only those that are often asked for.
    pub(super) fn of_mapped(at: &Windows, maps: Maps) -> Option<Self> {
        Self::of(at).filter(|few| matches!(maps, Maps::Plain) || few.kernel == [3, 3])
    }

    /// Rows of windows on planes of `width` columns that a register walks down.
    pub(super) fn tall(self, width: usize) -> usize {
        (NEAR / (self.stride[0] * width)).clamp(*TALL.start(), *TALL.end())
    }

    /// Folds the windows of the output rows `rows` of a plane.
    #[inline(always)]
    fn fold<V: Vector, F: Fold>(
        self,
        plane: &[f32],
        sizes: Sizes,
        rows: Range<usize>,
        fold: &mut F,
    ) {
        match (self.kernel, self.stride) {
            ([2, 2], [1, _]) => self.blocks::<V, F, 2, 2, 1, 1>(plane, sizes, rows, Plain, fold),
            ([2, 2], _) => self.blocks::<V, F, 2, 2, 2, 1>(plane, sizes, rows, Plain, fold),
            ([2, _], _) => self.blocks::<V, F, 2, 3, 1, 1>(plane, sizes, rows, Plain, fold),
            ([_, 2], _) => self.blocks::<V, F, 3, 2, 1, 1>(plane, sizes, rows, Plain, fold),
            _ => self.fold_nine::<V, F>(plane, sizes, rows, Plain, fold),
        }
    }

    /// As [`Few::fold`], for windows of 3x3 cells.
    #[inline(always)]
    fn fold_nine<V: Vector, F: Fold>(
        self,
        plane: &[f32],
        sizes: Sizes,
        rows: Range<usize>,
        map: impl Map,
        fold: &mut F,
    ) {
        match self.stride {
            [1, _] => self.blocks::<V, F, 3, 3, 1, 1>(plane, sizes, rows, map, fold),
            _ => self.blocks::<V, F, 3, 3, 2, 2>(plane, sizes, rows, map, fold),
        }
    }

    #[inline(always)]
    fn blocks<
        V: Vector,
        F: Fold,
        const HIGH: usize,
        const WIDE: usize,
        const DOWN: usize,
        const STRIDE: usize,
    >(
        self,
        plane: &[f32],
        sizes: Sizes,
        rows: Range<usize>,
        map: impl Map,
        fold: &mut F,
    ) {
        let [width, columns] = [sizes.input[1], sizes.output[1]];
        let tall = self.tall(width);
        for start in rows.clone().step_by(tall) {
            let block = start..rows.end.min(start + tall);
            for at in (0..columns).step_by(V::LANES) {
                // The last register reaches back over outputs that its neighbour has written.
                let at = at.min(columns.saturating_sub(V::LANES));
                let middle = at * STRIDE + 1 - self.before[1];
                let strip = Strip { plane, width, before: self.before[0], at, middle };
                if middle + STRIDE * V::LANES + WIDE - 1 - STRIDE <= width {
                    strip.walk::<V, F, HIGH, WIDE, DOWN, STRIDE, false>(block.clone(), map, fold);
                } else {
                    strip.walk::<V, F, HIGH, WIDE, DOWN, STRIDE, true>(block.clone(), map, fold);
                }
            }
        }
    }
}

/// A register of output columns.
#[derive(Clone, Copy)]
struct Strip<'a> {
    plane: &'a [f32],
    width: usize,
    /// Rows before the plane.
    before: usize,
    /// The first column of outputs, and the column of inputs that is the second of its window.
    at: usize,
    middle: usize,
}

impl Strip<'_> {
    /// `EDGE` where a window may reach over the right edge.
    #[inline(always)]
    fn walk<
        V: Vector,
        F: Fold,
        const HIGH: usize,
        const WIDE: usize,
        const DOWN: usize,
        const STRIDE: usize,
        const EDGE: bool,
    >(
        self,
        rows: Range<usize>,
        map: impl Map,
        fold: &mut F,
    ) {
        let border = if self.middle == 0 { 1.0 } else { 0.0 };
        let first = V::splat(0.0).after(V::splat(border));
        let part = |row: usize| self.part::<V, F, WIDE, STRIDE, EDGE>(row, first, map);
        // Of the rows under the next windows, those that the last ones have looked at.
        let mut parts = [F::outside::<V, WIDE>(first); HIGH];
        for (above, part_of) in parts[DOWN..].iter_mut().enumerate() {
            *part_of = part(rows.start * DOWN + above);
        }
        for i in rows {
            for u in DOWN..HIGH {
                parts[u - DOWN] = parts[u];
            }
            #[expect(
                clippy::needless_range_loop,
                reason = "an iterator is not unrolled, and takes three times as long"
            )]
            for u in HIGH - DOWN..HIGH {
                parts[u] = part(DOWN * i + u);
            }
            fold.put::<V, HIGH, WIDE>(parts, i, self.at);
        }
    }

    /// What the windows have in row `row` of the padded plane.
    #[inline(always)]
    fn part<V: Vector, F: Fold, const WIDE: usize, const STRIDE: usize, const EDGE: bool>(
        self,
        row: usize,
        first: V,
        map: impl Map,
    ) -> F::Part<V> {
        let start = row.wrapping_sub(self.before).wrapping_mul(self.width);
        if row < self.before || start >= self.plane.len() {
            return F::outside::<V, WIDE>(first);
        }
        let row = &self.plane[start..][..self.width];
        let taps = self.taps::<V, WIDE, STRIDE, EDGE>(row, F::OUTSIDE, map);
        if F::OUTSIDE.to_bits() == F::ALSO.to_bits() {
            return F::part(taps, taps, first);
        }
        F::part(taps, self.taps::<V, WIDE, STRIDE, EDGE>(row, F::ALSO, map), first)
    }

    /// The cells of the windows in a row of the plane, with `outside` beyond its ends.
    #[inline(always)]
    fn taps<V: Vector, const WIDE: usize, const STRIDE: usize, const EDGE: bool>(
        self,
        row: &[f32],
        outside: f32,
        map: impl Map,
    ) -> [V; WIDE] {
        let outside = V::splat(outside);
        let before = match self.middle {
            0 => outside,
            middle => map.lanes(V::splat(row[middle - 1])),
        };
        let mut taps = [outside; WIDE];
        if STRIDE == 1 {
            let middle = cells::<V, EDGE>(row, self.middle, outside, map);
            taps[0] = middle.after(before);
            taps[1] = middle;
            if WIDE == 3 {
                taps[WIDE - 1] = cells::<V, EDGE>(row, self.middle + 1, outside, map);
            }
        } else {
            let (middle, last) = if EDGE {
                let middle = cells::<V, EDGE>(row, self.middle, outside, map);
                middle.deal(cells::<V, EDGE>(row, self.middle + V::LANES, outside, map))
            } else {
                let (middle, last) = load_dealt(row, self.middle);
                (map.lanes(middle), map.lanes(last))
            };
            taps[0] = last.after(before);
            taps[1] = middle;
            taps[WIDE - 1] = last;
        }
        taps
    }
}

/// The cells from `at` on; in a register at the edge `outside` beyond the end of the row.
#[inline(always)]
fn cells<V: Vector, const EDGE: bool>(row: &[f32], at: usize, outside: V, map: impl Map) -> V {
    if EDGE {
        let rest = &row[at.min(row.len())..];
        let cells = map.lanes(load_up_to::<V>(rest, 0));
        cells.first_or(rest.len().min(V::LANES), outside)
    } else {
        map.lanes(load(row, at))
    }
}

/// What is made of the cells of a window.
trait Fold {
    /// A cell outside the plane.
    const OUTSIDE: f32;
    /// The same for whatever looks at the cells beside it.
    const ALSO: f32 = Self::OUTSIDE;
    /// The cells of one row.
    type Part<V: Vector>: Copy;

    /// `first` is the first tap inside the plane, 0 or 1; `also` are the taps, with what else stands
    /// outside.
    fn part<V: Vector, const WIDE: usize>(
        taps: [V; WIDE],
        also: [V; WIDE],
        first: V,
    ) -> Self::Part<V>;
    /// The part in a row outside the plane.
    fn outside<V: Vector, const WIDE: usize>(first: V) -> Self::Part<V>;
    /// Stores the outputs of row `i` from column `at` on.
    fn put<V: Vector, const HIGH: usize, const WIDE: usize>(
        &mut self,
        parts: [Self::Part<V>; HIGH],
        i: usize,
        at: usize,
    );
}

/// Maxima and winners of the rows from `first` on.
struct Maxima<'a> {
    y: &'a mut [f32],
    winners: &'a mut [u8],
    columns: usize,
    first: usize,
}

impl Fold for Maxima<'_> {
    const OUTSIDE: f32 = f32::NEG_INFINITY;
    /// The first of the largest, or the last NaN, and its tap.
    type Part<V: Vector> = (V, V);

    #[inline(always)]
    fn part<V: Vector, const WIDE: usize>(taps: [V; WIDE], _: [V; WIDE], first: V) -> (V, V) {
        best_of(taps, first)
    }

    #[inline(always)]
    fn outside<V: Vector, const WIDE: usize>(first: V) -> (V, V) {
        // Nothing but −∞ gives the first cell: that is in the next row if this one lies above.
        (V::splat(Self::OUTSIDE), first.add(V::splat(WIDE as f32)))
    }

    #[inline(always)]
    fn put<V: Vector, const HIGH: usize, const WIDE: usize>(
        &mut self,
        parts: [(V, V); HIGH],
        i: usize,
        at: usize,
    ) {
        let best = best_of_rows::<V, HIGH, WIDE>(parts);
        let row = (i - self.first) * self.columns;
        store_up_to(best.0, &mut self.y[row..][..self.columns], at);
        store_bytes(best.1, &mut self.winners[row..][..self.columns], at);
    }
}

/// The first of the largest, or the last NaN, and its tap.
#[inline(always)]
fn best_of<V: Vector, const WIDE: usize>(taps: [V; WIDE], first: V) -> (V, V) {
    let mut best = (taps[0], first);
    for (tap, &cell) in taps.iter().enumerate().skip(1) {
        best = challenge(best, (cell, V::splat(tap as f32)));
    }
    best
}

/// The sum of the cells of a row.
#[inline(always)]
fn sum_of<V: Vector, const WIDE: usize>(taps: [V; WIDE]) -> V {
    let mut sum = taps[0];
    for &cell in &taps[1..] {
        sum = sum.add(cell);
    }
    sum
}

/// The cell in the lead and its tap, after another had its turn.
#[inline(always)]
fn challenge<V: Vector>(best: (V, V), (cell, tap): (V, V)) -> (V, V) {
    let wins = cell.beats(best.0);
    (V::select(wins, cell, best.0), V::select(wins, tap, best.1))
}

/// Means of the rows from `first` on.
struct Means<'a> {
    y: &'a mut [f32],
    /// Factors of the divisors.
    divisors: [&'a [f32]; 2],
    columns: usize,
    first: usize,
}

impl Fold for Means<'_> {
    const OUTSIDE: f32 = 0.0;
    type Part<V: Vector> = V;

    #[inline(always)]
    fn part<V: Vector, const WIDE: usize>(taps: [V; WIDE], _: [V; WIDE], _: V) -> V {
        sum_of(taps)
    }

    #[inline(always)]
    fn outside<V: Vector, const WIDE: usize>(_: V) -> V {
        V::splat(Self::OUTSIDE)
    }

    #[inline(always)]
    fn put<V: Vector, const HIGH: usize, const WIDE: usize>(
        &mut self,
        parts: [V; HIGH],
        i: usize,
        at: usize,
    ) {
        let mean = mean_of_rows(parts, self.divisors, i, at);
        let row = (i - self.first) * self.columns;
        store_up_to(mean, &mut self.y[row..][..self.columns], at);
    }
}

/// Maxima, winners and means of the rows from `first` on.
struct Blends<'a> {
    outputs: Outputs<'a>,
    /// Factors of the divisors.
    divisors: [&'a [f32]; 2],
    first: usize,
}

impl Fold for Blends<'_> {
    const OUTSIDE: f32 = f32::NEG_INFINITY;
    const ALSO: f32 = 0.0;
    /// As of maxima and of means.
    type Part<V: Vector> = (V, V, V);

    #[inline(always)]
    fn part<V: Vector, const WIDE: usize>(taps: [V; WIDE], also: [V; WIDE], first: V) -> (V, V, V) {
        let (best, winner) = best_of(taps, first);
        (best, winner, sum_of(also))
    }

    #[inline(always)]
    fn outside<V: Vector, const WIDE: usize>(first: V) -> (V, V, V) {
        let (best, winner) = Maxima::outside::<V, WIDE>(first);
        (best, winner, V::splat(Self::ALSO))
    }

    #[inline(always)]
    fn put<V: Vector, const HIGH: usize, const WIDE: usize>(
        &mut self,
        parts: [(V, V, V); HIGH],
        i: usize,
        at: usize,
    ) {
        let best = best_of_rows::<V, HIGH, WIDE>(parts.map(|(best, tap, _)| (best, tap)));
        let mean = mean_of_rows(parts.map(|(.., sum)| sum), self.divisors, i, at);
        self.outputs.put(best, mean, [i - self.first, at]);
    }
}

/// The largest of the rows' largest, and its offset.
#[inline(always)]
fn best_of_rows<V: Vector, const HIGH: usize, const WIDE: usize>(parts: [(V, V); HIGH]) -> (V, V) {
    let mut best = parts[0];
    for (u, (cell, tap)) in parts.into_iter().enumerate().skip(1) {
        best = challenge(best, (cell, tap.add(V::splat((u * WIDE) as f32))));
    }
    best
}

/// The mean of windows in row `i` from the sums of their rows.
#[inline(always)]
fn mean_of_rows<V: Vector, const HIGH: usize>(
    parts: [V; HIGH],
    [of_rows, of_columns]: [&[f32]; 2],
    i: usize,
    at: usize,
) -> V {
    // A sum that begins with zero is never −0.
    let mut sum = V::splat(0.0);
    for part in parts {
        sum = sum.add(part);
    }
    sum.div(V::splat(of_rows[i]).mul(load(of_columns, at)))
}

/// Maxima of the output rows from `first` on.
pub(super) struct MaxOfFew<'a> {
    pub(super) x: &'a [f32],
    pub(super) maps: Maps<'a>,
    pub(super) sizes: Sizes,
    pub(super) few: Few,
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
    pub(super) winners: &'a mut [u8],
}

impl Kernel for MaxOfFew<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, maps, sizes, few, first, y, winners } = self;
        let columns = sizes.output[1];
        for (plane, rows, start) in by_plane(first, y.len() / columns, sizes.output[0]) {
            let (x, c) = (Sizes::plane(sizes.input, x, plane), plane % sizes.channels);
            let (start, first) = (start * columns, rows.start);
            let (y, winners) = (&mut y[start..], &mut winners[start..]);
            let fold = &mut Maxima { y, winners, columns, first };
            match maps {
                Maps::Plain => few.fold::<V, _>(x, sizes, rows, fold),
                Maps::Rectified => few.fold_nine::<V, _>(x, sizes, rows, Rectified, fold),
                Maps::Normalized { scale, shift } => {
                    let map = Normalized { scale: scale[c], shift: shift[c] };
                    few.fold_nine::<V, _>(x, sizes, rows, map, fold);
                }
            }
        }
    }
}

/// Means of the output rows from `first` on.
pub(super) struct MeanOfFew<'a> {
    pub(super) x: &'a [f32],
    pub(super) sizes: Sizes,
    pub(super) few: Few,
    /// Factors of the divisors.
    pub(super) divisors: [&'a [f32]; 2],
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
}

impl Kernel for MeanOfFew<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, sizes, few, divisors, first, y } = self;
        let columns = sizes.output[1];
        for (plane, rows, start) in by_plane(first, y.len() / columns, sizes.output[0]) {
            let x = Sizes::plane(sizes.input, x, plane);
            let (y, first) = (&mut y[start * columns..], rows.start);
            let fold = &mut Means { y, divisors, columns, first };
            few.fold::<V, _>(x, sizes, rows, fold);
        }
    }
}

/// Blended maxima and means of one task.
pub(super) struct BlendOfFew<'a> {
    pub(super) task: Task<'a>,
    pub(super) few: Few,
}

impl Kernel for BlendOfFew<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { task, few } = self;
        let (sizes, divisors) = (task.sizes, task.divisors);
        for (x, rows, outputs) in task.planes() {
            let fold = &mut Blends { outputs, divisors, first: rows.start };
            few.fold::<V, _>(x, sizes, rows, fold);
        }
    }
}
