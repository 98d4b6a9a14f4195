//! How much of what is there was found.

use super::{Average, ConfusionMatrix, Undefined, average};
use crate::counts::{Amount, ratio};
use crate::{Counts, Metric};

pub(super) const METRIC: Metric<ConfusionMatrix> = Metric {
    name: "recall",
    about: "share of the examples of a class that are found, mean over classes",
    score: |matrix| average(&matrix.per_class(), Average::Macro, Undefined::Zero, recall),
};

/// Share of the positives that were found: `tp / (tp + fn)`.
///
/// From 0 to 1, larger is better; also called sensitivity and true-positive rate.
///
/// `None` when there is no positive.
pub fn recall<T: Amount>(counts: Counts<T>) -> Option<f64> {
    ratio(counts.tp, counts.support())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_looks_at_the_true_positives_and_what_was_missed() {
        assert_eq!(recall(Counts { tp: 3, fp: 50, fn_: 1, tn: 7 }), Some(0.75));
    }

    #[test]
    fn recall_is_undefined_without_positives() {
        assert_eq!(recall(Counts { tp: 0, fp: 5, fn_: 0, tn: 7 }), None);
    }
}
