//! What can be wrong with labels, boxes and scores.

/// Why something could not be counted or scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Labels and predictions do not pair up.
    #[error("confusion matrix: {labels} labels cannot be paired with {predictions} predictions")]
    Lengths {
        /// Number of labels.
        labels: usize,
        /// Number of predictions.
        predictions: usize,
    },
    /// A label or prediction names no class.
    #[error(
        "confusion matrix: {what} {got} of example {index} is out of range; expected less than {classes}"
    )]
    Class {
        /// `label` or `prediction`.
        what: &'static str,
        /// Its value.
        got: usize,
        /// Position of the example.
        index: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Two matrices count different numbers of classes.
    #[error("confusion matrix: cannot merge {got} classes into {expected}")]
    Classes {
        /// Classes of the matrix to merge.
        got: usize,
        /// Classes of the matrix that should take it.
        expected: usize,
    },
    /// The corners of a box are not finite or not in order.
    #[error("box: corners are {corners:?}; expected finite x1 <= x2 and y1 <= y2")]
    Corners {
        /// `[x1, y1, x2, y2]` as given.
        corners: [f64; 4],
    },
    /// A detection has a score that cannot be ranked.
    #[error("detection: score is {score}; expected a number")]
    Score {
        /// The score as given.
        score: f64,
    },
}
