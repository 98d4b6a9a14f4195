//! Counts, scores and boxes in, scores out: precision, recall, areas under curves, calibration, intersection over
//! union, average precision.
//!
//! ```
//! use cenote_metrics::{Average, ConfusionMatrix, Undefined, accuracy, average, precision};
//!
//! let labels = [0, 0, 1, 1, 2];
//! let predictions = [0, 1, 1, 1, 1];
//! let matrix = ConfusionMatrix::from_labels(3, &labels, &predictions)?;
//! assert_eq!(accuracy(&matrix), Some(0.6));
//! assert_eq!(precision(matrix.counts(1)), Some(0.5));
//! assert_eq!(precision(matrix.counts(2)), None); // never predicted
//! let per_class = matrix.per_class();
//! assert_eq!(average(&per_class, Average::Macro, Undefined::Zero, precision), Some(0.5));
//! assert_eq!(average(&per_class, Average::Macro, Undefined::Skip, precision), Some(0.75));
//! # Ok::<(), cenote_metrics::Error>(())
//! ```
//!
//! A score that divides by nothing is `None`: undefined, not zero. Whoever averages says what undefined scores count
//! as. Counts merge, so parts can be counted apart and scored together.
//!
//! It does not know models or tensors, opens only the files of boxes that it is told to read, and depends on none of
//! our other crates. Intervals over runs and verdicts are the business of `cenote-evidence`.

/// The worked examples of the documentation, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/metrics.md")]
struct WorkedExamples;

mod boxes;
mod classification;
mod counts;
mod detection;
mod error;
mod keypoints;
mod masks;
mod metric;
mod numerics;
mod plot;
mod read;
mod sequence;
mod table;

pub use boxes::{BBox, BoxFormat, Decay, Extent, nms, nms_per_class, soft_nms, xywh_iou};
pub use classification::METRICS as CLASSIFICATION_METRICS;
pub use classification::{
    Average, BestThreshold, BinaryScores, Binning, Calibration, ClassReport, ClassificationReport,
    ConfusionMatrix, DetPoint, Examples, KappaWeights, Known, MulticlassScores,
    MultilabelPredictions, MultilabelScores, Normalize, PrPoint, ReadOptions, ReportOptions,
    RocPoint, RocPoints, SCORED_METRICS, Step, Task, Thresholds, Undefined, Z_95, accuracy,
    adjusted_balanced_accuracy, average, balanced_accuracy, cohen_kappa, f_beta, hamming_loss,
    jaccard, matthews, mean_score, precision, recall, specificity, wilson_interval,
};
pub use counts::{Amount, Counts};
pub use detection::METRICS as DETECTION_METRICS;
pub use detection::coco::{
    AreaRange, Cell, ClassMatches, Explained, Grid, ImageScore, Line, Matches, Measure, Mode,
    Settings as CocoSettings, Similarity, Slice, Summary,
};
pub use detection::data::{
    Category, Detections, Frequency, GroundTruth, Id, Image, Object, Pose, Segmentation, Shape,
};
pub use detection::lvis::{LvisLine, LvisMatches, LvisSettings, LvisSummary};
pub use detection::{
    Axis, Bootstrap, CalibrationBin, ClassJudgements, Comparison, ConfusionRule,
    DetectionCalibration, DetectionConfusion, Difference, Difficult, Disagreement, Estimate,
    ImageOrder, Interval, Judgement, Judgements, Mistake, OperatingPoint, OptimalLrp, Pairing,
    Preset, Protocol, Reason, Resampling, Scene, SceneDetection, SceneObject, Scenes, ScoredBox,
    Side, ThresholdEstimate, Tide, TideRule, VocClass, VocClassResult, VocMatches, VocProblem,
    VocResult, Warning, best_threshold, best_threshold_interval, detection_calibration,
    detection_warnings, mean_optimal_lrp, operating_counts, optimal_lrp, precision_at_recall,
    recall_at_precision, tide,
};
pub use detection::{
    Bound, Detection, Interpolation, Outcome, Ranking, Truth, VocRule, average_precision,
    mean_average_precision,
};
pub use error::Error;
pub use keypoints::{COCO_SIGMAS, oks};
pub use masks::{Rle, rasterise};
pub use metric::Metric;
pub use numerics::{linspace, pairwise_mean, pairwise_sum};
pub use plot::{
    Bar, Curve, ReliabilityBin, bars_plot, confusion_plot, precision_recall_plot, reliability_plot,
    roc_plot,
};
pub use read::{CocoReader, write_coco_results};
pub use read::{
    Far, Flaw, FolderError, ImageSizes, LabelledBox, Names, Scored, TextBox, VocAnnotation,
    VocObject, YoloBox, image_size, parse_image_sizes, parse_voc_text, parse_voc_xml, parse_yolo,
    read_class_names, read_image_sizes, read_voc_folder, read_voc_text_folder, read_yolo_folder,
    voc_detections, voc_ground_truth, yolo_detections, yolo_ground_truth,
};
pub use sequence::METRICS as SEQUENCE_METRICS;
pub use sequence::{ReadItem, SequenceItem, SequenceScores, edit_distance};
pub use table::TableFormat;
