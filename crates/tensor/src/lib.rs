//! Row-major `(N, C, H, W)` arrays, the compute kernels that run on them, and seeded random streams.
//!
//! Everything numeric in cenote rests on this crate. It exists so that the crates above can speak of
//! layers and gradients without thinking about loops, threads or instruction sets.
//!
//! ```
//! use cenote_tensor::{Tensor, Window, max_pool};
//!
//! let x = Tensor::from_vec([1, 1, 2, 4], vec![1.0, 5.0, 2.0, 0.0, 3.0, 4.0, 8.0, 7.0])?;
//! let windows = Window::square(2).fit("max_pool", [2, 4])?;
//! let (y, _) = max_pool(&x, &windows);
//! assert_eq!(y.dims(), [1, 1, 1, 2]);
//! assert_eq!(y.as_slice(), [5.0, 8.0]);
//! # Ok::<(), cenote_tensor::Error>(())
//! ```
//!
//! # What holds everywhere
//!
//! - A [`Tensor`] is contiguous and row-major; cloning it shares the buffer, writing to it un-shares it.
//! - Output sizes are computed in one place, [`Window::fit`], and forward and backward share its result.
//! - Work is split over outputs, never across a sum: the same input gives the same bits for any
//!   number of threads.
//! - A random draw depends on the [`Seed`] and on the *name* of its [`Stream`], not on call order.
//!
//! # What it does not do
//!
//! No gradients are recorded here (that is `cenote-autograd`), no files are read, and there is one
//! device, the CPU. [`Scalar`] is `f32`; built with `--cfg cenote_f64` it is `f64`, which makes
//! gradient checks a million times sharper and runs every kernel by its reference implementation.

mod awake;
mod error;
mod memory;
mod number;
mod ops;
mod pages;
mod probe;
mod random;
mod rehearsal;
mod shape;
mod shelf;
#[cfg(not(cenote_f64))]
mod simd;
mod tensor;
mod window;

pub use awake::awake;
pub use error::Error;
pub use memory::{Usage, changes_so_far, metered, release, traced, used_so_far};
pub use number::Number;
pub use ops::act::{Affine, Squash, relu, relu_backward};
pub use ops::attention::{Attended, Attention, AttentionGradients};
pub use ops::conv2d::{Conv2d, Filter};
pub use ops::matmul::{Matrix, matmul, matmul_into};
pub use ops::norm::{
    Moments, batch_norm_apply, batch_norm_backward, batch_norm_backward_eval, batch_norm_eval,
    batch_norm_relu_backward, batch_norm_relu_max_pool, batch_norm_relu_max_pool_backward,
    batch_norm_train, channel_moments,
};
pub use ops::phases::{
    Norm, Phase, decimate, decimate_backward, space_to_depth, space_to_depth_backward,
    strongest_phase, strongest_phase_backward,
};
pub use ops::pool2d::{
    Argmax, Blend, Blended, Cells, Choice, Divisor, Gradient, PairChoice, Pulled, SumFunction,
    WindowFunction, avg_pool, avg_pool_backward, blend_share_backward, choose, choose_pair,
    choose_pair_backward, global_avg_pool, global_avg_pool_backward, max_pool, max_pool_backward,
    max_resampled, max_resampled_backward, max_unpool, max_unpool_backward,
    max_unpool_own_backward, pool, pool_backward, pool_sums, pool_sums_backward, relu_max_pool,
    relu_max_pool_backward,
};
pub use ops::reduce::sum_over_channels;
pub use ops::regions::{
    Places, Regions, pyramid_max, pyramid_max_backward, region_max, region_max_backward,
    region_max_each,
};
pub use ops::resample::{Axis, Edge, Filter1d, Resampling, Tap, binomial};
pub use ops::roi::{
    Roi, RoiAlign, RoiPool, roi_align, roi_align_backward, roi_pool, roi_pool_backward,
};
pub use ops::spectral::{BandLimit, Taper};
pub use ops::update::update_each;
pub use probe::{multiply_adds, sum, triad};
pub use random::{Seed, Stream};
pub use rehearsal::{Change, Extent, Held, Kind, Rehearsal};
pub use shape::{MAX_RANK, Shape};
pub use tensor::Tensor;
pub use window::{Rounding, Window, Windows};

/// The number every tensor holds: `f32`, or `f64` when built with `--cfg cenote_f64`.
#[cfg(not(cenote_f64))]
pub type Scalar = f32;

/// The number every tensor holds: `f32`, or `f64` when built with `--cfg cenote_f64`.
#[cfg(cenote_f64)]
pub type Scalar = f64;

/// The name of the instruction set that kernels use in this process: `avx512`, `avx2`, `neon` or
/// `portable`; `reference` in a build with `--cfg cenote_f64`, which uses none.
///
/// A result has the same bits wherever this name is the same, and may differ in rounding where it is
/// not, so it belongs into the record of a result.
pub fn instruction_set() -> &'static str {
    #[cfg(cenote_f64)]
    return "reference";
    #[cfg(not(cenote_f64))]
    simd::name()
}
