//! Pooling: one number for every window of every plane.
//!
//! Conventions are PyTorch's. Padding is −∞ for the maximum: it never wins. The first maximum in
//! row-major order takes the gradient; a NaN in the window makes the output NaN and the last NaN
//! takes the gradient; a window of nothing but −∞ gives −∞ and its first cell the gradient. A
//! window without any cell inside the input gives −∞ (maximum) or 0 (average) and passes nothing
//! back.

mod avg;
#[cfg(not(cenote_f64))]
mod axis;
#[cfg(not(cenote_f64))]
mod back;
mod blend;
#[cfg(not(cenote_f64))]
mod fast;
#[cfg(not(cenote_f64))]
mod few;
#[cfg(not(cenote_f64))]
mod few_back;
mod function;
#[cfg(not(cenote_f64))]
mod gather;
mod global;
#[cfg(not(cenote_f64))]
mod map;
#[cfg(not(cenote_f64))]
mod marked;
mod max;
#[cfg(not(cenote_f64))]
mod placing;
#[cfg(not(cenote_f64))]
mod quarter;
mod rectified;
mod reference;
mod resampled;
#[cfg(not(cenote_f64))]
mod ring;
#[cfg(not(cenote_f64))]
mod spread;
#[cfg(not(cenote_f64))]
mod tasks;
mod unpool;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use avg::{Divisor, avg_pool, avg_pool_backward};
#[cfg(not(cenote_f64))]
pub(crate) use back::MaxGradient;
pub use blend::{Blend, Blended, blend_share_backward};
#[cfg(not(cenote_f64))]
pub(crate) use fast::normalized_max_pool;
pub use function::{
    Cells, Choice, Gradient, PairChoice, Pulled, SumFunction, WindowFunction, choose, choose_pair,
    choose_pair_backward, pool, pool_backward, pool_sums, pool_sums_backward,
};
pub use global::{global_avg_pool, global_avg_pool_backward};
pub use max::{Argmax, max_pool, max_pool_backward};
pub use rectified::{relu_max_pool, relu_max_pool_backward};
pub use resampled::{max_resampled, max_resampled_backward};
pub use unpool::{max_unpool, max_unpool_backward, max_unpool_own_backward};
