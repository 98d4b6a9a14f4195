//! Holm's step-down adjustment of a family of tests.

use serde::Serialize;

/// What a test is given in its family.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HolmStep {
    /// The adjusted p value: compare it with the error of the whole family.
    pub adjusted: f64,
    /// The test is judged at `alpha / divisor`, and so is its interval.
    pub divisor: usize,
}

/// Adjusts p values so that the chance of any false rejection in the family is at most `alpha`.
///
/// ```text
/// sorted:  p_(1) ≤ … ≤ p_(m)      adjusted_(r) = max over s ≤ r of (m - s + 1) · p_(s), at most 1
/// ```
///
/// The divisor of rank `r` is `m - r + 1`; once a test is not rejected, all later ones keep its
/// divisor. Hence for each test `adjusted ≤ alpha` exactly when `p ≤ alpha / divisor`, and an
/// interval at level `1 - alpha / divisor` never contradicts the adjusted p. Equal p values share
/// the divisor of the first. After Holm (1979), doi:10.2307/4615733.
///
/// What is controlled is the family of rejections. The intervals each keep their own level; the
/// chance that any of `m` rejected ones misses its truth can reach `alpha · (1 + 1/2 + … + 1/m)`.
pub fn holm(p_values: &[f64], alpha: f64) -> Vec<HolmStep> {
    let m = p_values.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut steps = vec![HolmStep { adjusted: 1.0, divisor: m }; m];
    let mut last: Option<(f64, HolmStep)> = None;
    for (rank, &test) in order.iter().enumerate() {
        let p = p_values[test];
        let divisor = match last {
            Some((before, step)) if p <= before || step.adjusted > alpha => step.divisor,
            _ => m - rank,
        };
        let floor = last.map_or(0.0, |(_, step)| step.adjusted);
        let step = HolmStep { adjusted: ((m - rank) as f64 * p).max(floor).min(1.0), divisor };
        steps[test] = step;
        last = Some((p, step));
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_tests_by_hand() {
        // Sorted 0.01, 0.02, 0.03, 0.2: times 4, 3, 2, 1 gives 0.04, 0.06, 0.06, 0.2.
        let steps = holm(&[0.02, 0.2, 0.01, 0.03], 0.05);
        let adjusted: Vec<f64> = steps.iter().map(|s| s.adjusted).collect();
        for (got, want) in adjusted.iter().zip([0.06, 0.2, 0.04, 0.06]) {
            assert!((got - want).abs() < 1e-15, "{adjusted:?}");
        }
        assert_eq!(steps.iter().map(|s| s.divisor).collect::<Vec<_>>(), [3, 3, 4, 3]);
    }

    #[test]
    fn one_test_is_not_adjusted() {
        assert_eq!(holm(&[0.03], 0.05), [HolmStep { adjusted: 0.03, divisor: 1 }]);
        assert!(holm(&[], 0.05).is_empty());
    }

    proptest! {
        #[test]
        fn the_adjusted_p_and_the_share_decide_alike(p in prop::collection::vec(0.0f64..0.2, 1..9)) {
            for (p, step) in p.iter().zip(holm(&p, 0.05)) {
                prop_assert_eq!(step.adjusted <= 0.05, p * step.divisor as f64 <= 0.05);
                prop_assert!(step.adjusted >= *p && (1..=9).contains(&step.divisor));
            }
        }

        #[test]
        fn the_order_of_the_tests_does_not_matter(p in prop::collection::vec(0u8..6, 1..9)) {
            let p: Vec<f64> = p.iter().map(|&p| f64::from(p) / 100.0).collect();
            let reversed: Vec<f64> = p.iter().rev().copied().collect();
            let mut back = holm(&reversed, 0.05);
            back.reverse();
            prop_assert_eq!(holm(&p, 0.05), back);
        }
    }
}
