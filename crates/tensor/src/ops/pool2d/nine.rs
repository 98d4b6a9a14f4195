//! Windows of 3x3 cells that begin where the plane does, or one cell before.
//!
//! A register of outputs walks down its columns. Three cells of a row make one part of its windows,
//! and the next windows look at that part again: it stays in registers. The cell before the first
//! comes out of the register of the cells that follow, so that nothing is copied on the way.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::{Range, RangeInclusive};

use super::map::{Map, Maps, Normalized, Plain, Rectified};
use super::tasks::{Sizes, by_plane};
use crate::simd::{Kernel, Vector, load, load_dealt, load_up_to, store_bytes, store_up_to};
use crate::{Rounding, Window, Windows};

/// Rows of windows that a register walks down before its neighbour does. Of wide planes there are few,
/// so that the rows are read and written as streams; of narrow planes many, as each walk begins with a
/// row that another has already looked at.
const TALL: RangeInclusive<usize> = 3..=8;
/// Numbers of a plane that are close at hand.
const NEAR: usize = 1 << 13;

/// How the windows lie.
#[derive(Clone, Copy)]
pub(super) struct Nine {
    /// 1 or 2.
    pub(super) stride: usize,
    /// Rows and columns before the plane, 0 or 1.
    pub(super) before: [usize; 2],
}

impl Nine {
    /// `None` for windows of another kind.
    pub(super) fn of(at: &Windows) -> Option<Self> {
        let Window { stride: [stride, _], before, after, .. } = at.window();
        let window = Window { before, after, ..Window::new([3, 3], [stride; 2]) };
        let same = at.window().rounded(Rounding::Floor) == window.rounded(Rounding::Floor);
        let known = same && matches!(stride, 1 | 2) && before.into_iter().all(|before| before < 2);
        known.then_some(Self { stride, before })
    }

    /// Rows of windows on planes of `width` columns that a register walks down.
    pub(super) fn tall(self, width: usize) -> usize {
        (NEAR / (self.stride * width)).clamp(*TALL.start(), *TALL.end())
    }

    /// Folds the windows of the output rows `rows` of a plane.
    #[inline(always)]
    fn fold<V: Vector, F: Fold>(
        self,
        plane: &[f32],
        sizes: Sizes,
        rows: Range<usize>,
        map: impl Map,
        fold: &mut F,
    ) {
        if self.stride == 1 {
            self.blocks::<V, F, 1>(plane, sizes, rows, map, fold);
        } else {
            self.blocks::<V, F, 2>(plane, sizes, rows, map, fold);
        }
    }

    #[inline(always)]
    fn blocks<V: Vector, F: Fold, const STRIDE: usize>(
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
                if middle + STRIDE * V::LANES + 2 - STRIDE <= width {
                    strip.walk::<V, F, STRIDE, false>(block.clone(), map, fold);
                } else {
                    strip.walk::<V, F, STRIDE, true>(block.clone(), map, fold);
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
    /// The first column of outputs, and the column of inputs in the middle of its window.
    at: usize,
    middle: usize,
}

impl Strip<'_> {
    /// `EDGE` where a window may reach over the right edge.
    #[inline(always)]
    fn walk<V: Vector, F: Fold, const STRIDE: usize, const EDGE: bool>(
        self,
        rows: Range<usize>,
        map: impl Map,
        fold: &mut F,
    ) {
        let border = if self.middle == 0 { 1.0 } else { 0.0 };
        let first = V::splat(0.0).after(V::splat(border));
        let above = rows.start * STRIDE;
        let mut part = self.part::<V, F, STRIDE, EDGE>(above, first, map);
        if STRIDE == 1 {
            let mut next = self.part::<V, F, STRIDE, EDGE>(above + 1, first, map);
            for i in rows {
                let last = self.part::<V, F, STRIDE, EDGE>(i + 2, first, map);
                fold.put::<V>([part, next, last], i, self.at);
                (part, next) = (next, last);
            }
        } else {
            for i in rows {
                let next = self.part::<V, F, STRIDE, EDGE>(STRIDE * i + 1, first, map);
                let last = self.part::<V, F, STRIDE, EDGE>(STRIDE * i + 2, first, map);
                fold.put::<V>([part, next, last], i, self.at);
                part = last;
            }
        }
    }

    /// What the windows have in row `row` of the padded plane.
    #[inline(always)]
    fn part<V: Vector, F: Fold, const STRIDE: usize, const EDGE: bool>(
        self,
        row: usize,
        first: V,
        map: impl Map,
    ) -> F::Part<V> {
        let start = row.wrapping_sub(self.before).wrapping_mul(self.width);
        if row < self.before || start >= self.plane.len() {
            return F::outside(first);
        }
        let row = &self.plane[start..][..self.width];
        let outside = V::splat(F::OUTSIDE);
        let before = match self.middle {
            0 => outside,
            middle => map.lanes(V::splat(row[middle - 1])),
        };
        let cells = |at: usize| {
            if EDGE {
                let rest = &row[at.min(row.len())..];
                let cells = map.lanes(load_up_to::<V>(rest, 0));
                cells.first_or(rest.len().min(V::LANES), outside)
            } else {
                map.lanes(load(row, at))
            }
        };
        let taps = if STRIDE == 1 {
            let middle = cells(self.middle);
            [middle.after(before), middle, cells(self.middle + 1)]
        } else {
            let (middle, last) = if EDGE {
                cells(self.middle).deal(cells(self.middle + V::LANES))
            } else {
                let (middle, last) = load_dealt(row, self.middle);
                (map.lanes(middle), map.lanes(last))
            };
            [last.after(before), middle, last]
        };
        F::part(taps, first)
    }
}

/// What is made of nine cells.
trait Fold {
    /// A cell outside the plane.
    const OUTSIDE: f32;
    /// Three cells of one row.
    type Part<V: Vector>: Copy;

