//! Average pooling and what it divides by.

use super::kernels;
use crate::{Tensor, Windows};

/// What the sum over a window is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Divisor {
    /// The cells of the window inside the *padded* input (`count_include_pad = true`).
    #[default]
    CountPadding,
    /// The cells inside the input (`count_include_pad = false`).
    RealCells,
    /// A fixed number (`divisor_override`).
    Fixed(usize),
}

/// The mean of every window: `x` `(N, C, H, W)` to `y` `(N, C, OH, OW)`.
///
/// ```text
/// y[n,c,i,j] = 1/D · Σ { x[n,c,h,w] : (h,w) in the window at (i,j) }     D after `divisor`
/// ```
pub fn avg_pool(x: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    assert_eq!(x.nchw()[2..], at.input(), "avg_pool: x as fitted");
    kernels::avg_pool(x, at, divisor)
}

/// `∂x` of [`avg_pool`]: every cell of a window receives `∂y / D`.
pub fn avg_pool_backward(dy: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    assert_eq!(dy.nchw()[2..], at.output(), "avg_pool: dy as fitted");
    kernels::avg_pool_backward(dy, at, divisor)
}
