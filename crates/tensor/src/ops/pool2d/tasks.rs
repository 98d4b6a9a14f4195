//! Rows of outputs that may lie in several planes: what one task does.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::gather::Gathering;
use super::map::{Map, Maps, Normalized, Plain, Rectified};
use super::quarter;
use super::ring::Ring;
use crate::Windows;
use crate::simd::{Kernel, Vector};

/// Planes of one tensor, row after row.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) channels: usize,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
}

impl Sizes {
    pub(super) fn of(at: &Windows, channels: usize) -> Self {
        Self { channels, input: at.input(), output: at.output() }
    }

    pub(super) fn plane([rows, columns]: [usize; 2], values: &[f32], nth: usize) -> &[f32] {
        &values[nth * rows * columns..][..rows * columns]
    }

    /// Width of an input row and of an output row.
    pub(super) fn widths(self) -> [usize; 2] {
        [self.input[1], self.output[1]]
    }

    /// The rows of inputs over the rows `rows` of outputs of 2x2 windows, in their plane.
    pub(super) fn over(self, rows: &Range<usize>) -> Range<usize> {
        2 * rows.start * self.input[1]..2 * rows.end * self.input[1]
    }
}

/// Rows of planes of `per_plane` rows, from row `first` of all on: each plane with its rows, and
/// where they begin among those asked for.
pub(super) fn by_plane(
    first: usize,
    count: usize,
    per_plane: usize,
) -> impl Iterator<Item = (usize, Range<usize>, usize)> {
    (first / per_plane..(first + count).div_ceil(per_plane)).map(move |plane| {
        let start = first.max(plane * per_plane);
        let end = (first + count).min((plane + 1) * per_plane);
        (plane, start - plane * per_plane..end - plane * per_plane, start - first)
    })
}

/// Maxima of the output rows from `first` on.
pub(super) struct Max<'a> {
    pub(super) x: &'a [f32],
    pub(super) maps: Maps<'a>,
    pub(super) sizes: Sizes,
    /// `None` for 2x2 windows that tile the plane.
    pub(super) gathering: Option<&'a Gathering>,
    /// Room for its rows.
    pub(super) numbers: &'a mut [f32],
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
    pub(super) winners: &'a mut [u8],
}

impl Kernel for Max<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, maps, sizes, gathering, numbers, first, y, winners } = self;
        let columns = sizes.output[1];
        let mut ring = gathering.map(|of| Ring::new(numbers, of.slot(), f32::NEG_INFINITY));
        for (plane, rows, start) in by_plane(first, y.len() / columns, sizes.output[0]) {
            let outputs = start * columns..(start + rows.len()) * columns;
            let one = Plane {
                x: Sizes::plane(sizes.input, x, plane),
                sizes,
                rows,
                window: gathering.zip(ring.as_mut()),
                y: &mut y[outputs.clone()],
                winners: &mut winners[outputs],
            };
            let c = plane % sizes.channels;
            match maps {
                Maps::Plain => one.max::<V>(Plain),
                Maps::Rectified => one.max::<V>(Rectified),
                Maps::Normalized { scale, shift } => {
                    one.max::<V>(Normalized { scale: scale[c], shift: shift[c] });
                }
            }
        }
    }
}

/// Rows of one plane.
struct Plane<'a, 'r> {
    x: &'a [f32],
    sizes: Sizes,
    rows: Range<usize>,
    window: Option<(&'a Gathering, &'a mut Ring<'r>)>,
    y: &'a mut [f32],
    winners: &'a mut [u8],
}

impl Plane<'_, '_> {
    #[inline(always)]
    fn max<V: Vector>(self, map: impl Map) {
        let Self { x, sizes, rows, window, y, winners } = self;
        match window {
            Some((gathering, ring)) => gathering.max::<V>(x, rows, ring, map, (y, winners)),
            None => quarter::max::<V>(&x[sizes.over(&rows)], sizes.widths(), map, y, winners),
        }
    }
}

/// Means of the output rows from `first` on.
pub(super) struct Mean<'a> {
    pub(super) x: &'a [f32],
    pub(super) sizes: Sizes,
    /// `None` for 2x2 windows that tile the plane.
    pub(super) gathering: Option<&'a Gathering>,
    /// Room for its rows.
    pub(super) numbers: &'a mut [f32],
    /// Factors of the divisors.
    pub(super) divisors: [&'a [f32]; 2],
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
}

impl Kernel for Mean<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, sizes, gathering, numbers, divisors, first, y } = self;
        let columns = sizes.output[1];
        let mut ring = gathering.map(|of| Ring::new(numbers, of.slot(), 0.0));
        for (plane, rows, start) in by_plane(first, y.len() / columns, sizes.output[0]) {
            let x = Sizes::plane(sizes.input, x, plane);
            let y = &mut y[start * columns..(start + rows.len()) * columns];
            if let Some((gathering, ring)) = gathering.zip(ring.as_mut()) {
                gathering.mean::<V>(x, rows, ring, divisors, y);
            } else {
                // Every window is whole, so all divisors are the same.
                let divisor = divisors[0][0] * divisors[1][0];
                quarter::mean::<V>(&x[sizes.over(&rows)], sizes.widths(), divisor, y);
            }
        }
    }
}
