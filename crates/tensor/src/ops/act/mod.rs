//! The rectifier, the hyperbolic tangent and the logistic function, with their gradients.

mod affine;
#[cfg(not(cenote_f64))]
mod fast;
#[cfg(any(cenote_f64, test))]
mod reference;
mod squash;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use affine::Affine;
pub use squash::Squash;

use crate::Tensor;

/// `max(x, 0)`; NaN stays NaN. Reuses the buffer of `x` if nothing else does.
///
/// ```
/// use cenote_tensor::{Tensor, relu};
///
/// let x = Tensor::from_vec([3], vec![-1.0, 0.0, 2.0])?;
/// assert_eq!(relu(x).as_slice(), [0.0, 0.0, 2.0]);
/// # Ok::<(), cenote_tensor::Error>(())
/// ```
#[must_use]
pub fn relu(mut x: Tensor) -> Tensor {
    if x.is_unshared() {
        kernels::relu_in_place(x.as_mut_slice());
        return x;
    }
    let mut y = Tensor::stale(x.shape());
    kernels::relu(x.as_slice(), y.as_mut_slice());
    y
}

/// `∂y` where the output `y` is positive or NaN, elsewhere 0. Reuses the buffer of `dy` if nothing
/// else does.
///
/// # Panics
/// When the shapes differ.
#[must_use]
pub fn relu_backward(y: &Tensor, mut dy: Tensor) -> Tensor {
    assert_eq!(y.shape(), dy.shape(), "relu: dy has the shape of y");
    kernels::relu_backward(y.as_slice(), dy.as_mut_slice());
    dy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    #[test]
    fn nan_passes_through() {
        let x = Tensor::full([40], Scalar::NAN);
        assert!(relu(x.clone()).as_slice().iter().all(|y| y.is_nan()));
        assert!(relu(x).as_slice().iter().all(|y| y.is_nan()));
        let dx = relu_backward(&Tensor::full([40], Scalar::NAN), Tensor::full([40], 3.0));
        assert_eq!(dx.as_slice(), [3.0; 40]);
    }

    #[test]
    fn the_gradient_stops_where_the_output_is_zero() {
        let y = Tensor::from_vec([3], vec![0.0, 2.0, 0.0]).expect("3 values");
        assert_eq!(relu_backward(&y, Tensor::full([3], 5.0)).as_slice(), [0.0, 5.0, 0.0]);
    }

    #[test]
    fn a_shared_tensor_is_left_alone() {
        let x = Tensor::full([1], -5.0);
        assert_eq!((relu(x.clone()).as_slice(), x.as_slice()), (&[0.0][..], &[-5.0][..]));
        let dx = relu_backward(&Tensor::zeros([1]), x.clone());
        assert_eq!((dx.as_slice(), x.as_slice()), (&[0.0][..], &[-5.0][..]));
    }
}
