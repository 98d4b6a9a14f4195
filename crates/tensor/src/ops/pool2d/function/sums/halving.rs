//! Windows that halve the plane: of 2x2 cells, or of 3x3 cells that begin one cell before it.
//!
//! Two rows of cells at a time are dealt out in registers, mapped, and added up along the windows. The
//! windows of the next row find what they share with these in a row of sums.
//!
//! The output of a window is a long chain of operations on its sums. So outputs wait for a block of rows:
//! registers that do not wait for each other are computed one after another.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::super::fast::TOGETHER;
use super::super::plan::{Plan, halving, pair};
use super::SumFunction;
use crate::Windows;
use crate::simd::{Many, Vector, WIDEST, load, load_up_to, store, store_up_to};

/// Rows of inputs whose terms are held.
const ROWS: usize = 4;
/// Most rows of windows in a block.
const BLOCK: usize = 8;

/// The geometry of one plane.
pub(super) struct Halving {
    at: Windows,
    /// 2 or 3.
    pub(super) side: usize,
    /// Numbers of a row of windows, with zeros behind them.
    width: usize,
    /// Rows of windows in a block: of wide planes few, as there are many registers in a row.
    block: usize,
}

/// What the functions of a formula look at.
pub(super) struct How<'a, F, V> {
    pub(super) function: &'a F,
    pub(super) plan: &'a Plan,
    pub(super) params: &'a [Many<V>],
}

impl<F, V> Clone for How<'_, F, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, V> Copy for How<'_, F, V> {}

impl Halving {
    /// `None` for other windows.
    pub(super) fn new(at: &Windows) -> Option<Self> {
        let side = halving(at)?;
        let columns = at.output()[1].max(at.input()[1].div_ceil(2));
        let width = columns.next_multiple_of(WIDEST) + WIDEST;
        let block = (BLOCK * WIDEST / (width - WIDEST)).clamp(1, BLOCK);
        Some(Self { at: *at, side, width, block })
    }

    /// Numbers that the outputs of `sums` sums need.
    pub(super) fn held(&self, sums: usize) -> usize {
        (1 + self.block) * sums * self.width
    }

    /// Numbers that the gradients of so many sums need.
    pub(super) fn pulled(&self, sums: usize, pulls: usize) -> usize {
        (sums + ROWS * 2 * sums + 2 * pulls) * self.width
    }

