//! Winograd's convolution of small kernels at stride 1, on the vectors of this process.
//!
//! A tile of `M · M` outputs needs `A · A` inputs, `A = M + R − 1` for a kernel of `R · R` taps. With
//! the transforms of [`transforms`] along both axes:
//!
//! ```text
//! Y  = Aᵀ [ Σ_c (G g Gᵀ) ∘ (Bᵀ d B) ] A                      forward; ∘ element by element
//! dg = Gᵀ [ Σ_tiles (A dY Aᵀ) ∘ (Bᵀ d B) ] G                  weight gradient
//! ```
//!
//! For each of the `A · A` elements ("frequencies") the sum over channels or tiles is a matrix
//! product. `F(4, 3)` multiplies a quarter as often as the plain convolution.
//!
//! The lanes of a register are channels. Maps are turned into that layout while they are copied into
//! a zero-bordered buffer, so a tile may begin anywhere and no plane size wastes lanes:
//!
//! ```text
//! padded      [row][column][lane]                      one block of LANES channels of one image
//! transformed [frequency][channel block][tile][lane]
//! ```
//!
//! A cell of the padding is multiplied like any other, and a tile mixes its inputs: an infinite or
//! undefined number reaches all outputs of the tiles that contain it, not only those under its taps.

mod forward;
mod maps;
mod products;
mod transforms;
mod weight_gradient;
mod weights;

pub(crate) use forward::Forward;
pub(crate) use weight_gradient::{WeightGradient, WeightSums};
pub(crate) use weights::{Pack, Weights};

use std::ops::Range;

use super::{Kernel, Vector, dispatch};

/// One of the algorithms, by outputs and taps of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    FourOfThree,
    TwoOfFive,
    TwoOfThree,
}

impl Form {
    /// Rows (and columns) of the outputs of a tile.
    pub(crate) fn tile(self) -> usize {
        match self {
            Self::FourOfThree => 4,
            Self::TwoOfFive | Self::TwoOfThree => 2,
        }
    }

    /// Rows (and columns) of the kernel.
    pub(crate) fn taps(self) -> usize {
        match self {
            Self::FourOfThree | Self::TwoOfThree => 3,
            Self::TwoOfFive => 5,
        }
    }

    /// Number of frequencies.
    fn frequencies(self) -> usize {
        (self.tile() + self.taps() - 1).pow(2)
    }
}

/// Runs `$body` with `$A`, `$M`, `$R` and the transform `$T` of a form.
macro_rules! with_form {
    ($form:expr, $call:ident::<$V:ident>($($argument:expr),*)) => {
        match $form {
            Form::FourOfThree => $call::<$V, FourOfThree, 6, 4, 3>($($argument),*),
            Form::TwoOfFive => $call::<$V, TwoOfFive, 6, 2, 5>($($argument),*),
            Form::TwoOfThree => $call::<$V, TwoOfThree, 4, 2, 3>($($argument),*),
        }
    };
}
use with_form;

/// A convolution at stride 1, fitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    pub(crate) form: Form,
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    /// Padding at top and left, at most `taps − 1`.
    pub(crate) before: [usize; 2],
}

impl Geometry {
    /// Rows and columns of tiles over the output.
    pub(crate) fn tiles(&self) -> [usize; 2] {
        self.output.map(|size| size.div_ceil(self.form.tile()))
    }

    /// The rows of outputs that these rows of tiles hold.
    pub(crate) fn output_rows(&self, rows: &Range<usize>) -> Range<usize> {
        let tile = self.form.tile();
        rows.start * tile..(rows.end * tile).min(self.output[0])
    }
}

/// Some rows of tiles of some consecutive images, worked on together.
#[derive(Clone, Debug)]
pub(crate) struct Band {
    pub(crate) images: usize,
    pub(crate) rows: Range<usize>,
}

impl Band {
    /// Number of tiles.
    fn tiles(&self, geometry: &Geometry) -> usize {
        self.images * self.rows.len() * geometry.tiles()[1]
    }
}

/// Numbers in one register of this process.
pub(crate) fn lanes() -> usize {
    struct Lanes;
    impl Kernel for Lanes {
        type Output = usize;

        #[inline(always)]
        fn run<V: Vector>(self) -> usize {
            V::LANES
        }
    }
    dispatch(Lanes)
}

/// Distance between the frequencies of transformed maps: one register more than they take, since
/// equal places of all frequencies would otherwise compete for one set of the cache.
fn pitch(blocks: usize, tiles: usize, lanes: usize) -> usize {
    blocks * tiles * lanes + lanes
}
