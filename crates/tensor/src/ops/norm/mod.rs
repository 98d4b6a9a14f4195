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

#[cfg(not(cenote_f64))]
mod fast;
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

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

/// `y` for training, with statistics of the batch `x` itself: `(N, C, H, W)` or `(N, C)`.
pub fn batch_norm_train(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: Scalar,
) -> (Tensor, Moments) {
    let layout = Layout::of(x);
    layout.check("gamma", gamma.len());
    layout.check("beta", beta.len());
    let moments = kernels::moments(x, layout);
    let (scale, shift) = affine(gamma, beta, &moments.mean, &moments.variance, epsilon);
    (kernels::affine(x, layout, &scale, &shift), moments)
}

/// `y` for evaluation, with running statistics.
pub fn batch_norm_eval(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    mean: &Tensor,
    variance: &Tensor,
    epsilon: Scalar,
) -> Tensor {
    let layout = Layout::of(x);
    layout.check("gamma", gamma.len());
    layout.check("beta", beta.len());
    layout.check("mean", mean.len());
    layout.check("variance", variance.len());
    let (scale, shift) = affine(gamma, beta, mean.as_slice(), variance.as_slice(), epsilon);
    kernels::affine(x, layout, &scale, &shift)
}

/// `(∂x, ∂γ, ∂β)` of [`batch_norm_train`].
pub fn batch_norm_backward(
    x: &Tensor,
    dy: &Tensor,
    gamma: &Tensor,
    moments: &Moments,
    epsilon: Scalar,
) -> (Tensor, Tensor, Tensor) {
    let layout = Layout::of(x);
    assert_eq!(x.shape(), dy.shape(), "batch_norm: dy has the shape of x");
    layout.check("gamma", gamma.len());
    let Moments { mean, variance, count } = moments;
    let sums = kernels::gradient_sums(x, dy, layout, mean, variance, epsilon);
    // ∂x = a · ∂y + b · x + c per channel, the second formula above multiplied out.
    let mut factors = Vec::with_capacity(layout.channels);
    for c in 0..layout.channels {
        let inverse = 1.0 / (wide(variance[c]) + wide(epsilon)).sqrt();
        let (dgamma, dbeta) = sums[c];
        let a = wide(gamma.as_slice()[c]) * inverse;
        let b = -a * inverse * dgamma / *count as f64;
        let shift = -a * dbeta / *count as f64 - b * wide(mean[c]);
        factors.push([a, b, shift].map(|factor| factor as Scalar));
    }
    let dx = kernels::combine(x, dy, layout, &factors);
    let [dgamma, dbeta] = split(&sums);
    (dx, dgamma, dbeta)
}

/// `(∂x, ∂γ, ∂β)` of [`batch_norm_eval`]: the running statistics are constants.
pub fn batch_norm_backward_eval(
    x: &Tensor,
    dy: &Tensor,
    gamma: &Tensor,
    mean: &Tensor,
    variance: &Tensor,
    epsilon: Scalar,
) -> (Tensor, Tensor, Tensor) {
    let layout = Layout::of(x);
    assert_eq!(x.shape(), dy.shape(), "batch_norm: dy has the shape of x");
    layout.check("gamma", gamma.len());
    layout.check("mean", mean.len());
    layout.check("variance", variance.len());
    let (mean, variance) = (mean.as_slice(), variance.as_slice());
    let sums = kernels::gradient_sums(x, dy, layout, mean, variance, epsilon);
    let zeros = vec![0.0; layout.channels];
    let (scale, _) = affine(gamma, gamma, &zeros, variance, epsilon);
    let dx = kernels::affine(dy, layout, &scale, &zeros);
    let [dgamma, dbeta] = split(&sums);
    (dx, dgamma, dbeta)
}

/// Scale and shift per channel that turn `x` into `γ · x̂ + β`.
fn affine(
    gamma: &Tensor,
    beta: &Tensor,
    mean: &[Scalar],
    variance: &[Scalar],
    epsilon: Scalar,
) -> (Vec<Scalar>, Vec<Scalar>) {
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

/// `∂γ` and `∂β` as tensors.
fn split(sums: &[(f64, f64)]) -> [Tensor; 2] {
    let part =
        |of: fn(&(f64, f64)) -> f64| Tensor::from_fn([sums.len()], |c| of(&sums[c]) as Scalar);
    [part(|sums| sums.0), part(|sums| sums.1)]
}
