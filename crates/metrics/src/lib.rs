//! Counts and boxes in, scores out: precision, recall, intersection over union, average precision.
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
//! It does not know models or tensors, reads no files, and depends on none of our other crates. Intervals over runs
//! and verdicts are the business of `cenote-evidence`.

mod bbox;
mod classification;
mod counts;
mod detection;
mod error;
mod metric;

pub use bbox::{BBox, Extent};
pub use classification::METRICS as CLASSIFICATION_METRICS;
pub use classification::{
    Average, ConfusionMatrix, Undefined, Z_95, accuracy, average, f_beta, precision, recall,
    wilson_interval,
};
pub use counts::Counts;
pub use detection::METRICS as DETECTION_METRICS;
pub use detection::{
    Bound, Detection, Interpolation, Outcome, Ranking, Truth, VocRule, average_precision,
    mean_average_precision,
};
pub use error::Error;
pub use metric::Metric;