    /// Row `r` of every plane: nothing where it lies outside.
    #[inline(always)]
    fn row<'p, const MAPS: usize>(&self, planes: [&'p [f32]; MAPS], r: usize) -> [&'p [f32]; MAPS] {
        let [height, width] = self.at.input();
        let mut rows: [&[f32]; MAPS] = [&[]; MAPS];
        if r < height {
            for (row, plane) in rows.iter_mut().zip(planes) {
                *row = &plane[r * width..][..width];
            }
        }
        rows
    }

    /// The outputs of one plane.
    #[inline(always)]
    pub(super) fn totals<
        V: Vector,
        F,
        const MAPS: usize,
        const SUMS: usize,
        const PULLS: usize,
        const SIDE: usize,
    >(
        &self,
        How { function, plan, params }: How<'_, F, V>,
        planes: [&[f32]; MAPS],
        numbers: &mut [f32],
        y: &mut [f32],
    ) where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let ([rows, columns], zero) = (self.at.output(), Many(V::splat(0.0)));
        let (above, kept) = numbers.split_at_mut(PULLS * self.width);
        above.fill(0.0);
        for start in (0..rows).step_by(self.block) {
            let block = start..rows.min(start + self.block);
            for i in block.clone() {
                let [top, bottom] = [self.row(planes, 2 * i), self.row(planes, 2 * i + 1)];
                let mut before = [[zero; SUMS]; 2];
                for at in (0..columns).step_by(V::LANES) {
                    let upper = terms::<V, F, MAPS, SUMS, PULLS>(function, params, top, at);
                    let lower = terms::<V, F, MAPS, SUMS, PULLS>(function, params, bottom, at);
                    let sums: [_; PULLS] =
                        self.of_windows::<V, SUMS, PULLS, SIDE>([upper, lower], before, above, at);
                    before = [upper[1], lower[1]];
                    for (nth, sum) in sums.into_iter().enumerate() {
                        store(sum.0, kept, ((i - start) * PULLS + nth) * self.width + at);
                    }
                }
            }
            for i in block {
                let y = &mut y[i * columns..][..columns];
                for at in (0..columns).step_by(V::LANES) {
                    let mut sums = [zero; PULLS];
                    for (nth, sum) in sums.iter_mut().enumerate() {
                        *sum = Many(load(kept, ((i - start) * PULLS + nth) * self.width + at));
                    }
                    store_up_to(function.total(params, sums, plan.divisor(i, at)).0, y, at);
                }
            }
        }
    }

    /// The gradients of one plane, and those of the parameters, which are added to `sums`.
    #[inline(always)]
    pub(super) fn pull<
        V: Vector,
        F,
        const MAPS: usize,
        const SUMS: usize,
        const PULLS: usize,
        const SIDE: usize,
    >(
        &self,
        how: How<'_, F, V>,
        (planes, dy): ([&[f32]; MAPS], &[f32]),
        (contributions, totals): (&mut [Many<V>], &mut [Many<V>]),
        numbers: &mut [f32],
        dx: &mut [&mut [f32]; MAPS],
        sums: &mut [f64],
    ) where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let How { function, plan, params } = how;
        let ([height, width], [rows, columns]) = (self.at.input(), self.at.output());
        let zero = Many(V::splat(0.0));
        numbers.fill(0.0);
        let (above, numbers) = numbers.split_at_mut(SUMS * self.width);
        let (held, given) = numbers.split_at_mut(ROWS * 2 * SUMS * self.width);
        for i in 0..rows {
            let dy = &dy[i * columns..][..columns];
            let [top, bottom] = [self.row(planes, 2 * i), self.row(planes, 2 * i + 1)];
            let mut before = [[zero; SUMS]; 2];
            for at in (0..self.width - WIDEST).step_by(V::LANES) {
                let upper = terms::<V, F, MAPS, SUMS, PULLS>(function, params, top, at);
                let lower = terms::<V, F, MAPS, SUMS, PULLS>(function, params, bottom, at);
                self.put::<V, SUMS>(upper, held, 2 * i, at);
                self.put::<V, SUMS>(lower, held, 2 * i + 1, at);
                let of_windows: [_; SUMS] =
                    self.of_windows::<V, SUMS, SUMS, SIDE>([upper, lower], before, above, at);
                before = [upper[1], lower[1]];
                if at >= columns {
                    continue;
                }
                let count = V::LANES.min(columns - at);
                contributions.fill(zero);
                let (divisor, dy) = (plan.divisor(i, at), Many(load_up_to(dy, at)));
                let pulled = function.pull(params, of_windows, divisor, dy, contributions);
                for (nth, pulled) in pulled.into_iter().enumerate() {
                    let place = (2 * nth + i % 2) * self.width + at;
                    store(first(pulled, count).0, given, place);
                }
                for (total, &more) in totals.iter_mut().zip(&*contributions) {
                    *total = *total + first(more, count);
                }
            }
            if i % TOGETHER == TOGETHER - 1 || i + 1 == rows {
                for (sum, total) in sums.iter_mut().zip(totals.iter_mut()) {
                    *sum += f64::from(total.0.sum());
                    *total = zero;
                }
            }
            let (both, this) = (Given::Both, Given::One(i % 2));
            if SIDE == 3 && i > 0 {
                let row = 2 * i - 1;
                self.cells::<V, F, MAPS, SUMS, PULLS, SIDE>(
                    how,
                    planes,
                    (held, given),
                    (row, both),
                    dx,
                );
            }
            self.cells::<V, F, MAPS, SUMS, PULLS, SIDE>(
                how,
                planes,
                (held, given),
                (2 * i, this),
                dx,
            );
            if SIDE == 2 || i + 1 == rows {
                let row = 2 * i + 1;
                self.cells::<V, F, MAPS, SUMS, PULLS, SIDE>(
                    how,
                    planes,
                    (held, given),
                    (row, this),
                    dx,
                );
            }
        }
        for dx in dx.iter_mut() {
            dx[(2 * rows).min(height) * width..].fill(0.0);
        }
    }

    /// The first `COUNT` sums of the windows from `at` on, of the terms of their two rows and of what lies `before` these. With
    /// three rows `above` has the sums of the row that they share with the windows above, and takes those for the windows
    /// below.
    #[inline(always)]
    fn of_windows<V: Vector, const SUMS: usize, const COUNT: usize, const SIDE: usize>(
        &self,
        [upper, lower]: [[[Many<V>; SUMS]; 2]; 2],
        before: [[Many<V>; SUMS]; 2],
        above: &mut [f32],
        at: usize,
    ) -> [Many<V>; COUNT] {
        let mut sums = [Many(V::splat(0.0)); COUNT];
        for (nth, sum) in sums.iter_mut().enumerate() {
            let upper = added::<V, SIDE>([upper[0][nth], upper[1][nth]], before[0][nth]);
            let lower = added::<V, SIDE>([lower[0][nth], lower[1][nth]], before[1][nth]);
            *sum = upper + lower;
            if SIDE == 3 {
                let place = nth * self.width + at;
                *sum = Many(load(above, place)) + *sum;
                store(lower.0, above, place);
            }
        }
        sums
    }

    /// Where terms of row `r` lie, of one sum and phase.
    #[inline(always)]
    fn place(&self, sums: usize, r: usize, nth: usize, phase: usize) -> usize {
        ((r % ROWS * 2 + phase) * sums + nth) * self.width
    }

    #[inline(always)]
    fn put<V: Vector, const SUMS: usize>(
        &self,
        terms: [[Many<V>; SUMS]; 2],
        held: &mut [f32],
        r: usize,
        at: usize,
    ) {
        for (phase, terms) in terms.into_iter().enumerate() {
            for (nth, term) in terms.into_iter().enumerate() {
                store(term.0, held, self.place(SUMS, r, nth, phase) + at);
            }
        }
    }

    /// The gradients of row `r` of the cells.
    #[inline(always)]
    fn cells<
        V: Vector,
        F,
        const MAPS: usize,
        const SUMS: usize,
        const PULLS: usize,
        const SIDE: usize,
    >(
        &self,
        How { function, params, .. }: How<'_, F, V>,
        planes: [&[f32]; MAPS],
        (held, given): (&[f32], &[f32]),
        (r, from): (usize, Given),
        dx: &mut [&mut [f32]; MAPS],
    ) where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let ([height, width], zero) = (self.at.input(), Many(V::splat(0.0)));
        if r >= height {
            return;
        }
        let rows = self.row(planes, r);
        for at in (0..width.div_ceil(2)).step_by(V::LANES) {
            let mut pulled = [[zero; PULLS]; 2];
            for nth in 0..PULLS {
                let here = from.sum::<V>(&given[2 * nth * self.width..][..2 * self.width], at);
                pulled[0][nth] = here;
                pulled[1][nth] = here;
                if SIDE == 3 {
                    let given = &given[2 * nth * self.width..][..2 * self.width];
                    pulled[1][nth] = here + from.sum::<V>(given, at + 1);
                }
            }
            let cells = cells_at::<V, MAPS>(rows, at);
            let mut gradients = [[zero; MAPS]; 2];
            for (phase, gradients) in gradients.iter_mut().enumerate() {
                let mut terms = [zero; SUMS];
                for (nth, term) in terms.iter_mut().enumerate() {
                    *term = Many(load(held, self.place(SUMS, r, nth, phase) + at));
                }
                *gradients = function.cell(params, cells[phase], terms, pulled[phase]);
            }
            let [evens, odds] = gradients;
            for ((dx, even), odd) in dx.iter_mut().zip(evens).zip(odds) {
                let dx = &mut dx[r * width..][..width];
                let (first, next) = even.0.weave(odd.0);
                store_up_to(first, dx, 2 * at);
                if 2 * at + V::LANES < width {
                    store_up_to(next, dx, 2 * at + V::LANES);
                }
            }
        }
    }
}

