//! Where registers of neighbouring windows find their cells.
//!
//! A plane is dealt out by the stride of the columns, with a border where windows reach over the
//! edge: then the cells at one offset of neighbouring windows lie side by side.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::super::axis::axes;
use super::super::map::Plain;
use super::super::ring::{Dealt, some};
use super::super::{Divisor, fast::divisors};
use super::Cells;
use crate::simd::{Many, Vector, WIDEST, load, load_dealt, prefetch_page_behind};
use crate::{Window, Windows};

/// Cells of the largest windows that registers are gathered for.
pub(super) const LARGEST: usize = 64;

pub(super) struct Plan {
    pub(super) at: Windows,
    pub(super) dealt: Dealt,
    /// For every tap of a row where the first output finds it.
    pub(super) starts: Vec<usize>,
    /// For every tap of a row 1 where an output finds it inside the input, else 0.
    inside: Vec<f32>,
    /// Columns of outputs, as far as registers are read.
    reach: usize,
    /// The rows and the columns of outputs whose windows reach over no edge.
    whole: [Range<usize>; 2],
    divisors: [Vec<f32>; 2],
}

/// Where a register of outputs lies.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) row: usize,
    /// The first of the columns.
    pub(super) at: usize,
    /// How many there are.
    pub(super) count: usize,
}

/// What is done with the cells of every register of windows of a plane, in row-major order.
pub(super) trait Visitor<V: Vector, const MAPS: usize> {
    /// Windows have at most `AREA` cells.
    fn visit<const AREA: usize>(
        &mut self,
        cells: &Cells<'_, Many<V>, MAPS>,
        place: Place,
        room: &mut [[Many<V>; AREA]; MAPS],
    );

    /// Called when all registers of a row were visited.
    fn end_row(&mut self, row: usize) {
        let _ = row;
    }
}

impl Plan {
    /// `None` for windows that only the reference knows.
    pub(super) fn new(at: &Windows, divisor: Divisor) -> Option<Self> {
        if at.window().area() > LARGEST {
            return None;
        }
        let axes = axes(at)?;
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let ([_, width], [_, outputs]) = (at.input(), at.output());
        let step = stride[1].cast_signed();
        let place = |tap: usize| (tap * dilation[1]).cast_signed() - before[1].cast_signed();
        let shifts = (0..kernel[1]).map(|tap| place(tap).div_euclid(step));
        let border = shifts.clone().min().unwrap_or(0).min(0).unsigned_abs();
        let furthest = shifts.clone().max().unwrap_or(0).max(0).unsigned_abs() + border;
        let reach = outputs.next_multiple_of(WIDEST);
        let dealt = Dealt::new(stride[1], border, width.div_ceil(stride[1]), furthest + reach);
        let starts = (0..kernel[1]).zip(shifts).map(|(tap, shift)| {
            let phase = place(tap).rem_euclid(step).unsigned_abs();
            phase * dealt.pitch + border.strict_add_signed(shift)
        });
        let mut inside = vec![0.0; kernel[1] * reach];
        for o in 0..outputs {
            for (tap, _) in at.taps(1, o) {
                inside[tap * reach + o] = 1.0;
            }
        }
        let whole = [0, 1].map(|axis| {
            let is_whole = |&o: &usize| at.taps(axis, o).count() == kernel[axis];
            let first = (0..at.output()[axis]).find(is_whole).unwrap_or(0);
            first..first + (first..at.output()[axis]).take_while(is_whole).count()
        });
        let divisors = divisors(&axes, divisor);
        Some(Self { at: *at, dealt, starts: starts.collect(), inside, reach, whole, divisors })
    }

    /// Numbers that a plane takes when it is dealt out, with a row of zeros behind it.
    pub(super) fn sheet(&self) -> usize {
        (self.at.input()[0] + 1) * self.dealt.slot()
    }

    /// The divisors of a register of outputs.
    #[inline(always)]
    pub(super) fn divisor<V: Vector>(&self, row: usize, at: usize) -> Many<V> {
        Many(V::splat(self.divisors[0][row]).mul(load(&self.divisors[1], at)))
    }

    /// Shows the cells of every window of planes, which are dealt out into `sheets`. These hold nothing
    /// but zeros where no cell is put.
    #[inline(always)]
    pub(super) fn sweep<V: Vector, const MAPS: usize>(
        &self,
        planes: [&[f32]; MAPS],
        sheets: &mut [f32],
        visitor: &mut impl Visitor<V, MAPS>,
    ) {
        match halving(&self.at) {
            Some(2) => return self.walk_halving::<V, MAPS, 4, 2>(planes, visitor),
            Some(3) => return self.walk_halving::<V, MAPS, 9, 3>(planes, visitor),
            _ => {}
        }
        let (slot, width) = (self.dealt.slot(), self.at.input()[1]);
        for (plane, sheet) in planes.iter().zip(sheets.chunks_exact_mut(self.sheet())) {
            for (row, slot) in plane.chunks_exact(width).zip(sheet.chunks_exact_mut(slot)) {
                self.dealt.deal::<V>(row, slot, Plain);
            }
        }
        self.walk_any::<V, MAPS>(sheets, visitor);
    }

    /// The row of the sheet under row `u` of the windows in row `row`: that of zeros where it lies
    /// outside the input.
    #[inline(always)]
    fn under(&self, row: usize, u: usize) -> usize {
        let Window { stride, before, dilation, .. } = self.at.window();
        (row * stride[0] + u * dilation[0]).wrapping_sub(before[0]).min(self.at.input()[0])
    }

