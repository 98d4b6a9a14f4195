//! What cells receive from small windows whose winners are known, on small planes.
//!
//! A cell looks at the windows that it lies in, in row-major order, and asks each whether its winner
//! lies here. Columns that lie at the same offsets of neighbouring windows make a register. Where
//! windows overlap, that is quicker than to look up every winner.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::simd::{Addends, Addition, Vector, WIDEST, load_bytes, load_up_to, store_up_to};
use crate::{Window, Windows};

/// Cells of the largest windows, and of the largest planes.
const WINDOW: usize = 9;
const PLANE: usize = 1 << 14;

/// What is made of the windows whose winner is one cell.
pub(super) trait Receive: Copy {
    /// What a cell has received, after the next window whose winner may lie here gives.
    fn receive<V: Vector>(self, sum: V, here: V::Mask, given: V) -> V;
}

/// The sum of what they give.
#[derive(Clone, Copy)]
pub(super) struct All;

impl Receive for All {
    #[inline(always)]
    fn receive<V: Vector>(self, sum: V, here: V::Mask, given: V) -> V {
        sum.add_where(here, given)
    }
}

/// What the last of them gives.
#[derive(Clone, Copy)]
pub(super) struct Last;

impl Receive for Last {
    #[inline(always)]
    fn receive<V: Vector>(self, sum: V, here: V::Mask, given: V) -> V {
        V::select(here, given, sum)
    }
}

/// Where windows and cells find each other.
pub(super) struct Marked {
    at: Windows,
    /// Numbers of a row of windows, and before the first of them.
    width: usize,
    border: usize,
    /// For every row of inputs, and in it for every phase of columns, where the windows over its first
    /// cell are.
    over: Addends,
    /// For each of these the offset of the cell in the window.
    taps: Vec<f32>,
}

impl Marked {
    /// `None` for windows or planes that are too large.
    pub(super) fn new(at: &Windows) -> Option<Self> {
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let ([height, width], [rows, columns]) = (at.input(), at.output());
        if at.window().area() > WINDOW || stride[1] > 2 || height * width > PLANE {
            return None;
        }
        let border = (kernel[1] - 1) * dilation[1] / stride[1];
        let across = |e: usize| {
            let (phase, base) = ((e + before[1]) % stride[1], (e + before[1]) / stride[1]);
            let taps =
                (0..kernel[1]).rev().filter(move |tap| tap * dilation[1] % stride[1] == phase);
            taps.map(move |tap| (tap, border + base - tap * dilation[1] / stride[1]))
        };
        let last = (0..stride[1]).flat_map(across).map(|(_, at)| at).max().unwrap_or(0);
        let reach = last + width.div_ceil(stride[1]).next_multiple_of(WIDEST);
        let row = reach.max(border + columns.next_multiple_of(WIDEST)) + WIDEST;
        let down = |r: usize| {
            (0..kernel[0]).rev().filter_map(move |tap| {
                let from = (r + before[0]).checked_sub(tap * dilation[0])?;
                let nth = from / stride[0];
                (from.is_multiple_of(stride[0]) && nth < rows).then_some((tap, nth * row))
            })
        };
        let phases = (0..height).flat_map(|r| (0..stride[1]).map(move |e| (r, e)));
        let lists: Vec<Vec<(usize, usize)>> = phases
            .map(|(r, e)| {
                let each =
                    down(r).flat_map(|(u, row)| across(e).map(move |(v, at)| (u, v, row + at)));
                each.map(|(u, v, place)| (u * kernel[1] + v, place)).collect()
            })
            .collect();
        let taps = lists.iter().flatten().map(|&(tap, _)| tap as f32).collect();
        let over =
            Addends::new(lists.iter().map(|list| list.iter().map(|&(_, place)| place).collect()));
        Some(Self { at: *at, width: row, border, over, taps })
    }

    /// Numbers that [`Marked::plane`] needs to work with.
    pub(super) fn room(&self) -> usize {
        2 * self.at.output()[0] * self.width
    }

    /// Writes zeros, and marks that are no offset, around what windows leave.
    pub(super) fn clear(&self, numbers: &mut [f32]) {
        let (marks, given) = numbers.split_at_mut(self.room() / 2);
        marks.fill(-1.0);
        given.fill(0.0);
    }

    /// What the cells of a plane receive, into `dx`. The room was cleared, and has been used for these
    /// windows only.
    #[inline(always)]
    pub(super) fn plane<V: Vector>(
        &self,
        (given, winners): (&[f32], &[u8]),
        receive: impl Receive,
        numbers: &mut [f32],
        dx: &mut [f32],
    ) {
        let ([_, width], [_, columns]) = (self.at.input(), self.at.output());
        let (marks, held) = numbers.split_at_mut(self.room() / 2);
        let rows = given.chunks_exact(columns).zip(winners.chunks_exact(columns));
        let into = marks.chunks_exact_mut(self.width).zip(held.chunks_exact_mut(self.width));
        for ((given, winners), (marks, held)) in rows.zip(into) {
            let (marks, held) =
                (&mut marks[self.border..][..columns], &mut held[self.border..][..columns]);
            for at in (0..columns).step_by(V::LANES) {
                // The last register reaches back over what its neighbour has copied.
                let at = at.min(columns.saturating_sub(V::LANES));
                store_up_to(load_bytes::<V>(winners, at), marks, at);
                store_up_to(load_up_to::<V>(given, at), held, at);
            }
        }
        let stride = self.at.window().stride[1];
        for (r, dx) in dx.chunks_exact_mut(width).enumerate() {
            let evens = self.over.list(stride * r);
            if stride == 1 {
                for at in (0..width).step_by(V::LANES) {
                    store_up_to(self.cells::<V>(evens, (marks, held), receive, at), dx, at);
                }
                continue;
            }
            let odds = self.over.list(stride * r + 1);
            for at in (0..width.div_ceil(2)).step_by(V::LANES) {
                let even = self.cells::<V>(evens, (marks, held), receive, at);
                let odd = self.cells::<V>(odds, (marks, held), receive, at);
                let (first, next) = even.weave(odd);
                store_up_to(first, dx, 2 * at);
                if 2 * at + V::LANES < width {
                    store_up_to(next, dx, 2 * at + V::LANES);
                }
            }
        }
    }

    /// What a register of cells receives.
    #[inline(always)]
    fn cells<V: Vector>(
        &self,
        over: Addition<'_>,
        (marks, held): (&[f32], &[f32]),
        receive: impl Receive,
        at: usize,
    ) -> V {
        let mut sum = V::splat(0.0);
        for (nth, tap) in over.of(&self.taps).iter().enumerate() {
            let here = over.one::<V>(nth, marks, at).equals(V::splat(*tap));
            sum = receive.receive(sum, here, over.one::<V>(nth, held, at));
        }
        sum
    }
}
