//! Scores of detected boxes.

mod average_precision;
mod bootstrap;
mod calibration;
pub(crate) mod coco;
mod compare;
mod confusion;
pub(crate) mod data;
mod judgements;
mod lrp;
pub(crate) mod lvis;
mod operating;
mod operating_interval;
mod preset;
mod ranking;
mod scene;
mod scenes;
mod tide;
mod voc;
mod voc_matches;
mod voc_merge;
mod voc_problem;
mod warnings;
mod words;

pub use average_precision::{Interpolation, average_precision, mean_average_precision};
pub use bootstrap::{Bootstrap, Estimate, Interval, Resampling};
pub use calibration::{
    Axis, CalibrationBin, DetectionCalibration, ScoredBox, detection_calibration,
};
pub use compare::{Comparison, Difference};
pub use confusion::{ConfusionRule, DetectionConfusion, Pairing, Side};
pub use judgements::{ClassJudgements, Judgement, Judgements};
pub use lrp::{OptimalLrp, mean_optimal_lrp, optimal_lrp};
pub use operating::{
    OperatingPoint, best_threshold, operating_counts, precision_at_recall, recall_at_precision,
};
pub use operating_interval::{ThresholdEstimate, best_threshold_interval};
pub use preset::{Difficult, Disagreement, Preset, Protocol};
pub use ranking::{Outcome, Ranking};
pub use scene::{Scene, SceneDetection, SceneObject};
pub use scenes::{ImageOrder, Scenes};
pub use tide::{Mistake, Reason, Tide, TideRule, tide};
pub use voc::{Bound, Detection, Truth, VocRule};
pub use voc_matches::VocMatches;
pub use voc_problem::{VocClass, VocClassResult, VocProblem, VocResult};
pub use warnings::{Warning, detection_warnings};

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