    /// `first` is the first tap inside the plane, 0 or 1.
    fn part<V: Vector>(taps: [V; 3], first: V) -> Self::Part<V>;
    /// The part in a row outside the plane.
    fn outside<V: Vector>(first: V) -> Self::Part<V>;
    /// Stores the outputs of row `i` from column `at` on.
    fn put<V: Vector>(&mut self, parts: [Self::Part<V>; 3], i: usize, at: usize);
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
    fn part<V: Vector>([left, middle, right]: [V; 3], first: V) -> (V, V) {
        let best = challenge((left, first), (middle, V::splat(1.0)));
        challenge(best, (right, V::splat(2.0)))
    }

    #[inline(always)]
    fn outside<V: Vector>(first: V) -> (V, V) {
        // Nothing but −∞ gives the first cell: that is in the next row if this one lies above.
        (V::splat(Self::OUTSIDE), first.add(V::splat(3.0)))
    }

    #[inline(always)]
    fn put<V: Vector>(&mut self, [above, middle, below]: [(V, V); 3], i: usize, at: usize) {
        let best = challenge(above, (middle.0, middle.1.add(V::splat(3.0))));
        let best = challenge(best, (below.0, below.1.add(V::splat(6.0))));
        let row = (i - self.first) * self.columns;
        store_up_to(best.0, &mut self.y[row..][..self.columns], at);
        store_bytes(best.1, &mut self.winners[row..][..self.columns], at);
    }
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
    fn part<V: Vector>([left, middle, right]: [V; 3], _: V) -> V {
        left.add(middle).add(right)
    }

    #[inline(always)]
    fn outside<V: Vector>(_: V) -> V {
        V::splat(Self::OUTSIDE)
    }

    #[inline(always)]
    fn put<V: Vector>(&mut self, [above, middle, below]: [V; 3], i: usize, at: usize) {
        let [of_rows, of_columns] = self.divisors;
        let divisor = V::splat(of_rows[i]).mul(load(of_columns, at));
        // A sum that begins with zero is never −0.
        let sum = V::splat(0.0).add(above).add(middle).add(below);
        let row = (i - self.first) * self.columns;
        store_up_to(sum.div(divisor), &mut self.y[row..][..self.columns], at);
    }
}

/// Maxima of the output rows from `first` on.
pub(super) struct MaxOfNine<'a> {
    pub(super) x: &'a [f32],
    pub(super) maps: Maps<'a>,
    pub(super) sizes: Sizes,
    pub(super) nine: Nine,
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
    pub(super) winners: &'a mut [u8],
}

impl Kernel for MaxOfNine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, maps, sizes, nine, first, y, winners } = self;
        let columns = sizes.output[1];
        for (plane, rows, start) in by_plane(first, y.len() / columns, sizes.output[0]) {
            let (x, c) = (Sizes::plane(sizes.input, x, plane), plane % sizes.channels);
            let (start, first) = (start * columns, rows.start);
            let (y, winners) = (&mut y[start..], &mut winners[start..]);
            let fold = &mut Maxima { y, winners, columns, first };
            match maps {
                Maps::Plain => nine.fold::<V, _>(x, sizes, rows, Plain, fold),
                Maps::Rectified => nine.fold::<V, _>(x, sizes, rows, Rectified, fold),
                Maps::Normalized { scale, shift } => {
                    let map = Normalized { scale: scale[c], shift: shift[c] };
                    nine.fold::<V, _>(x, sizes, rows, map, fold);
                }
            }
        }
    }
}

/// Means of the output rows from `first` on.
pub(super) struct MeanOfNine<'a> {
    pub(super) x: &'a [f32],
    pub(super) sizes: Sizes,
    pub(super) nine: Nine,
    /// Factors of the divisors.
    pub(super) divisors: [&'a [f32]; 2],
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
}

impl Kernel for MeanOfNine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, sizes, nine, divisors, first, y } = self;
        let columns = sizes.output[1];
        for (plane, rows, start) in by_plane(first, y.len() / columns, sizes.output[0]) {
            let x = Sizes::plane(sizes.input, x, plane);
            let (y, first) = (&mut y[start * columns..], rows.start);
            let fold = &mut Means { y, divisors, columns, first };
            nine.fold::<V, _>(x, sizes, rows, Plain, fold);
        }
    }
}
