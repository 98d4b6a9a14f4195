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
//! It does not know models or tensors, opens no files, and depends on none of our other crates. Intervals over runs
//! and verdicts are the business of `cenote-evidence`.

/// The worked examples of the documentation, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/metrics.md")]
struct WorkedExamples;

mod bbox;
mod classification;
mod counts;
mod detection;
mod error;
mod metric;
mod plot;
mod sequence;
mod table;

pub use bbox::{BBox, Extent};
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
pub use detection::{
    Bound, Detection, Interpolation, Outcome, Ranking, Truth, VocRule, average_precision,
    mean_average_precision,
};
pub use error::Error;
pub use metric::Metric;
pub use plot::{
    Bar, Curve, ReliabilityBin, bars_plot, confusion_plot, precision_recall_plot, reliability_plot,
    roc_plot,
};
pub use sequence::METRICS as SEQUENCE_METRICS;
pub use sequence::{ReadItem, SequenceItem, SequenceScores, edit_distance};
pub use table::TableFormat;
