//! Where to put the threshold.

use serde::Serialize;

use super::Thresholds;
use crate::{Counts, Error, f_beta, precision, recall};

/// The threshold at which F-beta is largest, and what is reached there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BestThreshold {
    /// Said yes from this score on.
    pub threshold: f64,
    /// F-beta there.
    pub f_beta: f64,
    /// Precision there.
    pub precision: f64,
    /// Recall there.
    pub recall: f64,
}

impl Thresholds {
    /// The score from which to say yes so that [`f_beta`] is largest; of several the lowest.
    ///
    /// The threshold is chosen on the examples that it is judged by, so F-beta there is optimistic: choose it on other
    /// examples than those you report. After Lipton, Elkan and Naryanaswamy (2014), doi:10.1007/978-3-662-44851-9_15.
    ///
    /// `None` without positives.
    ///
    /// ```
    /// use cenote_metrics::BinaryScores;
    ///
    /// let scores = BinaryScores::from_scores(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
    /// let best = scores.thresholds().best_f_beta(1.0)?.expect("there are positives");
    /// assert_eq!((best.threshold, best.f_beta), (0.35, 0.8));
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When `beta` is negative or not a number.
    pub fn best_f_beta(&self, beta: f64) -> Result<Option<BestThreshold>, Error> {
        if beta.is_nan() || beta < 0.0 {
            return Err(Error::Setting { what: "beta", got: beta, expected: "0 or more" });
        }
        let (positives, negatives) = (self.positives(), self.negatives());
        if positives == 0.0 {
            return Ok(None);
        }
        let mut best: Option<BestThreshold> = None;
        for step in self.steps() {
            let counts = Counts {
                tp: step.tp,
                fp: step.fp,
                fn_: positives - step.tp,
                tn: negatives - step.fp,
            };
            let reached = f_beta(counts, beta).zip(precision(counts)).zip(recall(counts));
            let ((f_beta, precision), recall) =
                reached.expect("there are positives, and a step is of examples");
            if best.is_none_or(|best| f_beta >= best.f_beta) {
                best = Some(BestThreshold { threshold: step.threshold, f_beta, precision, recall });
            }
        }
        Ok(best)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::BinaryScores;

    #[test]
    fn of_equally_good_thresholds_it_is_the_lowest() {
        // F1 is 2/3 from 0.9 on, 1/2 from 0.5 on and 2/3 again from 0.1 on.
        let labels = [true, false, true, false];
        let scores = BinaryScores::from_scores(&labels, &[0.9, 0.5, 0.1, 0.1]).unwrap();
        let best = scores.thresholds().best_f_beta(1.0).unwrap().unwrap();
        assert_eq!((best.threshold, best.precision, best.recall), (0.1, 0.5, 1.0));
    }

    #[test]
    fn a_beta_that_is_no_weight_is_refused() {
        let thresholds = BinaryScores::from_scores(&[true], &[0.5]).unwrap().thresholds();
        assert!(thresholds.best_f_beta(-1.0).is_err() && thresholds.best_f_beta(f64::NAN).is_err());
        let none = BinaryScores::from_scores(&[false], &[0.5]).unwrap().thresholds();
        assert_eq!(none.best_f_beta(1.0), Ok(None));
    }

    proptest! {
        #[test]
        fn no_threshold_does_better(
            examples in prop::collection::vec((any::<bool>(), 0_u8..9), 1..40), beta in 0.0..3.0,
        ) {
            let mut scores = BinaryScores::new();
            for &(positive, score) in &examples {
                scores.push(positive, f64::from(score), 1.0).unwrap();
            }
            let Some(best) = scores.thresholds().best_f_beta(beta).unwrap() else { return Ok(()) };
            let reached = |threshold| f_beta(scores.at(threshold).counts(1), beta).unwrap_or(0.0);
            prop_assert!((reached(best.threshold) - best.f_beta).abs() < 1e-12);
            for score in 0..10 {
                prop_assert!(reached(f64::from(score)) <= best.f_beta + 1e-12);
            }
        }
    }
}
