//! Accuracy with every class counting the same.

use super::ConfusionMatrix;
use crate::Metric;
use crate::counts::{Amount, ratio};

pub(super) const METRIC: Metric<ConfusionMatrix> = Metric {
    name: "balanced_accuracy",
    about: "share of the examples of a class that are found, mean over the classes that have examples",
    score: balanced_accuracy,
};

/// Mean recall of the classes that have examples.
///
/// ```text
/// 1/C Σ n(c,c) / n(c)          n(c) examples of class c, n(c,c) of them predicted right, C classes with n(c) > 0
/// ```
///
/// From 0 to 1, larger is better; a guess that ignores the image scores 1/C.
/// After Brodersen, Ong, Stephan and Buhmann (2010), doi:10.1109/ICPR.2010.764.
///
/// `None` when there is no example.
pub fn balanced_accuracy<T: Amount>(matrix: &ConfusionMatrix<T>) -> Option<f64> {
    let recalls = recalls(matrix);
    (!recalls.is_empty()).then(|| recalls.iter().sum::<f64>() / recalls.len() as f64)
}

/// [`balanced_accuracy`] so scaled that a guess scores 0 and perfection 1.
///
/// ```text
/// (b − 1/C) / (1 − 1/C)
/// ```
///
/// Larger is better; it goes down to −1/(C − 1). `None` when fewer than two classes have examples: then a guess is
/// always right.
pub fn adjusted_balanced_accuracy<T: Amount>(matrix: &ConfusionMatrix<T>) -> Option<f64> {
    let chance = 1.0 / recalls(matrix).len() as f64;
    let score = balanced_accuracy(matrix)?;
    (chance < 1.0).then(|| (score - chance) / (1.0 - chance))
}

fn recalls<T: Amount>(matrix: &ConfusionMatrix<T>) -> Vec<f64> {
    let totals = matrix.label_totals().into_iter().enumerate();
    totals.filter_map(|(class, total)| ratio(matrix.count(class, class), total)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_without_examples_is_left_out() {
        let matrix = ConfusionMatrix::from_labels(3, &[0, 0, 1, 1], &[0, 2, 1, 1]).unwrap();
        assert_eq!(balanced_accuracy(&matrix), Some(0.75));
        assert_eq!(adjusted_balanced_accuracy(&matrix), Some(0.5));
    }

    #[test]
    fn a_guess_scores_the_share_of_one_class_or_adjusted_nothing() {
        let matrix = ConfusionMatrix::from_labels(3, &[0, 1, 2, 2, 2], &[2; 5]).unwrap();
        assert_eq!(balanced_accuracy(&matrix), Some(1.0 / 3.0));
        assert!(adjusted_balanced_accuracy(&matrix).unwrap().abs() < 1e-12);
    }

    #[test]
    fn no_examples_and_adjusted_one_class_are_undefined() {
        assert_eq!(balanced_accuracy(&ConfusionMatrix::new(2)), None);
        assert_eq!(adjusted_balanced_accuracy(&ConfusionMatrix::new(2)), None);
        let one = ConfusionMatrix::from_labels(2, &[0, 0], &[0, 1]).unwrap();
        assert_eq!((balanced_accuracy(&one), adjusted_balanced_accuracy(&one)), (Some(0.5), None));
    }
}
