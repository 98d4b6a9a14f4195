//! Batch normalisation by itself, in training and in evaluation.

use super::{Layout, Moments, affine, factors, kernels, split};
use crate::{Scalar, Tensor};

/// `y` for training, with statistics of the batch `x` itself: `(N, C, H, W)` or `(N, C)`.
pub fn batch_norm_train(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: Scalar,
) -> (Tensor, Moments) {
    let layout = Layout::of(x);
    let moments = kernels::moments(x, layout);
    let statistics = [moments.mean.as_slice(), &moments.variance];
    let (scale, shift) = affine(layout, gamma, beta, statistics, epsilon);
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
    let statistics = [mean.as_slice(), variance.as_slice()];
    let (scale, shift) = affine(layout, gamma, beta, statistics, epsilon);
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
    let factors: Vec<[Scalar; 3]> = (0..layout.channels)
        .map(|c| factors(gamma.as_slice()[c], [mean[c], variance[c]], epsilon, sums[c], *count))
        .collect();
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
    let (scale, _) = affine(layout, gamma, gamma, [&zeros, variance], epsilon);
    let dx = kernels::affine(dy, layout, &scale, &zeros);
    let [dgamma, dbeta] = split(&sums);
    (dx, dgamma, dbeta)
}
