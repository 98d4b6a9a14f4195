//! Scores of detected boxes.

mod average_precision;
mod ranking;
mod voc;

pub use average_precision::{Interpolation, average_precision, mean_average_precision};
pub use ranking::{Outcome, Ranking};
pub use voc::{Bound, Detection, Truth, VocRule};

use crate::Metric;

/// Every score of ranked detections, one ranking per class.
pub const METRICS: &[Metric<[Ranking]>] =
    &[average_precision::ALL_POINT, average_precision::ELEVEN_POINT];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_perfect_rankings_is_one_and_of_empty_ones_zero() {
        let perfect = Ranking::new(2, vec![(0.9, Outcome::Hit), (0.8, Outcome::Hit)]).unwrap();
        let empty = Ranking::new(2, vec![]).unwrap();
        for metric in METRICS {
            let score = (metric.score)(&[perfect.clone(), perfect.clone()]).unwrap();
            assert!((score - 1.0).abs() < 1e-12, "{}: {score}", metric.name);
            assert_eq!((metric.score)(std::slice::from_ref(&empty)), Some(0.0), "{}", metric.name);
        }
    }
}
