//! What pooling does to one plane, without branches in the inner loops.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::Windows;
use crate::simd::{Kernel, Vector};

/// `cell` instead of the best one so far if it is larger or NaN.
#[inline(always)]
fn challenge((best, winner): (f32, u32), cell: f32, offset: u32) -> (f32, u32) {
    let wins = cell > best || cell.is_nan();
    (if wins { cell } else { best }, if wins { offset } else { winner })
}

/// Outputs that are computed together; [`Max`] takes whole groups.
pub(super) const GROUP: usize = 32;
/// The winner of a window in which nothing is larger than −∞.
pub(super) const NOBODY: u8 = u8::MAX;

/// The maximum of every window over one sheet, where tap `k` of output `q` lies at `starts[k] + q`.
pub(super) struct Max<'a> {
    pub(super) sheet: &'a [f32],
    pub(super) starts: &'a [usize],
    pub(super) best: &'a mut [f32],
    pub(super) winners: &'a mut [u8],
}

impl Kernel for Max<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { sheet, starts, best, winners } = self;
        let groups = best.as_chunks_mut::<GROUP>().0.iter_mut();
        for (group, (best, winners)) in groups.zip(winners.as_chunks_mut::<GROUP>().0).enumerate() {
            let mut leading = [f32::NEG_INFINITY; GROUP];
            let mut offsets = [u32::from(NOBODY); GROUP];
            for (offset, start) in starts.iter().enumerate() {
                let cells = &sheet[start + group * GROUP..][..GROUP];
                for ((best, winner), &cell) in leading.iter_mut().zip(&mut offsets).zip(cells) {
                    (*best, *winner) = challenge((*best, *winner), cell, offset as u32);
                }
            }
            *best = leading;
            for (winner, offset) in winners.iter_mut().zip(offsets) {
                *winner = offset as u8;
            }
        }
    }
}

/// [`Max`] of windows of 2x2 cells that tile the plane.
pub(super) struct QuarterMax<'a> {
    pub(super) x: &'a [f32],
    pub(super) width: usize,
    pub(super) y: &'a mut [f32],
    pub(super) winners: &'a mut [u8],
    pub(super) columns: usize,
}

impl Kernel for QuarterMax<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, width, y, winners, columns } = self;
        let outputs = y.chunks_exact_mut(columns).zip(winners.chunks_exact_mut(columns));
        for (two, (y, winners)) in x.chunks_exact(2 * width).zip(outputs) {
            let (above, below) = (two[..width].as_chunks::<2>().0, two[width..].as_chunks::<2>().0);
            for (((y, winner), above), below) in y.iter_mut().zip(winners).zip(above).zip(below) {
                let mut best = challenge((above[0], 0), above[1], 1);
                best = challenge(best, below[0], 2);
                best = challenge(best, below[1], 3);
                (*y, *winner) = (best.0, best.1 as u8);
            }
        }
    }
}

/// `∂y` to the winners of a plane of zeros.
pub(super) struct MaxBack<'a> {
    pub(super) dy: &'a [f32],
    pub(super) winners: &'a [u8],
    pub(super) dx: &'a mut [f32],
    pub(super) at: &'a Windows,
    /// How far each offset of a window lies behind its first cell in a plane.
    pub(super) places: &'a [usize; 256],
}

impl Kernel for MaxBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { dy, winners, dx, at, places } = self;
        let ([_, width], [_, columns], window) = (at.input(), at.output(), at.window());
        let border = window.before[0] * width + window.before[1];
        dx.fill(0.0);
        let rows = dy.chunks_exact(columns).zip(winners.chunks_exact(columns));
        for (i, (dy, winners)) in rows.enumerate() {
            let start = i * window.stride[0] * width;
            for (j, (&dy, &winner)) in dy.iter().zip(winners).enumerate() {
                let place = start + j * window.stride[1] + places[usize::from(winner)];
                dx[place - border] += dy;
            }
        }
    }
}

