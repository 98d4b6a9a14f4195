//! McNemar's exact test: do two networks differ on the same images?

use statrs::distribution::{Binomial, DiscreteCDF};

/// Two-sided p of "one network is right more often", from the images that only one of them gets right.
///
/// ```text
/// p = 2 · P(X ≤ min(b, c)), at most 1        X ~ Binomial(b + c, 1/2)
/// ```
///
/// It speaks about these two networks and other images of their kind; what another seed would do it
/// cannot know. Exact. After McNemar (1947), doi:10.1007/BF02295996.
pub fn mcnemar(only_first: u64, only_second: u64) -> f64 {
    let n = only_first + only_second;
    if only_first == only_second {
        return 1.0;
    }
    let binomial = Binomial::new(0.5, n).expect("a half is a probability");
    (2.0 * binomial.cdf(only_first.min(only_second))).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_six_by_hand() {
        // P(X ≤ 1) of six fair coins is 7 / 64.
        assert!((mcnemar(1, 5) - 14.0 / 64.0).abs() < 1e-12);
        assert!((mcnemar(5, 1) - 14.0 / 64.0).abs() < 1e-12);
    }

    #[test]
    fn no_image_tells_them_apart() {
        assert_eq!((mcnemar(0, 0), mcnemar(3, 3)), (1.0, 1.0));
    }
}
