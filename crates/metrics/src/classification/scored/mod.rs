//! Scores of classifiers that say how sure they are: rankings, probabilities and what can be read from them.
//!
//! [`BinaryScores`] is the core: one score per example and one yes or no. Several classes and several labels are many
//! such questions ([`MulticlassScores::one_vs_rest`], [`MultilabelScores::label`]) whose scores are averaged.
//! All three are states: examples are added as they come, parts are merged, scores are computed at any time.

mod average_precision;
mod binary;
mod calibration;
mod curves;
mod f_threshold;
mod label_ranking;
mod losses;
mod multiclass;
mod multilabel;
mod roc_auc;
mod thresholds;
mod top_k;

pub use binary::BinaryScores;
pub use calibration::{Binning, Calibration};
pub use curves::{DetPoint, PrPoint, RocPoint, RocPoints};
pub use f_threshold::BestThreshold;
pub use multiclass::MulticlassScores;
pub use multilabel::MultilabelScores;
pub use thresholds::{Step, Thresholds};

use crate::Metric;

/// Scores of a ranking of positives and negatives.
pub const METRICS: &[Metric<Thresholds>] = &[roc_auc::METRIC, average_precision::METRIC];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_a_perfect_ranking_is_one_and_undefined_without_positives() {
        let perfect = BinaryScores::from_scores(&[false, true, true], &[0.1, 0.7, 0.9]).unwrap();
        let none = BinaryScores::from_scores(&[false, false], &[0.1, 0.7]).unwrap();
        for metric in METRICS {
            assert_eq!((metric.score)(&perfect.thresholds()), Some(1.0), "{}", metric.name);
            assert_eq!((metric.score)(&none.thresholds()), None, "{}", metric.name);
        }
    }
}
