//! Winograd's convolution of small kernels, on the vectors of this process.
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
//! At stride 2 a tile needs `2M + 1` inputs, and some of its `A · A` frequencies have one weight in
//! common (see [`transforms`]): there are `W · W` weights. Its transpose, for the gradient of the input,
//! goes from `M + 1` gradients to `2M`.
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
    /// Of sums over many tiles, as gradients of weights are, it would be too far off.
    ThreeOfFive,
    TwoOfFive,
    TwoOfThree,
    /// Four outputs of three taps at stride 2.
    Halving,
    /// Eight gradients of the inputs of [`Form::Halving`].
    Doubling,
}

impl Form {
    /// Rows (and columns) of the outputs of a tile.
    pub(crate) fn tile(self) -> usize {
        match self {
            Self::Doubling => 8,
            Self::FourOfThree | Self::Halving => 4,
            Self::ThreeOfFive => 3,
            Self::TwoOfFive | Self::TwoOfThree => 2,
        }
    }

    /// Rows (and columns) of the kernel.
    pub(crate) fn taps(self) -> usize {
        match self {
            Self::ThreeOfFive | Self::TwoOfFive => 5,
            Self::FourOfThree | Self::TwoOfThree | Self::Halving | Self::Doubling => 3,
        }
    }

    /// Rows and columns of tiles over an output.
    pub(crate) fn tiles(self, output: [usize; 2]) -> [usize; 2] {
        output.map(|size| size.div_ceil(self.tile()))
    }

    /// Inputs from the first of one tile to the first of the next.
    pub(crate) fn step(self) -> usize {
        match self {
            Self::Halving => 2 * self.tile(),
            Self::Doubling => self.tile() / 2,
            _ => self.tile(),
        }
    }

    /// Rows (and columns) of the inputs of a tile.
    fn window(self) -> usize {
        match self {
            Self::Halving | Self::Doubling => self.step() + 1,
            _ => self.tile() + self.taps() - 1,
        }
    }

    /// Multiplications along an axis.
    fn side(self) -> usize {
        match self {
            Self::Halving | Self::Doubling => 9,
            _ => self.window(),
        }
    }

    /// Number of frequencies: multiplications of a tile.
    pub(crate) fn frequencies(self) -> usize {
        self.side().pow(2)
    }

    /// Number of transformed weights: frequencies may have one in common.
    fn weights(self) -> usize {
        match self {
            Self::Halving | Self::Doubling => 36,
            _ => self.frequencies(),
        }
    }
}

/// Which of `W · W` transformed weights frequency `f` of `A · A` has: along an axis the last ones share.
#[inline(always)]
fn weight<const A: usize, const W: usize>(f: usize) -> usize {
    (f / A).min(W - 1) * W + (f % A).min(W - 1)
}

/// Calls a function with the transform of a form and its numbers along an axis: inputs of a tile,
/// frequencies, outputs, taps, transformed weights. Arms behind the call take the place of the last two.
macro_rules! with_form {
    ($form:expr, $call:ident::<$V:ident>($($argument:expr),*)) => {
        with_form!(
            $form,
            $call::<$V>($($argument),*),
            Form::Doubling => $call::<$V, Doubling, 5, 9, 8, 3, 6>($($argument),*)
        )
    };
    (
        $form:expr, $call:ident::<$V:ident>($($argument:expr),*), $($other:pat => $value:expr),+
    ) => {
        match $form {
            Form::FourOfThree => $call::<$V, FourOfThree, 6, 6, 4, 3, 6>($($argument),*),
            Form::ThreeOfFive => $call::<$V, ThreeOfFive, 7, 7, 3, 5, 7>($($argument),*),
            Form::TwoOfFive => $call::<$V, TwoOfFive, 6, 6, 2, 5, 6>($($argument),*),
            Form::TwoOfThree => $call::<$V, TwoOfThree, 4, 4, 2, 3, 4>($($argument),*),
            Form::Halving => $call::<$V, Halving, 9, 9, 4, 3, 6>($($argument),*),
            $($other => $value),+
        }
    };
}
use with_form;

/// A convolution, fitted.
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
        self.form.tiles(self.output)
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
