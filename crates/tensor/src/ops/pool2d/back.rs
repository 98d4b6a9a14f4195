//! Rows of gradients that may lie in several planes: what one task does.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::axis::{axes, is_quarter};
use super::few::Few;
use super::marked::{All, Last, Marked};
use super::max::Offsets;
use super::quarter;
use super::ring::Ring;
use super::spread::{Share, Spreading, scatter};
use super::tasks::{Sizes, by_plane};
use crate::simd::{Kernel, Vector};
use crate::{Argmax, Tensor, Windows};

/// How the inputs of one geometry come by their gradients.
pub(super) enum Way {
    /// From the one 2x2 window that each lies in.
    Tiles,
    /// From the small windows that each lies in.
    Few(Few),
    /// From all windows that each lies in: shares of a mean.
    Spread(Spreading),
    /// From all windows that each lies in: asking for the winner.
    Marked(Marked),
    /// Every maximum looks up its winner.
    Scatter(Windows),
}

impl Way {
    pub(super) fn new(at: &Windows, share: Share) -> Self {
        if is_quarter(at) {
            return Self::Tiles;
        }
        match (Few::of(at), share) {
            (Some(few), _) => Self::Few(few),
            (None, Share::Even(_)) => Self::Spread(Spreading::new(at)),
            (None, _) => Marked::new(at).map_or(Self::Scatter(*at), Self::Marked),
        }
    }

    /// Of how many rows of a plane of `height` the first row of a task must be a multiple.
    pub(super) fn whole(&self, height: usize) -> usize {
        match self {
            // A tile must not be cut: planes of an odd height begin at odd rows of all.
            Self::Tiles if height.is_multiple_of(2) => 2,
            Self::Few(_) | Self::Spread(_) => 1,
            Self::Tiles | Self::Marked(_) | Self::Scatter(_) => height,
        }
    }

    /// Numbers that a task needs for rows of `∂y`.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::Spread(spreading) => spreading.ring(),
            Self::Marked(marked) => marked.room(),
            _ => 0,
        }
    }

    /// The room of a task, ready for its planes.
    pub(super) fn ring<'a>(&self, numbers: &'a mut [f32]) -> Ring<'a> {
        let slot = if let Self::Spread(spreading) = self { spreading.slot() } else { 1 };
        let ring = Ring::new(numbers, slot, 0.0);
        if let Self::Marked(marked) = self {
            marked.clear(ring.numbers);
        }
        ring
    }

    /// The gradient of the input rows `rows` of one plane.
    #[inline(always)]
    pub(super) fn rows<V: Vector>(
        &self,
        dy: &[f32],
        share: Share,
        sizes: Sizes,
        rows: Range<usize>,
        ring: &mut Ring,
        dx: &mut [f32],
    ) {
        match (self, share) {
            (Self::Tiles, _) => tiles::<V>(dy, share, sizes, rows, dx),
            (Self::Few(few), _) => few.back::<V>(dy, share, sizes, rows, dx),
            (Self::Spread(spreading), Share::Even(factors)) => {
                spreading.rows::<V>(dy, factors, rows, ring, dx);
            }
            (Self::Marked(marked), Share::Winner(winners)) => {
                marked.plane::<V>((dy, winners), All, ring.numbers, dx);
            }
            (Self::Marked(marked), Share::Last(winners)) => {
                marked.plane::<V>((dy, winners), Last, ring.numbers, dx);
            }
            (Self::Scatter(at), Share::Winner(winners)) => scatter(dy, winners, at, dx),
            _ => unreachable!(
                "means are spread and maxima looked up, more than one cell only of few"
            ),
        }
    }
}

/// The gradient of the input rows `rows` of one plane: an even number, or the last ones.
#[inline(always)]
fn tiles<V: Vector>(dy: &[f32], share: Share, sizes: Sizes, rows: Range<usize>, dx: &mut [f32]) {
    let [width, columns] = sizes.widths();
    let [start, end] = [rows.start / 2, (rows.end / 2).min(sizes.output[0])];
    let (covered, below) = dx.split_at_mut((end - start.min(end)) * 2 * width);
    below.fill(0.0);
    let outputs = start.min(end) * columns..end * columns;
    match share {
        // Tiles have no cell in common.
        Share::Winner(winners) | Share::Last(winners) => {
            let (dy, winners) = (&dy[outputs.clone()], &winners[outputs]);
            quarter::max_back::<V>(dy, winners, [width, columns], covered);
        }
        Share::Even([of_rows, of_columns]) => {
            let factor = of_rows[0] * of_columns[0];
            quarter::mean_back::<V>(&dy[outputs], [width, columns], factor, covered);
        }
        Share::Halves(pair) => {
            let (dy, pair) = (&dy[outputs.clone()], pair.map(|of| &of[outputs.clone()]));
            quarter::halves_back::<V>(dy, pair, [width, columns], covered);
        }
        Share::Both { winners, factors: [of_rows, of_columns], shares: [a, b] } => {
            let (dy, winners) = (&dy[outputs.clone()], &winners[outputs]);
            let factors = [a[0], b[0] * (of_rows[0] * of_columns[0])];
            quarter::blend_back::<V>(dy, winners, [width, columns], factors, covered);
        }
    }
}

/// Gradients of the input rows from `first` on.
pub(super) struct Back<'a> {
    pub(super) dy: &'a [f32],
    pub(super) share: Share<'a>,
    pub(super) sizes: Sizes,
    pub(super) way: &'a Way,
    /// Room for rows of `∂y`.
    pub(super) numbers: &'a mut [f32],
    pub(super) first: usize,
    pub(super) dx: &'a mut [f32],
}

impl Kernel for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { dy, share, sizes, way, numbers, first, dx } = self;
        let (mut ring, width) = (way.ring(numbers), sizes.input[1]);
        for (plane, rows, start) in by_plane(first, dx.len() / width, sizes.input[0]) {
            let dx = &mut dx[start * width..(start + rows.len()) * width];
            let (dy, share) = (Sizes::plane(sizes.output, dy, plane), share.of(sizes, plane));
            way.rows::<V>(dy, share, sizes, rows, &mut ring, dx);
        }
    }
}

/// The gradient of a maximum pool, for a kernel that works plane by plane.
pub(crate) struct MaxGradient<'a> {
    dy: &'a [f32],
    share: Share<'a>,
    sizes: Sizes,
    way: Way,
}

impl<'a> MaxGradient<'a> {
    /// `None` for windows that only the reference knows.
    pub(crate) fn new(dy: &'a Tensor, argmax: &'a Argmax, at: &Windows) -> Option<Self> {
        let (Some(_), Offsets::Narrow(winners)) = (axes(at), &argmax.0) else { return None };
        let (share, sizes) = (Share::Winner(winners), Sizes::of(at, dy.nchw()[1]));
        Some(Self { dy: dy.as_slice(), share, sizes, way: Way::new(at, share) })
    }

    /// Numbers that [`MaxGradient::plane`] needs to work with.
    pub(crate) fn room(&self) -> usize {
        self.way.room()
    }

    /// The gradient of plane `nth` of all.
    #[inline(always)]
    pub(crate) fn plane<V: Vector>(&self, nth: usize, numbers: &mut [f32], dx: &mut [f32]) {
        let Self { dy, share, sizes, way } = self;
        let (share, sizes, first) = (*share, *sizes, nth * sizes.input[0]);
        Back { dy, share, sizes, way, numbers, first, dx }.run::<V>();
    }
}
