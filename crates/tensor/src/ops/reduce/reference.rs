//! Sums in double precision.

use crate::Scalar;

/// The value in double precision.
pub(crate) fn wide(value: Scalar) -> f64 {
    value.into()
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

/// The sum of every channel over images of `channels` planes of `area` numbers.
pub(super) fn channel_sums(values: &[Scalar], channels: usize, area: usize) -> Vec<f64> {
    let mut sums = vec![0.0; channels];
    for image in values.chunks_exact((channels * area).max(1)) {
        for (sum, plane) in sums.iter_mut().zip(image.chunks_exact(area.max(1))) {
            *sum += sum_f64(plane);
        }
    }
    sums
}
