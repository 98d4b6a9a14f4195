//! Work whose time says what the machine can do at most: the roof over every kernel.
//!
//! They run on the thread that calls them, with the vectors of this process, and read no clock.

use crate::Scalar;
#[cfg(not(cenote_f64))]
use crate::simd::{MultiplyAdds, Sum, Triad};

/// Does `rounds` rounds of independent multiply-adds in registers; returns how many those were (each is two
/// floating-point operations) and what they came to, so that no compiler leaves them out.
///
/// ```
/// let (count, _) = cenote_tensor::multiply_adds(1000);
/// assert!(count >= 1000);
/// ```
pub fn multiply_adds(rounds: usize) -> (u64, Scalar) {
    #[cfg(not(cenote_f64))]
    return MultiplyAdds { rounds }.run();
    #[cfg(cenote_f64)]
    {
        let term = |value: Scalar, _| value.mul_add(0.75, 1.0);
        (rounds as u64, (0..rounds).fold(0.0, term))
    }
}

/// The sum of all numbers, which are read once, in a row.
pub fn sum(numbers: &[Scalar]) -> Scalar {
    #[cfg(not(cenote_f64))]
    return Sum(numbers).run();
    #[cfg(cenote_f64)]
    numbers.iter().sum()
}

/// `a[i] = b[i] + factor · c[i]`: two reads and a write in a row.
///
/// # Panics
/// When the lengths differ.
pub fn triad(a: &mut [Scalar], b: &[Scalar], c: &[Scalar], factor: Scalar) {
    assert!(a.len() == b.len() && b.len() == c.len(), "triad: three of one length");
    #[cfg(not(cenote_f64))]
    Triad { a, b, c, factor }.run();
    #[cfg(cenote_f64)]
    for (a, (b, c)) in a.iter_mut().zip(b.iter().zip(c)) {
        *a = b + factor * c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triad_adds_the_scaled_third_to_the_second() {
        let mut a = [0.0; 3];
        triad(&mut a, &[1.0, 2.0, 3.0], &[1.0, 0.0, -1.0], 2.0);
        assert_eq!(a.as_slice(), [3.0, 2.0, 1.0]);
        assert_eq!(sum(&a).to_bits(), (6.0 as Scalar).to_bits());
    }

    #[test]
    #[should_panic(expected = "of one length")]
    fn a_triad_of_unequal_lengths_is_refused() {
        triad(&mut [0.0; 2], &[0.0; 3], &[0.0; 3], 1.0);
    }
}
