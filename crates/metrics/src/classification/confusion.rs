//! How often each class was taken for each other.

use crate::{Counts, Error};

/// Counts of `(label, prediction)` pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// Row-major, one row per label.
    cells: Vec<u64>,
}

impl ConfusionMatrix {
    /// A matrix without any example.
    pub fn new(classes: usize) -> Self {
        Self { classes, cells: vec![0; classes * classes] }
    }

    /// Counts labels against predictions.
    ///
    /// # Errors
    ///
    /// When their numbers differ or one is not below `classes`.
    pub fn from_labels(
        classes: usize,
        labels: &[usize],
        predictions: &[usize],
    ) -> Result<Self, Error> {
        if labels.len() != predictions.len() {
            return Err(Error::Lengths { labels: labels.len(), predictions: predictions.len() });
        }
        for (what, values) in [("label", labels), ("prediction", predictions)] {
            if let Some(index) = values.iter().position(|&value| value >= classes) {
                return Err(Error::Class { what, got: values[index], index, classes });
            }
        }
        let mut matrix = Self::new(classes);
        for (&label, &prediction) in labels.iter().zip(predictions) {
            matrix.cells[label * classes + prediction] += 1;
        }
        Ok(matrix)
    }

    /// Adds the examples of another matrix.
    ///
    /// # Errors
    ///
    /// When it has another number of classes.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if self.classes != other.classes {
            return Err(Error::Classes { got: other.classes, expected: self.classes });
        }
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            *cell += more;
        }
        Ok(())
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Examples of class `label` that were taken for class `prediction`.
    ///
    /// # Panics
    ///
    /// When there is no such class.
    pub fn count(&self, label: usize, prediction: usize) -> u64 {
        assert!(prediction < self.classes, "class {prediction} of {}", self.classes);
        self.cells[label * self.classes + prediction]
    }

    /// Number of examples.
    pub fn total(&self) -> u64 {
        self.cells.iter().sum()
    }

    /// Number of examples that were taken for what they are.
    pub fn correct(&self) -> u64 {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }

    /// The question "is it this class?", counted.
    ///
    /// # Panics
    ///
    /// When there is no such class.
    pub fn counts(&self, class: usize) -> Counts {
        let tp = self.count(class, class);
        let predicted: u64 = (0..self.classes).map(|label| self.count(label, class)).sum();
        let support: u64 = (0..self.classes).map(|prediction| self.count(class, prediction)).sum();
        let (fp, fn_) = (predicted - tp, support - tp);
        Counts { tp, fp, fn_, tn: self.total() - tp - fp - fn_ }
    }

    /// [`ConfusionMatrix::counts`] of every class.
    pub fn per_class(&self) -> Vec<Counts> {
        (0..self.classes).map(|class| self.counts(class)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_are_labels_and_columns_are_predictions() {
        let matrix = ConfusionMatrix::from_labels(3, &[0, 0, 1, 2, 2], &[0, 1, 1, 0, 0]).unwrap();
        assert_eq!((matrix.count(0, 1), matrix.count(1, 0), matrix.count(2, 0)), (1, 0, 2));
        assert_eq!((matrix.total(), matrix.correct()), (5, 2));
        assert_eq!(matrix.counts(0), Counts { tp: 1, fp: 2, fn_: 1, tn: 1 });
    }

    #[test]
    fn labels_that_cannot_be_counted_are_named() {
        let message = |labels: &[usize], predictions: &[usize]| {
            ConfusionMatrix::from_labels(2, labels, predictions).unwrap_err().to_string()
        };
        assert_eq!(
            message(&[0], &[0, 1]),
            "confusion matrix: 1 labels cannot be paired with 2 predictions"
        );
        assert_eq!(
            message(&[0, 1], &[0, 2]),
            "confusion matrix: prediction 2 of example 1 is out of range; expected less than 2"
        );
        let mut matrix = ConfusionMatrix::new(2);
        assert!(matrix.merge(&ConfusionMatrix::new(3)).is_err());
    }

    proptest! {
        #[test]
        fn merged_parts_equal_the_whole_and_every_class_counts_every_example(
            pairs in prop::collection::vec((0_usize..4, 0_usize..4), 0..60), cut in 0_usize..60,
        ) {
            let matrix = |pairs: &[(usize, usize)]| {
                let (labels, predictions): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
                ConfusionMatrix::from_labels(4, &labels, &predictions).unwrap()
            };
            let (head, tail) = pairs.split_at(cut.min(pairs.len()));
            let mut merged = matrix(head);
            merged.merge(&matrix(tail)).unwrap();
            prop_assert_eq!(&merged, &matrix(&pairs));
            for (class, counts) in merged.per_class().into_iter().enumerate() {
                let pairs = pairs.iter().map(|&(label, said)| (label == class, said == class));
                prop_assert_eq!(counts, Counts::of(pairs));
            }
        }
    }
}
