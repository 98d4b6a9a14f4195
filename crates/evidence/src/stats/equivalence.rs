//! Two one-sided tests: is the mean difference within a margin, beyond doubt?

use serde::Serialize;

use super::{Interval, SignFlip};

/// What the two one-sided tests say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Equivalence {
    /// The larger of the two one-sided p values: `p(mean > -margin)` and `p(mean < margin)`.
    pub p: f64,
    /// The interval at `1 - 2·alpha`; inside the margin exactly when `p ≤ alpha`.
    pub interval: Option<Interval>,
}

/// Tests whether the mean lies strictly within `±margin`, by sign flips, at level `alpha`.
///
/// After Schuirmann (1987), doi:10.1007/BF01068419. At `alpha = 0.05` the interval is the 90 % one.
pub fn equivalence(test: &SignFlip, margin: f64, alpha: f64) -> Equivalence {
    Equivalence {
        p: test.p_above(-margin).max(test.p_below(margin)),
        interval: test.interval(2.0 * alpha),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_difference_of_the_margin_itself_is_not_equivalent() {
        assert!((equivalence(&SignFlip::new(&[0.5; 8]), 0.5, 0.05).p - 1.0).abs() < 1e-15);
        assert!(equivalence(&SignFlip::new(&[0.4; 8]), 0.5, 0.05).p < 0.004);
    }

    proptest! {
        #[test]
        fn the_interval_is_inside_the_margin_exactly_when_p_is_small(
            differences in prop::collection::vec(-1.0f64..1.0, 5..12),
            margin in 0.01f64..1.0,
        ) {
            let result = equivalence(&SignFlip::new(&differences), margin, 0.05);
            let inside = result.interval.is_some_and(|i| -margin < i.low && i.high < margin);
            prop_assert_eq!(inside, result.p <= 0.05);
        }
    }
}