/// Which rows of windows give: both that are held, or one of them.
#[derive(Clone, Copy)]
enum Given {
    Both,
    One(usize),
}

impl Given {
    #[inline(always)]
    fn sum<V: Vector>(self, rows: &[f32], at: usize) -> Many<V> {
        let width = rows.len() / 2;
        match self {
            Self::Both => Many(load(rows, at)) + Many(load(rows, width + at)),
            Self::One(nth) => Many(load(rows, nth * width + at)),
        }
    }
}

/// The even and the odd cells over the windows from `at` on.
#[inline(always)]
fn cells_at<V: Vector, const MAPS: usize>(rows: [&[f32]; MAPS], at: usize) -> [[Many<V>; MAPS]; 2] {
    let zero = Many(V::splat(0.0));
    let mut cells = [[zero; MAPS]; 2];
    for (map, row) in rows.into_iter().enumerate() {
        let (even, odd) = pair::<V>(row, at);
        (cells[0][map], cells[1][map]) = (Many(even), Many(odd));
    }
    cells
}

/// The terms of the even and the odd cells, with zeros beyond the end of the row.
#[inline(always)]
fn terms<V: Vector, F, const MAPS: usize, const SUMS: usize, const PULLS: usize>(
    function: &F,
    params: &[Many<V>],
    rows: [&[f32]; MAPS],
    at: usize,
) -> [[Many<V>; SUMS]; 2]
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    let [even, odd] = cells_at::<V, MAPS>(rows, at);
    let mut terms = [function.terms(params, even), function.terms(params, odd)];
    let width = rows[0].len();
    if 2 * (at + V::LANES) > width {
        for (phase, terms) in terms.iter_mut().enumerate() {
            let count = (width + 1 - phase) / 2;
            for term in terms.iter_mut() {
                *term = first(*term, count.saturating_sub(at).min(V::LANES));
            }
        }
    }
    terms
}

/// The sums of windows along a row, and what lies before the first of them.
#[inline(always)]
fn added<V: Vector, const SIDE: usize>([even, odd]: [Many<V>; 2], before: Many<V>) -> Many<V> {
    if SIDE == 3 { Many(odd.0.after(before.0)) + even + odd } else { even + odd }
}

/// The first `count` lanes, then zeros.
#[inline(always)]
fn first<V: Vector>(numbers: Many<V>, count: usize) -> Many<V> {
    if count == V::LANES { numbers } else { Many(numbers.0.first_or(count, V::splat(0.0))) }
}
