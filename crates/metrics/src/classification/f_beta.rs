//! Precision and recall in one number.

use super::{Average, ConfusionMatrix, Undefined, average, recall};
use crate::counts::Amount;
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
/// From 0 to 1, larger is better. β = 1 is the harmonic mean of the two, β = 0 is the precision and β = ∞ the recall.
///
/// `None` when there are neither positives nor positive predictions. After van Rijsbergen, "Information Retrieval"
/// (1979), chapter 7.
pub fn f_beta<T: Amount>(counts: Counts<T>, beta: f64) -> Option<f64> {
    let squared = beta * beta;
    if squared.is_infinite() {
        return recall(counts);
    }
    // Shares instead of factors, which a large β could make overflow.
    let (missed, wrong) = (squared / (1.0 + squared), 1.0 / (1.0 + squared));
    let right = counts.tp.as_f64();
    // With β = 0 only the predicted positives count, and there may be none of them.
    let whole = right + missed * counts.fn_.as_f64() + wrong * counts.fp.as_f64();
    (whole > 0.0).then(|| right / whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::precision;

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

    #[test]
    fn the_ends_of_beta_are_precision_and_recall() {
        let counts = Counts { tp: 3, fp: 1, fn_: 2, tn: 9 };
        assert_eq!(f_beta(counts, 0.0), precision(counts));
        assert_eq!(f_beta(counts, f64::INFINITY), recall(counts));
        assert_eq!(f_beta(counts, 1e154), recall(counts), "the square is nearly too large");
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
