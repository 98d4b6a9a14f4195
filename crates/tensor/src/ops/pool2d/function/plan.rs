//! Where registers of neighbouring windows find their cells.
//!
//! A plane is dealt out by the stride of the columns, with a border where windows reach over the
//! edge: then the cells at one offset of neighbouring windows lie side by side.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::super::axis::axes;
use super::super::map::Plain;
use super::super::ring::Dealt;
use super::super::{Divisor, fast::divisors};
use super::Cells;
use crate::simd::{Many, Vector, WIDEST, load};
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
    /// Whether no window reaches over an edge.
    whole: bool,
    divisors: [Vec<f32>; 2],
}

/// The side of windows whose size is not known beforehand.
const ANY: usize = 0;

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
        let whole = (0..2)
            .all(|axis| (0..at.output()[axis]).all(|o| at.taps(axis, o).count() == kernel[axis]));
        let divisors = divisors(&axes, divisor);
        Some(Self { at: *at, dealt, starts: starts.collect(), inside, reach, whole, divisors })
    }

    /// Numbers that a plane takes when it is dealt out.
    pub(super) fn sheet(&self) -> usize {
        self.at.input()[0] * self.dealt.slot()
    }

    /// The divisors of a register of outputs.
    #[inline(always)]
    pub(super) fn divisor<V: Vector>(&self, row: usize, at: usize) -> Many<V> {
        Many(V::splat(self.divisors[0][row]).mul(load(&self.divisors[1], at)))
    }

    /// Shows the cells of every window of planes, which are dealt out into `sheets`.
    #[inline(always)]
    pub(super) fn sweep<V: Vector, const MAPS: usize>(
        &self,
        planes: [&[f32]; MAPS],
        sheets: &mut [f32],
        visitor: &mut impl Visitor<V, MAPS>,
    ) {
        let (slot, width) = (self.dealt.slot(), self.at.input()[1]);
        for (plane, sheet) in planes.iter().zip(sheets.chunks_exact_mut(self.sheet())) {
            for (row, slot) in plane.chunks_exact(width).zip(sheet.chunks_exact_mut(slot)) {
                self.dealt.deal::<V>(row, slot, Plain);
            }
        }
        match (self.at.window().kernel, self.whole) {
            ([2, 2], true) => self.walk::<V, MAPS, 4, 2, true>(sheets, visitor),
            ([3, 3], _) => self.walk::<V, MAPS, 9, 3, false>(sheets, visitor),
            _ => self.walk::<V, MAPS, LARGEST, ANY, false>(sheets, visitor),
        }
    }

    /// Windows of `SIDE` rows and columns, or of any size.
    #[inline(always)]
    fn walk<
        V: Vector,
        const MAPS: usize,
        const AREA: usize,
        const SIDE: usize,
        const WHOLE: bool,
    >(
        &self,
        sheets: &[f32],
        visitor: &mut impl Visitor<V, MAPS>,
    ) {
        let Window { kernel, stride, before, dilation, .. } = self.at.window();
        let [tall, wide] = if SIDE == ANY { kernel } else { [SIDE; 2] };
        let ([height, _], [rows, columns]) = (self.at.input(), self.at.output());
        let area = tall * wide;
        let zero = V::splat(0.0);
        let (yes, no) = (zero.equals(zero), zero.equals(V::splat(1.0)));
        let mut values = [[Many(zero); AREA]; MAPS];
        let mut room = [[Many(zero); AREA]; MAPS];
        let mut inside = [yes; AREA];
        for row in 0..rows {
            for at in (0..columns).step_by(V::LANES) {
                for u in 0..tall {
                    let r = (row * stride[0] + u * dilation[0]).wrapping_sub(before[0]);
                    // A row outside is read as the first one, and its cells are left out.
                    let slot = if r < height { r * self.dealt.slot() } else { 0 };
                    for v in 0..wide {
                        let k = u * wide + v;
                        if !WHOLE {
                            let ones = load::<V>(&self.inside, v * self.reach + at);
                            inside[k] = if r < height { ones.equals(V::splat(1.0)) } else { no };
                        }
                        for (map, values) in values.iter_mut().enumerate() {
                            let from = map * self.sheet() + slot + self.starts[v] + at;
                            let value = load(sheets, from);
                            values[k] =
                                Many(if WHOLE { value } else { V::select(inside[k], value, zero) });
                        }
                    }
                }
                let cells = Cells {
                    values: values.each_ref().map(|values| &values[..area]),
                    inside: if WHOLE { None } else { Some(&inside[..area]) },
                    divisor: self.divisor(row, at),
                };
                let count = V::LANES.min(columns - at);
                visitor.visit(&cells, Place { row, at, count }, &mut room);
            }
            visitor.end_row(row);
        }
    }
}
