//! The rectifier and the maximum pool behind it as one operation.
//!
//! `max(·, 0)` of the cells and then their maximum is written once, at the size of the pool. The
//! gradient needs of the activation only whether each maximum was positive.

use super::{Argmax, kernels};
use crate::{Tensor, Windows};

/// The maxima over windows of `max(x, 0)`, and where they are; NaN stays NaN.
pub fn relu_max_pool(x: &Tensor, at: &Windows) -> (Tensor, Argmax) {
    assert_eq!(x.nchw()[2..], at.input(), "max_pool: x as fitted");
    kernels::relu_max_pool(x, at)
}

/// `∂x` of [`relu_max_pool`] from its output `y`: every `∂y` whose `y` is positive or NaN goes to
/// the winner of its window.
///
/// # Panics
/// When `dy`, `y` and `argmax` do not belong together.
pub fn relu_max_pool_backward(dy: Tensor, y: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    assert_eq!(y.shape(), dy.shape(), "max_pool: dy has the shape of y");
    crate::max_pool_backward(&crate::relu_backward(y, dy), argmax, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scalar, Window, max_pool, max_pool_backward, relu, relu_backward};

    #[test]
    fn together_is_one_after_the_other() {
        for window in [Window::square(2), Window::new([3, 3], [2, 2]).padded([1, 1])] {
            let at = window.fit("pool", [6, 35]).expect("fits");
            let x = Tensor::from_fn([2, 3, 6, 35], |i| match i % 23 {
                0 => Scalar::NAN,
                _ => (i as Scalar * 0.7).sin() - 0.8,
            });
            let (y, argmax) = relu_max_pool(&x, &at);
            let activation = relu(x.clone());
            let (expected, winners) = max_pool(&activation, &at);
            let bits = |y: &Tensor| y.as_slice().iter().map(|y| y.to_bits()).collect::<Vec<_>>();
            assert_eq!((bits(&y), &argmax), (bits(&expected), &winners));
            let dy = Tensor::from_fn(y.shape(), |i| i as Scalar + 1.0);
            let dx = relu_max_pool_backward(dy.clone(), &y, &argmax, &at);
            let expected = relu_backward(&activation, max_pool_backward(&dy, &winners, &at));
            assert_eq!(dx, expected);
        }
    }
}
