//! The rectifier and its gradient.

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
pub fn relu(x: Tensor) -> Tensor {
    x.map(|x| if x < 0.0 { 0.0 } else { x })
}

/// `∂y` where the output `y` is positive or NaN, elsewhere 0. Reuses the buffer of `dy` if nothing
/// else does.
///
/// # Panics
/// When the shapes differ.
#[must_use]
pub fn relu_backward(y: &Tensor, mut dy: Tensor) -> Tensor {
    dy.zip_assign(y, |dy, y| if y <= 0.0 { 0.0 } else { dy });
    dy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scalar;

    #[test]
    fn nan_passes_through() {
        let y = relu(Tensor::full([2], Scalar::NAN));
        assert!(y.as_slice().iter().all(|y| y.is_nan()));
    }

    #[test]
    fn the_gradient_stops_where_the_output_is_zero() {
        let y = Tensor::from_vec([3], vec![0.0, 2.0, 0.0]).expect("3 values");
        assert_eq!(relu_backward(&y, Tensor::full([3], 5.0)).as_slice(), [0.0, 5.0, 0.0]);
    }

    #[test]
    fn a_shared_gradient_is_left_alone() {
        let dy = Tensor::full([1], 5.0);
        let dx = relu_backward(&Tensor::zeros([1]), dy.clone());
        assert_eq!((dx.as_slice(), dy.as_slice()), (&[0.0][..], &[5.0][..]));
    }
}
