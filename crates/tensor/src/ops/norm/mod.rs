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
#[cfg(not(cenote_f64))]
mod lanes;
mod rectified;
#[cfg(any(cenote_f64, test))]
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
use crate::{Argmax, Scalar, Tensor, Windows};

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

impl Moments {
    fn with(&self, epsilon: Scalar) -> Statistics<'_> {
        Statistics { mean: &self.mean, variance: &self.variance, epsilon }
    }
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

/// What every channel is normalised by.
#[derive(Clone, Copy)]
struct Statistics<'a> {
    mean: &'a [Scalar],
    variance: &'a [Scalar],
    epsilon: Scalar,
}

impl Statistics<'_> {
    /// `1 / √(σ² + ε)` of channel `c`.
    fn inverse(&self, c: usize) -> f64 {
        1.0 / (wide(self.variance[c]) + wide(self.epsilon)).sqrt()
    }
}

/// `[a, b, c]` of `∂x = a · ∂y + b · x + c`, from the number of a channel, its `∂γ` and its `∂β`.
type Factors<'a> = dyn Fn(usize, (f64, f64)) -> [Scalar; 3] + Sync + 'a;

/// Scale and shift of every channel: the gradient passes where `scale · x + shift` is positive or
/// NaN.
type Open<'a> = [&'a [Scalar]; 2];

/// The gradient of the output.
enum Source<'a> {
    Own(Tensor),
    Shared(&'a Tensor),
    /// Of a maximum pool behind the output.
    Pooled {
        dy: &'a Tensor,
        argmax: &'a Argmax,
        at: &'a Windows,
    },
}

/// Scale and shift per channel that turn `x` into `γ · x̂ + β`.
fn affine(
    layout: Layout,
    gamma: &Tensor,
    beta: &Tensor,
    statistics: Statistics,
) -> (Vec<Scalar>, Vec<Scalar>) {
    layout.check("gamma", gamma.len());
    layout.check("beta", beta.len());
    layout.check("mean", statistics.mean.len());
    layout.check("variance", statistics.variance.len());
    let of_channel = |c: usize| {
        let scale = wide(gamma.as_slice()[c]) * statistics.inverse(c);
        let shift = wide(beta.as_slice()[c]) - scale * wide(statistics.mean[c]);
        (scale as Scalar, shift as Scalar)
    };
    (0..layout.channels).map(of_channel).unzip()
}

/// `(∂x, ∂γ, ∂β)` with statistics of the batch `x` itself.
fn backward(
    x: &Tensor,
    dy: Source,
    gamma: &Tensor,
    open: Option<Open>,
    statistics: Statistics,
) -> (Tensor, Tensor, Tensor) {
    let layout = Layout::of(x);
    layout.check("gamma", gamma.len());
    layout.check("mean", statistics.mean.len());
    layout.check("variance", statistics.variance.len());
    let (gamma, count) = (gamma.as_slice(), layout.count as f64);
    let factors = |c: usize, (dgamma, dbeta): (f64, f64)| {
        let inverse = statistics.inverse(c);
        let a = wide(gamma[c]) * inverse;
        let b = -a * inverse * dgamma / count;
        let shift = -a * dbeta / count - b * wide(statistics.mean[c]);
        [a, b, shift].map(|factor| factor as Scalar)
    };
    let (dx, sums) = kernels::backward(x, dy, layout, open, statistics, &factors);
    let [dgamma, dbeta] = split(&sums);
    (dx, dgamma, dbeta)
}

/// `∂γ` and `∂β` as tensors.
fn split(sums: &[(f64, f64)]) -> [Tensor; 2] {
    let part =
        |of: fn(&(f64, f64)) -> f64| Tensor::from_fn([sums.len()], |c| of(&sums[c]) as Scalar);
    [part(|sums| sums.0), part(|sums| sums.1)]
}