/// [`MaxBack`] for [`QuarterMax`].
pub(super) struct QuarterMaxBack<'a> {
    pub(super) dy: &'a [f32],
    pub(super) winners: &'a [u8],
    pub(super) dx: &'a mut [f32],
    pub(super) width: usize,
    pub(super) columns: usize,
}

impl Kernel for QuarterMaxBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { dy, winners, dx, width, columns } = self;
        let (covered, below) = dx.split_at_mut(dy.len() / columns * 2 * width);
        below.fill(0.0);
        let rows = dy.chunks_exact(columns).zip(winners.chunks_exact(columns));
        for (two, (dy, winners)) in covered.chunks_exact_mut(2 * width).zip(rows) {
            let (above, below) = two.split_at_mut(width);
            for (row, first) in [(above, 0), (below, 2)] {
                let (row, rest) = row.split_at_mut(2 * columns);
                for ((cells, &dy), &winner) in
                    row.as_chunks_mut::<2>().0.iter_mut().zip(dy).zip(winners)
                {
                    cells[0] = if winner == first { dy } else { 0.0 };
                    cells[1] = if winner == first + 1 { dy } else { 0.0 };
                }
                rest.fill(0.0);
            }
        }
    }
}

/// The divisor of output `(i, j)` is `rows[i] · columns[j]`.
#[derive(Clone, Copy)]
pub(super) struct Divisors<'a> {
    pub(super) rows: &'a [f32],
    pub(super) columns: &'a [f32],
}

/// Every element of a plane divided.
pub(super) struct Divide<'a> {
    pub(super) from: &'a [f32],
    pub(super) into: &'a mut [f32],
    pub(super) divisors: Divisors<'a>,
}

impl Kernel for Divide<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { from, into, divisors } = self;
        let width = divisors.columns.len();
        let rows = into.chunks_exact_mut(width).zip(from.chunks_exact(width));
        for ((into, from), of_row) in rows.zip(divisors.rows) {
            for ((into, from), of_column) in into.iter_mut().zip(from).zip(divisors.columns) {
                *into = from / (of_row * of_column);
            }
        }
    }
}

/// Averages of windows of 2x2 cells that tile the plane.
pub(super) struct QuarterAvg<'a> {
    pub(super) x: &'a [f32],
    pub(super) width: usize,
    pub(super) y: &'a mut [f32],
    pub(super) columns: usize,
    pub(super) divisor: f32,
}

impl Kernel for QuarterAvg<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, width, y, columns, divisor } = self;
        for (two, y) in x.chunks_exact(2 * width).zip(y.chunks_exact_mut(columns)) {
            let (above, below) = (two[..width].as_chunks::<2>().0, two[width..].as_chunks::<2>().0);
            for ((y, above), below) in y.iter_mut().zip(above).zip(below) {
                *y = (above[0] + above[1] + below[0] + below[1]) / divisor;
            }
        }
    }
}

/// The gradient of [`QuarterAvg`].
pub(super) struct QuarterAvgBack<'a> {
    pub(super) dy: &'a [f32],
    pub(super) dx: &'a mut [f32],
    pub(super) width: usize,
    pub(super) columns: usize,
    pub(super) divisor: f32,
}

impl Kernel for QuarterAvgBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { dy, dx, width, columns, divisor } = self;
        let (covered, below) = dx.split_at_mut(dy.len() / columns * 2 * width);
        below.fill(0.0);
        for (two, dy) in covered.chunks_exact_mut(2 * width).zip(dy.chunks_exact(columns)) {
            let (above, below) = two.split_at_mut(width);
            for row in [above, below] {
                let (row, rest) = row.split_at_mut(2 * columns);
                for (cells, &dy) in row.as_chunks_mut::<2>().0.iter_mut().zip(dy) {
                    *cells = [dy / divisor; 2];
                }
                rest.fill(0.0);
            }
        }
    }
}
