//! The share of right predictions.

use super::ConfusionMatrix;
use crate::Metric;
use crate::counts::{Amount, ratio};

pub(super) const METRIC: Metric<ConfusionMatrix> = Metric {
    name: "accuracy",
    about: "share of the examples that are predicted right",
    score: accuracy,
};

/// Share of the examples that were taken for what they are: `correct / total`.
///
/// From 0 to 1, larger is better.
///
/// `None` when there is no example.
pub fn accuracy<T: Amount>(matrix: &ConfusionMatrix<T>) -> Option<f64> {
    ratio(matrix.correct(), matrix.total())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_is_the_share_on_the_diagonal() {
        let matrix = ConfusionMatrix::from_labels(3, &[0, 1, 2, 2], &[0, 1, 1, 2]).unwrap();
        assert_eq!(accuracy(&matrix), Some(0.75));
    }

    #[test]
    fn accuracy_is_undefined_without_examples() {
        assert_eq!(accuracy(&ConfusionMatrix::new(3)), None);
    }
}
