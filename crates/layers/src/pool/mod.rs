//! Everything that can stand where a pooling layer stands: pools, and what replaces or removes them.
//!
//! # Conventions
//!
//! They are PyTorch's, since people compare with it. Among equal maxima the first in row-major order
//! wins and gets the whole gradient; a NaN in a window makes its output NaN; padding is −∞ for a
//! maximum; `stride` defaults to `kernel_size`; padding is at most half of the kernel's span. A
//! window is fitted once, and the forward and backward pass read that one geometry.

use cenote_autograd::Var;
use cenote_spec::Kind;
use cenote_tensor::{Window, Windows};

use crate::{Error, LayerSpec};

mod avg;
mod decimate;
mod global_avg;
mod identity;
mod max;
mod windowed;

pub(crate) use max::max_windows;

/// What a model file may put where a pooling layer would stand.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] =
    &[max::KIND, avg::KIND, decimate::KIND, identity::KIND, global_avg::KIND];

/// A pool whose windows slide over each channel by itself.
trait Pool: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// The kind that model files name.
    const NAME: &'static str;

    /// The window that slides; an error where another setting is out of range.
    fn window(&self) -> Result<Window, Error>;

    /// Operations of the forward pass for one output, in a window of `area` cells.
    fn operations(&self, area: usize) -> usize;

    /// The output for a batch, over windows that fit it.
    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t>;
}
