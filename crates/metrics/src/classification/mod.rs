//! Scores of predicted classes.

mod accuracy;
mod average;
mod confusion;
mod f_beta;
mod interval;
mod precision;
mod recall;

pub use accuracy::accuracy;
pub use average::{Average, Undefined, average};
pub use confusion::ConfusionMatrix;
pub use f_beta::f_beta;
pub use interval::{Z_95, wilson_interval};
pub use precision::precision;
pub use recall::recall;

use crate::Metric;

/// Every score of a confusion matrix that a study file can name.
///
/// Scores of one class are averaged over the classes with equal weight, undefined ones counting as 0.
pub const METRICS: &[Metric<ConfusionMatrix>] =
    &[accuracy::METRIC, precision::METRIC, recall::METRIC, f_beta::METRIC];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_a_perfect_matrix_is_one_and_of_a_wrong_one_zero() {
        for metric in METRICS {
            let score = |predictions: &[usize]| {
                let matrix = ConfusionMatrix::from_labels(3, &[0, 1, 2, 1], predictions).unwrap();
                (metric.score)(&matrix)
            };
            assert_eq!(score(&[0, 1, 2, 1]), Some(1.0), "{}", metric.name);
            assert_eq!(score(&[1, 2, 0, 0]), Some(0.0), "{}", metric.name);
        }
    }
}
