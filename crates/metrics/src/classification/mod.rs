//! Scores of predicted classes.

mod accuracy;
mod average;
mod balanced_accuracy;
mod confusion;
mod f_beta;
mod hamming;
mod input;
mod interval;
mod jaccard;
mod kappa;
mod matthews;
mod multilabel;
mod precision;
mod recall;
mod report;
mod rows;
mod scored;
mod specificity;

pub use accuracy::accuracy;
pub use average::{Average, Undefined, average, mean_score};
pub use balanced_accuracy::{adjusted_balanced_accuracy, balanced_accuracy};
pub use confusion::{ConfusionMatrix, Normalize};
pub use f_beta::f_beta;
pub use hamming::hamming_loss;
pub use input::{Examples, Known, ReadOptions, Task};
pub use interval::{Z_95, wilson_interval};
pub use jaccard::jaccard;
pub use kappa::{KappaWeights, cohen_kappa};
pub use matthews::matthews;
pub use multilabel::MultilabelPredictions;
pub use precision::precision;
pub use recall::recall;
pub use report::{ClassReport, ClassificationReport, ReportOptions};
pub use scored::METRICS as SCORED_METRICS;
pub use scored::{
    BestThreshold, BinaryScores, Binning, Calibration, DetPoint, MulticlassScores,
    MultilabelScores, PrPoint, RocPoint, RocPoints, Step, Thresholds,
};
pub use specificity::specificity;

use crate::Metric;

/// Every score of a confusion matrix that a study file can name; larger is better.
///
/// Scores of one class are averaged over the classes with equal weight, undefined ones counting as 0.
pub const METRICS: &[Metric<ConfusionMatrix>] = &[
    accuracy::METRIC,
    balanced_accuracy::METRIC,
    precision::METRIC,
    recall::METRIC,
    f_beta::METRIC,
    kappa::METRIC,
    matthews::METRIC,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_a_perfect_matrix_is_one_and_of_a_wrong_one_at_most_zero() {
        for metric in METRICS {
            let score = |predictions: &[usize]| {
                let matrix = ConfusionMatrix::from_labels(3, &[0, 1, 2, 1], predictions).unwrap();
                (metric.score)(&matrix).unwrap()
            };
            assert!((score(&[0, 1, 2, 1]) - 1.0).abs() < 1e-12, "{}", metric.name);
            assert!(score(&[1, 2, 0, 0]) <= 0.0, "{}", metric.name);
        }
    }
}
