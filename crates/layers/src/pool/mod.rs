//! Everything that can stand where a pooling layer stands: pools, and what replaces or removes them.
//!
//! # Conventions
//!
//! They are PyTorch's, since people compare with it. Among equal maxima the first in row-major order
//! wins and gets the whole gradient; a NaN in a window makes its output NaN; padding is −∞ for a
//! maximum; `stride` defaults to `kernel_size`; padding is at most half of the kernel's span. A
//! window is fitted once, and the forward and backward pass read that one geometry.

use cenote_spec::Kind;
use cenote_tensor::Window;

use crate::{Error, LayerSpec};

mod avg;
mod decimate;
mod global_avg;
mod identity;
mod max;

/// What a model file may put where a pooling layer would stand.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] =
    &[max::KIND, avg::KIND, decimate::KIND, identity::KIND, global_avg::KIND];

/// PyTorch's bound: with more padding a window could lie wholly outside the input.
fn check_padding(kind: &'static str, window: Window) -> Result<Window, Error> {
    let (padding, span) = (window.before, window.span());
    match (0..2).find(|&axis| padding[axis] > span[axis] / 2) {
        None => Ok(window),
        Some(axis) => Err(Error::Setting {
            kind,
            name: "padding",
            got: padding[axis].to_string(),
            expected: format!(
                "at most {}, half of the window's span {}",
                span[axis] / 2,
                span[axis]
            ),
        }),
    }
}
