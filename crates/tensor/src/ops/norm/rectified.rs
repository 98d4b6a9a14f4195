//! Batch normalisation with the rectifier, and with the maximum pool, that follow it.
//!
//! ```text
//! y = max(γ · x̂ + β, 0)                  z = the maxima of y over windows
//! ```
//!
//! Backward keeps `x` and nothing else of full size: where the rectifier was open is computed again
//! from `x`, by the same operations and so to the same bit.

use super::{Layout, Moments, Source, Statistics, affine, backward, kernels};
#[cfg(not(cenote_f64))]
use crate::ops::pool2d::normalized_max_pool;
use crate::{Argmax, Scalar, Tensor, Windows};

/// Mean and variance of every channel of `x`: `(N, C, H, W)` or `(N, C)`.
pub fn channel_moments(x: &Tensor) -> Moments {
    kernels::moments(x, Layout::of(x))
}

/// `γ · x̂ + β` with the given statistics, and of that `max(·, 0)` if `relu`; NaN stays NaN.
///
/// The bits are those of the two steps one after the other.
pub fn batch_norm_apply(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    mean: &[Scalar],
    variance: &[Scalar],
    epsilon: Scalar,
    relu: bool,
) -> Tensor {
    let layout = Layout::of(x);
    let (scale, shift) = affine(layout, gamma, beta, Statistics { mean, variance, epsilon });
    kernels::affine(x, layout, &scale, &shift, relu)
}

/// `(∂x, ∂γ, ∂β)` of [`batch_norm_apply`] with `relu` and the moments of `x` itself.
///
/// `∂x` takes the memory of `dy` if nothing else does.
pub fn batch_norm_relu_backward(
    x: &Tensor,
    dy: Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    moments: &Moments,
    epsilon: Scalar,
) -> (Tensor, Tensor, Tensor) {
    assert_eq!(x.shape(), dy.shape(), "batch_norm: dy has the shape of x");
    let (scale, shift) = affine(Layout::of(x), gamma, beta, moments.with(epsilon));
    backward(x, Source::Own(dy), gamma, Some([&scale, &shift]), moments.with(epsilon))
}

/// The maxima of [`batch_norm_apply`] with `relu` over windows, and where they are.
pub fn batch_norm_relu_max_pool(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    mean: &[Scalar],
    variance: &[Scalar],
    epsilon: Scalar,
    at: &Windows,
) -> (Tensor, Argmax) {
    assert_eq!(x.nchw()[2..], at.input(), "max_pool: x as fitted");
    #[cfg(not(cenote_f64))]
    {
        let statistics = Statistics { mean, variance, epsilon };
        let (scale, shift) = affine(Layout::of(x), gamma, beta, statistics);
        if let Some(pooled) = normalized_max_pool(x, &scale, &shift, at) {
            return pooled;
        }
    }
    let y = batch_norm_apply(x, gamma, beta, mean, variance, epsilon, true);
    crate::max_pool(&y, at)
}

/// `(∂x, ∂γ, ∂β)` of [`batch_norm_relu_max_pool`] with the moments of `x` itself.
#[expect(clippy::too_many_arguments, reason = "what two backward passes read")]
pub fn batch_norm_relu_max_pool_backward(
    x: &Tensor,
    dy: &Tensor,
    argmax: &Argmax,
    gamma: &Tensor,
    beta: &Tensor,
    moments: &Moments,
    epsilon: Scalar,
    at: &Windows,
) -> (Tensor, Tensor, Tensor) {
    assert_eq!(x.nchw()[2..], at.input(), "max_pool: x as fitted");
    assert_eq!(dy.nchw()[2..], at.output(), "max_pool: dy as fitted");
    assert_eq!(dy.nchw()[..2], x.nchw()[..2], "max_pool: x and dy of one forward pass");
    assert_eq!(dy.len(), argmax.len(), "max_pool: dy and winners of one forward pass");
    let (scale, shift) = affine(Layout::of(x), gamma, beta, moments.with(epsilon));
    let dy = Source::Pooled { dy, argmax, at };
    backward(x, dy, gamma, Some([&scale, &shift]), moments.with(epsilon))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Window, batch_norm_backward, batch_norm_train, max_pool, relu, relu_backward};

    fn bits(tensor: &Tensor) -> Vec<u64> {
        tensor.as_slice().iter().map(|&x| f64::from(x).to_bits()).collect()
    }

    fn wave(shape: impl Into<crate::Shape>, step: Scalar) -> Tensor {
        Tensor::from_fn(shape, |i| (i as Scalar * step).sin() * 1.5)
    }

    #[test]
    fn together_is_one_after_the_other() {
        for shape @ [_, channels, rows, columns] in
            [[2, 3, 5, 7], [3, 1, 8, 8], [1, 17, 6, 33], [5, 2, 32, 34]]
        {
            let (x, gamma, beta) = (wave(shape, 0.7), wave([channels], 1.1), wave([channels], 2.3));
            let (y, moments) = batch_norm_train(&x, &gamma, &beta, 1e-3);
            assert_eq!(channel_moments(&x), moments);
            let Moments { mean, variance, .. } = &moments;
            let apply = |relu| batch_norm_apply(&x, &gamma, &beta, mean, variance, 1e-3, relu);
            assert_eq!(bits(&apply(false)), bits(&y));
            let y = relu(y);
            assert_eq!(bits(&apply(true)), bits(&y));
            let dy = wave(shape, 0.3);
            let masked = relu_backward(&y, dy.clone());
            let expected = batch_norm_backward(&x, &masked, &gamma, &moments, 1e-3);
            let together = batch_norm_relu_backward(&x, dy, &gamma, &beta, &moments, 1e-3);
            assert_eq!(together, expected);
            for window in [Window::square(2), Window::new([3, 3], [2, 2]).padded([1, 1])] {
                let at = window.fit("pool", [rows, columns]).expect("fits");
                let expected = max_pool(&y, &at);
                let (z, argmax) =
                    batch_norm_relu_max_pool(&x, &gamma, &beta, mean, variance, 1e-3, &at);
                assert_eq!((bits(&z), &argmax), (bits(&expected.0), &expected.1));
                let dz = wave(z.shape(), 0.9);
                let dy = crate::max_pool_backward(&dz, &argmax, &at);
                let expected = batch_norm_relu_backward(&x, dy, &gamma, &beta, &moments, 1e-3);
                let together = batch_norm_relu_max_pool_backward(
                    &x, &dz, &argmax, &gamma, &beta, &moments, 1e-3, &at,
                );
                assert_eq!(together, expected);
            }
        }
    }

    #[test]
    fn the_gradient_passes_where_the_output_is_nan() {
        let x = Tensor::from_vec([1, 1, 1, 3], vec![Scalar::NAN, -5.0, 5.0]).expect("3 values");
        let one = Tensor::full([1], 1.0);
        let zero = Tensor::zeros([1]);
        let moments = Moments { mean: vec![0.0], variance: vec![1.0], count: 3 };
        let dy = Tensor::from_vec([1, 1, 1, 3], vec![2.0, 4.0, 8.0]).expect("3 values");
        let (_, _, dbeta) = batch_norm_relu_backward(&x, dy, &one, &zero, &moments, 0.0);
        assert_eq!(dbeta.as_slice(), [10.0]);
    }
}
