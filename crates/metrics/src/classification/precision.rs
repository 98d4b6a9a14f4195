//! How far a yes can be trusted.

use super::{Average, ConfusionMatrix, Undefined, average};
use crate::counts::{Amount, ratio};
use crate::{Counts, Metric};

pub(super) const METRIC: Metric<ConfusionMatrix> = Metric {
    name: "precision",
    about: "share of the predictions of a class that are right, mean over classes",
    score: |matrix| average(&matrix.per_class(), Average::Macro, Undefined::Zero, precision),
};

/// Share of the predicted positives that are right: `tp / (tp + fp)`.
///
/// From 0 to 1, larger is better.
///
/// `None` when nothing was predicted positive: the score is undefined, not zero.
pub fn precision<T: Amount>(counts: Counts<T>) -> Option<f64> {
    ratio(counts.tp, counts.predicted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_looks_at_the_predicted_positives_only() {
        assert_eq!(precision(Counts { tp: 3, fp: 1, fn_: 50, tn: 7 }), Some(0.75));
    }

    #[test]
    fn precision_is_undefined_without_positive_predictions() {
        assert_eq!(precision(Counts { tp: 0, fp: 0, fn_: 5, tn: 7 }), None);
    }
}
