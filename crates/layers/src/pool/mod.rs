//! Everything that can stand where a pooling layer stands: pools, and what replaces or removes them.
//!
//! # Conventions
//!
//! They are PyTorch's, since people compare with it. Among equal maxima the first in row-major order
//! wins and gets the whole gradient; a NaN in a window makes its output NaN; padding is −∞ for a
//! maximum; `stride` defaults to `kernel_size`; padding is at most half of the kernel's span. A
//! window is fitted once, and the forward and backward pass read that one geometry.
//!
//! Pools that `PyTorch` does not have leave cells outside the input out: they have no weight, no rank and
//! no odds, and do not count in a mean. Where a pool is the maximum and the mean together, its mean counts
//! padding as `avg_pool` does. Every pool that is a formula over a window keeps its input for the backward
//! pass, and nothing else of that size.

use cenote_autograd::Var;
use cenote_spec::Kind;
use cenote_tensor::{Window, Windows};

use crate::{Error, LayerSpec};

mod adaptive;
mod adaptive_avg;
mod adaptive_max;
mod aps_pool;
mod attention_pool;
mod avg;
mod blend;
mod blur;
mod blur_pool;
mod boxes;
mod conv_blur;
mod convolved;
mod decimate;
mod detail_preserving;
mod dilate;
mod draws;
mod flc_pool;
mod formula;
mod fractional_max_pool;
mod gated;
mod gem;
mod global_avg;
mod global_max;
mod identity;
mod lip;
mod log_sum_exp;
mod lp;
mod max;
mod max_avg;
mod max_blur_pool;
mod max_unpool;
mod median;
mod mixed;
mod ordinal;
mod parameters;
mod planes;
mod power;
mod raise_stride;
mod random;
mod rank;
mod ranked;
mod regional;
mod resampled;
mod roi_align;
mod roi_pool;
mod s3_pool;
mod same_avg;
mod same_max;
mod settings;
mod soft;
mod space_to_depth;
mod space_to_depth_conv;
mod spatial_pyramid_pool;
mod spectral;
mod spectral_pool;
mod stochastic;
mod strided_conv;
mod subsample;
mod tree;
#[cfg(test)]
mod ways;
mod windowed;

pub(crate) use max::max_windows;
pub use max_unpool::max_unpool;
pub(crate) use resampled::resampled;
pub use roi_align::roi_align;
pub use roi_pool::roi_pool;

/// What a model file may put where a pooling layer would stand.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[
    max::KIND,
    avg::KIND,
    decimate::KIND,
    identity::KIND,
    global_avg::KIND,
    max_avg::KIND,
    mixed::KIND,
    gated::KIND,
    tree::KIND,
    lp::KIND,
    gem::KIND,
    log_sum_exp::KIND,
    soft::KIND,
    lip::KIND,
    stochastic::KIND,
    random::KIND,
    ordinal::KIND,
    median::KIND,
    rank::KIND,
    subsample::KIND,
    detail_preserving::KIND,
    global_max::KIND,
    adaptive_avg::KIND,
    adaptive_max::KIND,
    same_max::KIND,
    same_avg::KIND,
    blur_pool::KIND,
    max_blur_pool::KIND,
    conv_blur::KIND,
    space_to_depth::KIND,
    space_to_depth_conv::KIND,
    aps_pool::KIND,
    fractional_max_pool::KIND,
    s3_pool::KIND,
    spectral_pool::KIND,
    flc_pool::KIND,
    spatial_pyramid_pool::KIND,
    attention_pool::KIND,
    strided_conv::KIND,
    raise_stride::KIND,
    dilate::KIND,
    max_unpool::KIND,
    roi_pool::KIND,
    roi_align::KIND,
];

/// A pool whose windows slide over each channel by itself.
trait Pool: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// The kind that model files name.
    const NAME: &'static str;

    /// Whether the forward pass reads every geometry of its windows, so that behind a removed layer
    /// their cells may lie farther apart.
    const DILATES: bool = false;

    /// The window that slides; an error where another setting is out of range.
    fn window(&self) -> Result<Window, Error>;

    /// Operations of the forward pass for one output, in a window of `area` cells.
    fn operations(&self, area: usize) -> usize;

    /// The output for a batch, over windows that fit it.
    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t>;
}
