//! Sums with a fixed order.

#[cfg(not(cenote_f64))]
mod fast;
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

#[cfg(not(cenote_f64))]
pub(crate) use fast::{run_sum, run_sum_of};
pub(crate) use reference::{sum_f64, wide};

use crate::{Scalar, Tensor};

/// The sum over everything but the channel axis: `(N, C, …)` to `(C)`, or `(N, F)` to `(F)`.
///
/// Planes are added in double precision, in the order of the images.
///
/// ```
/// use cenote_tensor::{Tensor, sum_over_channels};
///
/// let dy = Tensor::from_vec([2, 2], vec![1.0, 2.0, 30.0, 40.0])?;
/// assert_eq!(sum_over_channels(&dy).as_slice(), [31.0, 42.0]);
/// # Ok::<(), cenote_tensor::Error>(())
/// ```
///
/// # Panics
/// When there is no channel axis.
pub fn sum_over_channels(dy: &Tensor) -> Tensor {
    let [_, channels, ref positions @ ..] = *dy.dims() else {
        panic!("sum_over_channels: a batch and a channel axis")
    };
    let sums = kernels::channel_sums(dy.as_slice(), channels, positions.iter().product());
    Tensor::from_fn([channels], |c| sums[c] as Scalar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_images_are_summed_and_channels_are_kept() {
        let dy = Tensor::from_fn([2, 3, 2, 2], |i| i as Scalar);
        assert_eq!(sum_over_channels(&dy).as_slice(), [60.0, 92.0, 124.0]);
    }

    #[test]
    fn small_values_are_not_lost_beside_a_large_one() {
        let mut values = vec![1.0; 1001];
        values[0] = 1e9;
        assert!((sum_f64(&values) - (1e9 + 1000.0)).abs() < 1e-6);
    }
}
