//! The share of wrong predictions.

use super::ConfusionMatrix;
use crate::counts::{Amount, ratio};

/// Share of the examples that were taken for another class: `1 − accuracy`.
///
/// From 0 to 1, smaller is better. With several labels per example it is the share of wrong labels, see
/// [`MultilabelPredictions::hamming_loss`](crate::MultilabelPredictions::hamming_loss).
/// After Hamming (1950), doi:10.1002/j.1538-7305.1950.tb00463.x.
///
/// `None` when there is no example.
pub fn hamming_loss<T: Amount>(matrix: &ConfusionMatrix<T>) -> Option<f64> {
    let wrong = matrix.per_class().into_iter().map(|counts| counts.fn_).sum();
    ratio(wrong, matrix.total())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hamming_loss_is_what_accuracy_leaves() {
        let matrix = ConfusionMatrix::from_labels(3, &[0, 1, 2, 2], &[0, 1, 1, 2]).unwrap();
        assert_eq!(hamming_loss(&matrix), Some(0.25));
        assert_eq!(hamming_loss(&ConfusionMatrix::new(3)), None);
    }
}
