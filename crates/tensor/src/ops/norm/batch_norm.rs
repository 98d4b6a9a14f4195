//! Batch normalisation by itself, in training and in evaluation.

use super::{Layout, Moments, Source, Statistics, affine, backward, kernels, split};
use crate::{Scalar, Tensor};

/// `y` for training, with statistics of the batch `x` itself: `(N, C, H, W)` or `(N, C)`.
pub fn batch_norm_train(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    epsilon: Scalar,
) -> (Tensor, Moments) {
    let moments = crate::channel_moments(x);
    let Moments { mean, variance, .. } = &moments;
    (crate::batch_norm_apply(x, gamma, beta, mean, variance, epsilon, false), moments)
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
    let (mean, variance) = (mean.as_slice(), variance.as_slice());
    crate::batch_norm_apply(x, gamma, beta, mean, variance, epsilon, false)
}

/// `(∂x, ∂γ, ∂β)` of [`batch_norm_train`].
pub fn batch_norm_backward(
    x: &Tensor,
    dy: &Tensor,
    gamma: &Tensor,
    moments: &Moments,
    epsilon: Scalar,
) -> (Tensor, Tensor, Tensor) {
    assert_eq!(x.shape(), dy.shape(), "batch_norm: dy has the shape of x");
    backward(x, Source::Shared(dy), gamma, None, moments.with(epsilon))
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
    let (mean, variance) = (mean.as_slice(), variance.as_slice());
    let zeros = vec![0.0; layout.channels];
    let around_zero = Statistics { mean: &zeros, variance, epsilon };
    let (scale, _) = affine(layout, gamma, gamma, around_zero);
    layout.check("mean", mean.len());
    let sums = kernels::gradient_sums(x, dy, layout, Statistics { mean, variance, epsilon });
    let dx = kernels::affine(dy, layout, &scale, &zeros, false);
    let [dgamma, dbeta] = split(&sums);
    (dx, dgamma, dbeta)
}
