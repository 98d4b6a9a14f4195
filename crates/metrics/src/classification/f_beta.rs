//! Precision and recall in one number.

use super::{Average, ConfusionMatrix, Undefined, average};
use crate::{Counts, Metric};

pub(super) const METRIC: Metric<ConfusionMatrix> = Metric {
    name: "f1",
    about: "harmonic mean of precision and recall of a class, mean over classes",
    score: |matrix| {
        average(&matrix.per_class(), Average::Macro, Undefined::Zero, |counts| f_beta(counts, 1.0))
    },
};

/// Weighted harmonic mean of precision and recall; recall counts `beta` times as much.
///
/// ```text
/// F = (1 + β²) tp / ((1 + β²) tp + β² fn + fp)
/// ```
///
/// `None` when there are neither positives nor positive predictions. After van Rijsbergen, "Information Retrieval"
/// (1979), chapter 7.
pub fn f_beta(counts: Counts, beta: f64) -> Option<f64> {
    if counts.tp + counts.fp + counts.fn_ == 0 {
        return None;
    }
    let squared = beta * beta;
    let right = (1.0 + squared) * counts.tp as f64;
    // With β = 0 only the predicted positives count, and there may be none of them.
    let whole = right + squared * counts.fn_ as f64 + counts.fp as f64;
    (whole > 0.0).then(|| right / whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{precision, recall};

    #[test]
    fn f_one_of_a_worked_example() {
        // precision 3/4, recall 3/5: 2 · 0.45 / 1.35
        let counts = Counts { tp: 3, fp: 1, fn_: 2, tn: 9 };
        assert_eq!(f_beta(counts, 1.0), Some(6.0 / 9.0));
    }

    #[test]
    fn f_is_zero_when_everything_was_missed_and_undefined_when_there_was_nothing() {
        assert_eq!(f_beta(Counts { tp: 0, fp: 0, fn_: 2, tn: 9 }, 1.0), Some(0.0));
        assert_eq!(f_beta(Counts { tp: 0, fp: 0, fn_: 0, tn: 9 }, 1.0), None);
        assert_eq!(f_beta(Counts { tp: 0, fp: 0, fn_: 2, tn: 9 }, 0.0), None);
    }

    proptest! {
        #[test]
        fn f_is_the_weighted_harmonic_mean(tp in 1_u64..99, fp in 0_u64..99, fn_ in 0_u64..99, beta in 0.1..4.0) {
            let counts = Counts { tp, fp, fn_, tn: 0 };
            let (p, r) = (precision(counts).unwrap(), recall(counts).unwrap());
            let squared = beta * beta;
            let expected = (1.0 + squared) * p * r / (squared * p + r);
            prop_assert!((f_beta(counts, beta).unwrap() - expected).abs() < 1e-12);
        }
    }
}
