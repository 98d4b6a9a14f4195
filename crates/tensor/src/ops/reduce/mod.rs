//! Sums with a fixed order.

use crate::{Scalar, Tensor};

/// The sum over everything but the channel axis: `(N, C, …)` to `(C)`, or `(N, F)` to `(F)`.
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
    let area: usize = positions.iter().product();
    let mut sums = vec![0.0; channels];
    for image in dy.as_slice().chunks_exact((channels * area).max(1)) {
        for (sum, plane) in sums.iter_mut().zip(image.chunks_exact(area.max(1))) {
            *sum += sum_f64(plane);
        }
    }
    Tensor::from_fn([channels], |c| sums[c] as Scalar)
}

/// The sum in double precision, in the order of eight interleaved chains.
pub(crate) fn sum_f64(values: &[Scalar]) -> f64 {
    let mut chains = [0.0; 8];
    let (whole, rest) = values.as_chunks::<8>();
    for eight in whole {
        for (chain, &value) in chains.iter_mut().zip(eight) {
            *chain += wide(value);
        }
    }
    chains.iter().sum::<f64>() + rest.iter().copied().map(wide).sum::<f64>()
}

/// The value in double precision.
pub(crate) fn wide(value: Scalar) -> f64 {
    value.into()
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