    /// Windows that [`halving`] knows, straight from the planes.
    #[inline(always)]
    fn walk_halving<V: Vector, const MAPS: usize, const AREA: usize, const SIDE: usize>(
        &self,
        planes: [&[f32]; MAPS],
        visitor: &mut impl Visitor<V, MAPS>,
    ) {
        let ([height, width], [rows, columns]) = (self.at.input(), self.at.output());
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        let no = zero.equals(one);
        for row in 0..rows {
            let mut cells: [[&[f32]; SIDE]; MAPS] = [[&[]; SIDE]; MAPS];
            for (cells, plane) in cells.iter_mut().zip(planes) {
                for (u, cells) in cells.iter_mut().enumerate() {
                    let r = (2 * row + u).wrapping_sub(SIDE - 2);
                    if r < height {
                        *cells = &plane[r * width..][..width];
                        if u > 0 || SIDE == 2 {
                            prefetch_page_behind(cells);
                        }
                    }
                }
            }
            let mut previous = [[zero; SIDE]; MAPS];
            for at in (0..columns).step_by(V::LANES) {
                let mut values = [[Many(zero); AREA]; MAPS];
                let mut room = [[Many(zero); AREA]; MAPS];
                for (values, (cells, previous)) in
                    values.iter_mut().zip(cells.iter().zip(&mut previous))
                {
                    for u in 0..SIDE {
                        let (even, odd) = pair::<V>(cells[u], at);
                        if SIDE == 3 {
                            values[3 * u] = Many(odd.after(previous[u]));
                            previous[u] = odd;
                        }
                        values[SIDE * u + SIDE - 2] = Many(even);
                        values[SIDE * u + SIDE - 1] = Many(odd);
                    }
                }
                let count = V::LANES.min(columns - at);
                let (divisor, place) = (self.divisor(row, at), Place { row, at, count });
                let values = values.each_ref().map(|values| &values[..]);
                let [whole_rows, whole_columns] = &self.whole;
                let whole = whole_rows.contains(&row)
                    && whole_columns.start <= at
                    && at + count <= whole_columns.end;
                if whole {
                    visitor.visit(&Cells { values, inside: None, divisor }, place, &mut room);
                    continue;
                }
                let mut across = [no; SIDE];
                for (v, across) in across.iter_mut().enumerate() {
                    *across = load::<V>(&self.inside, v * self.reach + at).equals(one);
                }
                let mut inside = [no; AREA];
                for u in 0..SIDE {
                    if !cells[0][u].is_empty() {
                        inside[SIDE * u..][..SIDE].copy_from_slice(&across);
                    }
                }
                let inside = Some(&inside[..]);
                visitor.visit(&Cells { values, inside, divisor }, place, &mut room);
            }
            visitor.end_row(row);
        }
    }

    /// Windows of any size up to the largest.
    #[inline(always)]
    fn walk_any<V: Vector, const MAPS: usize>(
        &self,
        sheets: &[f32],
        visitor: &mut impl Visitor<V, MAPS>,
    ) {
        let ([height, _], [rows, columns]) = (self.at.input(), self.at.output());
        let ([tall, wide], area) = (self.at.window().kernel, self.at.window().area());
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        let no = zero.equals(one);
        let mut values = [[Many(zero); LARGEST]; MAPS];
        let mut room = [[Many(zero); LARGEST]; MAPS];
        let mut inside = [no; LARGEST];
        for row in 0..rows {
            for at in (0..columns).step_by(V::LANES) {
                for u in 0..tall {
                    let under = self.under(row, u);
                    for v in 0..wide {
                        let (k, ones) =
                            (u * wide + v, load::<V>(&self.inside, v * self.reach + at));
                        inside[k] = if under < height { ones.equals(one) } else { no };
                        for (map, values) in values.iter_mut().enumerate() {
                            let from = map * self.sheet() + under * self.dealt.slot();
                            values[k] = Many(load(sheets, from + self.starts[v] + at));
                        }
                    }
                }
                let cells = Cells {
                    values: values.each_ref().map(|values| &values[..area]),
                    inside: Some(&inside[..area]),
                    divisor: self.divisor(row, at),
                };
                let count = V::LANES.min(columns - at);
                visitor.visit(&cells, Place { row, at, count }, &mut room);
            }
            visitor.end_row(row);
        }
    }
}

/// The side of windows that halve the plane: of 2x2 cells that do not overlap, or of 3x3 cells that
/// begin one cell before it. `None` for others.
pub(super) fn halving(at: &Windows) -> Option<usize> {
    let Window { kernel, stride, before, after, dilation, .. } = at.window();
    let side = kernel[0];
    let known = matches!(side, 2 | 3)
        && kernel == [side; 2]
        && before == [side - 2; 2]
        && (stride, dilation) == ([2; 2], [1; 2])
        && after.into_iter().all(|after| after < side);
    known.then_some(side)
}

/// The even and the odd cells of a row over the windows from `at` on, with zeros beyond its end.
#[inline(always)]
pub(super) fn pair<V: Vector>(row: &[f32], at: usize) -> (V, V) {
    if 2 * (at + V::LANES) <= row.len() {
        load_dealt(row, 2 * at)
    } else if 2 * at >= row.len() {
        // A masked load from nowhere takes as long as hundreds of others.
        (V::splat(0.0), V::splat(0.0))
    } else {
        some::<V>(row, 2 * at).deal(some(row, 2 * at + V::LANES))
    }
}
