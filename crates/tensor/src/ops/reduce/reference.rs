//! Sums in double precision.

use crate::Scalar;

/// The value in double precision.
pub(crate) fn wide(value: Scalar) -> f64 {
    value.into()
}

/// The sum in double precision, in the order of eight interleaved chains.
fn sum_f64(values: &[Scalar]) -> f64 {
    let mut chains = [0.0; 8];
    let (whole, rest) = values.as_chunks::<8>();
    for eight in whole {
        for (chain, &value) in chains.iter_mut().zip(eight) {
            *chain += wide(value);
        }
    }
    chains.iter().sum::<f64>() + rest.iter().copied().map(wide).sum::<f64>()
}

/// The sum of every plane of `area` numbers.
pub(crate) fn plane_sums(values: &[Scalar], area: usize) -> Vec<f64> {
    values.chunks_exact(area.max(1)).map(sum_f64).collect()
}

/// The sum of the products of every two planes of `area` numbers.
#[cfg(cenote_f64)]
pub(crate) fn plane_dots([a, b]: [&[Scalar]; 2], area: usize) -> Vec<f64> {
    let planes = a.chunks_exact(area.max(1)).zip(b.chunks_exact(area.max(1)));
    planes
        .map(|(a, b)| a.iter().zip(b).fold(0.0, |sum, (&a, &b)| sum + wide(a) * wide(b)))
        .collect()
}

/// The sum of the products of two slices of one length.
#[cfg(any(cenote_f64, test))]
pub(crate) fn dot(a: &[Scalar], b: &[Scalar]) -> Scalar {
    // The sum of nothing is 0, where that of an iterator is −0.
    a.iter().zip(b).fold(0.0, |sum, (&a, &b)| sum + wide(a) * wide(b)) as Scalar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_are_not_lost_beside_a_large_one() {
        let mut values = vec![1.0; 1001];
        values[0] = 1e9;
        assert!((sum_f64(&values) - (1e9 + 1000.0)).abs() < 1e-6);
    }
}
