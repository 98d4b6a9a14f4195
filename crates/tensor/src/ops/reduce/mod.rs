//! Sums with a fixed order.

#[cfg(not(cenote_f64))]
mod fast;
mod reference;

#[cfg(not(cenote_f64))]
pub(crate) use fast::{dot, plane_dots, plane_sums};
pub(crate) use reference::wide;
#[cfg(cenote_f64)]
pub(crate) use reference::{dot, plane_dots, plane_sums};

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
    let planes = plane_sums(dy.as_slice(), positions.iter().product());
    let sums = channel_totals(&planes, channels);
    Tensor::from_fn([channels], |channel| sums[channel] as Scalar)
}

/// The sums over the images of what every plane has, for each channel.
pub(crate) fn channel_totals(planes: &[f64], channels: usize) -> Vec<f64> {
    let mut sums = vec![0.0; channels];
    for image in planes.chunks_exact(channels.max(1)) {
        for (sum, plane) in sums.iter_mut().zip(image) {
            *sum += plane;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_images_are_summed_and_channels_are_kept() {
        let dy = Tensor::from_fn([2, 3, 2, 2], |i| i as Scalar);
        assert_eq!(sum_over_channels(&dy).as_slice(), [60.0, 92.0, 124.0]);
    }
}
