//! Batch normalisation, after Ioffe and Szegedy (2015), arXiv:1502.03167.
//!
//! Every channel is normalised over the batch and over its positions. With `m` values per channel,
//! `μ` and `σ²` their mean and (biased) variance:
//!
//! ```text
//! x̂  = (x − μ) / √(σ² + ε)
//! y  = γ · x̂ + β
//! ∂γ = Σ ∂y · x̂                 ∂β = Σ ∂y
//! ∂x = γ / √(σ² + ε) · (∂y − ∂β / m − x̂ · ∂γ / m)          statistics of this batch
//! ∂x = γ / √(σ² + ε) · ∂y                                  running statistics, constant
//! ```

mod batch_norm;
#[cfg(not(cenote_f64))]
mod fast;
mod rectified;
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use batch_norm::{
    batch_norm_backward, batch_norm_backward_eval, batch_norm_eval, batch_norm_train,
};
pub use rectified::{
    batch_norm_apply, batch_norm_relu_backward, batch_norm_relu_max_pool,
    batch_norm_relu_max_pool_backward, channel_moments,
};

use crate::ops::reduce::wide;
use crate::{Scalar, Tensor};

/// Mean and variance of every channel over one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Mean per channel.
    pub mean: Vec<Scalar>,
    /// Biased variance per channel: the mean squared distance from the mean.
    pub variance: Vec<Scalar>,
    /// Number of values per channel.
    pub count: usize,
}

/// How the values of a channel lie in a tensor `(N, C, …)`.
#[derive(Clone, Copy, Debug)]
struct Layout {
    channels: usize,
    /// Consecutive values of one channel in one image.
    area: usize,
    /// Values of one channel in the batch.
    count: usize,
}

impl Layout {
    fn of(x: &Tensor) -> Self {
        let [batch, channels, ref positions @ ..] = *x.dims() else {
            panic!("batch_norm: x has a batch and a channel axis")
        };
        let area = positions.iter().product();
        Self { channels, area, count: batch * area }
    }

    fn check(self, name: &str, per_channel: usize) {
        assert_eq!(per_channel, self.channels, "batch_norm: one {name} per channel");
    }
}

/// Scale and shift per channel that turn `x` into `γ · x̂ + β`.
fn affine(
    layout: Layout,
    gamma: &Tensor,
    beta: &Tensor,
    [mean, variance]: [&[Scalar]; 2],
    epsilon: Scalar,
) -> (Vec<Scalar>, Vec<Scalar>) {
    layout.check("gamma", gamma.len());
    layout.check("beta", beta.len());
    layout.check("mean", mean.len());
    layout.check("variance", variance.len());
    let statistics = mean.iter().zip(variance);
    let parameters = gamma.as_slice().iter().zip(beta.as_slice());
    parameters
        .zip(statistics)
        .map(|((&gamma, &beta), (&mean, &variance))| {
            let scale = wide(gamma) / (wide(variance) + wide(epsilon)).sqrt();
            (scale as Scalar, (wide(beta) - scale * wide(mean)) as Scalar)
        })
        .unzip()
}

/// `[a, b, c]` of `∂x = a · ∂y + b · x + c` in a channel: the formula of `∂x` above multiplied out.
fn factors(
    gamma: Scalar,
    [mean, variance]: [Scalar; 2],
    epsilon: Scalar,
    (dgamma, dbeta): (f64, f64),
    count: usize,
) -> [Scalar; 3] {
    let inverse = 1.0 / (wide(variance) + wide(epsilon)).sqrt();
    let a = wide(gamma) * inverse;
    let b = -a * inverse * dgamma / count as f64;
    let shift = -a * dbeta / count as f64 - b * wide(mean);
    [a, b, shift].map(|factor| factor as Scalar)
}

/// `∂γ` and `∂β` as tensors.
fn split(sums: &[(f64, f64)]) -> [Tensor; 2] {
    let part =
        |of: fn(&(f64, f64)) -> f64| Tensor::from_fn([sums.len()], |c| of(&sums[c]) as Scalar);
    [part(|sums| sums.0), part(|sums| sums.1)]
}
