//! How often each class was taken for each other.

use crate::counts::Amount;
use crate::{Counts, Error};

/// Counts of `(label, prediction)` pairs, or with `T = f64` sums of their weights.
///
/// It is a state: examples are added as they come, parts counted apart are merged, and every score is computed from
/// it at any time.
///
/// ```
/// use cenote_metrics::ConfusionMatrix;
///
/// let mut matrix = ConfusionMatrix::weighted(2);
/// matrix.add(0, 0, 1.5)?;
/// matrix.add(0, 1, 0.5)?;
/// assert_eq!((matrix.count(0, 1), matrix.total()), (0.5, 2.0));
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix<T = u64> {
    classes: usize,
    /// Row-major, one row per label.
    cells: Vec<T>,
}

/// What the cells of a matrix are divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalize {
    /// The examples of their label: rows sum to 1, the diagonal is the recall.
    Labels,
    /// The examples of their prediction: columns sum to 1, the diagonal is the precision.
    Predictions,
    /// All examples.
    All,
}

impl ConfusionMatrix {
    /// A matrix without any example.
    pub fn new(classes: usize) -> Self {
        Self::empty(classes)
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
}

impl ConfusionMatrix<f64> {
    /// A matrix of weights without any example.
    pub fn weighted(classes: usize) -> Self {
        Self::empty(classes)
    }

    /// Adds one example.
    ///
    /// # Errors
    ///
    /// When a class is out of range or the weight is negative or not finite.
    pub fn add(&mut self, label: usize, prediction: usize, weight: f64) -> Result<(), Error> {
        let classes = self.classes;
        for (what, got) in [("label", label), ("prediction", prediction)] {
            if got >= classes {
                return Err(Error::NoClass { what, got, classes });
            }
        }
        self.cells[label * classes + prediction] += Error::weight(weight)?;
        Ok(())
    }
}

impl<T: Amount> ConfusionMatrix<T> {
    fn empty(classes: usize) -> Self {
        Self { classes, cells: vec![T::default(); classes * classes] }
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
            *cell += *more;
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
    pub fn count(&self, label: usize, prediction: usize) -> T {
        assert!(prediction < self.classes, "class {prediction} of {}", self.classes);
        self.cells[label * self.classes + prediction]
    }

    /// Number of examples.
    pub fn total(&self) -> T {
        self.cells.iter().copied().sum()
    }

    /// Number of examples that were taken for what they are.
    pub fn correct(&self) -> T {
        (0..self.classes).map(|class| self.count(class, class)).sum()
    }

    /// Examples of each label.
    pub fn label_totals(&self) -> Vec<T> {
        self.rows().map(|row| row.iter().copied().sum()).collect()
    }

    /// Examples of each prediction.
    pub fn prediction_totals(&self) -> Vec<T> {
        let mut totals = vec![T::default(); self.classes];
        for row in self.rows() {
            for (total, cell) in totals.iter_mut().zip(row) {
                *total += *cell;
            }
        }
        totals
    }

    /// The rows, one per label.
    pub fn rows(&self) -> impl Iterator<Item = &[T]> {
        // A matrix without classes has no cells, so any width will do.
        self.cells.chunks_exact(self.classes.max(1))
    }

    /// The question "is it this class?", counted.
    ///
    /// # Panics
    ///
    /// When there is no such class.
    pub fn counts(&self, class: usize) -> Counts<T> {
        self.split(class, &self.label_totals())
    }

    /// [`ConfusionMatrix::counts`] of every class.
    pub fn per_class(&self) -> Vec<Counts<T>> {
        let totals = self.label_totals();
        (0..self.classes).map(|class| self.split(class, &totals)).collect()
    }

    /// [`ConfusionMatrix::counts`] of some classes, in their order: what a mean over a part of the classes is over.
    ///
    /// # Errors
    ///
    /// When there is no such class.
    pub fn counts_of(&self, classes: &[usize]) -> Result<Vec<Counts<T>>, Error> {
        self.check(classes)?;
        let totals = self.label_totals();
        Ok(classes.iter().map(|&class| self.split(class, &totals)).collect())
    }

    /// The matrix of some classes only, in their order; examples that belong to or were taken for others are left out.
    ///
    /// # Errors
    ///
    /// When there is no such class.
    pub fn part(&self, classes: &[usize]) -> Result<Self, Error> {
        self.check(classes)?;
        let row = |&label: &usize| classes.iter().map(move |&said| self.count(label, said));
        Ok(Self { classes: classes.len(), cells: classes.iter().flat_map(row).collect() })
    }

    /// Every cell as a share, row-major; 0 where there is nothing to have a share of.
    pub fn normalized(&self, by: Normalize) -> Vec<f64> {
        let (labels, predictions) = (self.label_totals(), self.prediction_totals());
        let all = self.total();
        let share = |(at, cell): (usize, &T)| {
            let whole = match by {
                Normalize::Labels => labels[at / self.classes],
                Normalize::Predictions => predictions[at % self.classes],
                Normalize::All => all,
            };
            crate::counts::ratio(*cell, whole).unwrap_or(0.0)
        };
        self.cells.iter().enumerate().map(share).collect()
    }

    fn check(&self, classes: &[usize]) -> Result<(), Error> {
        match classes.iter().find(|&&class| class >= self.classes) {
            Some(&got) => Err(Error::NoClass { what: "class", got, classes: self.classes }),
            None => Ok(()),
        }
    }

    /// Only additions lead to `fp`, `fn` and the negatives, so that weights of nothing stay exactly nothing.
    fn split(&self, class: usize, label_totals: &[T]) -> Counts<T> {
        let others = |sum: &dyn Fn(usize) -> T| -> T {
            (0..self.classes).filter(|&other| other != class).map(sum).sum()
        };
        let fp = others(&|label| self.count(label, class));
        let fn_ = others(&|prediction| self.count(class, prediction));
        let negatives = others(&|label| label_totals[label]);
        Counts { tp: self.count(class, class), fp, fn_, tn: negatives.without(fp) }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "weights of nothing are exactly nothing")]
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

    #[test]
    fn shares_of_a_worked_example() {
        let matrix = ConfusionMatrix::from_labels(2, &[0, 0, 0, 0], &[0, 0, 0, 1]).unwrap();
        assert_eq!(matrix.normalized(Normalize::Labels), [0.75, 0.25, 0.0, 0.0]);
        assert_eq!(matrix.normalized(Normalize::Predictions), [1.0, 1.0, 0.0, 0.0]);
        assert_eq!(matrix.normalized(Normalize::All), [0.75, 0.25, 0.0, 0.0]);
    }

    #[test]
    fn a_part_of_the_classes_keeps_its_order_and_a_class_out_of_range_is_named() {
        let matrix = ConfusionMatrix::from_labels(3, &[0, 1, 2, 2], &[0, 1, 1, 2]).unwrap();
        let part = matrix.counts_of(&[2, 0]).unwrap();
        assert_eq!(part, [matrix.counts(2), matrix.counts(0)]);
        let part = matrix.part(&[2, 1]).unwrap();
        assert_eq!((part.count(0, 1), part.total()), (1, 3));
        assert!(matrix.part(&[3]).is_err());
        let error = matrix.counts_of(&[0, 3]).unwrap_err().to_string();
        assert!(error.contains("class 3") && error.contains("less than 3"), "{error}");
    }

    #[test]
    fn a_weight_that_is_no_amount_is_refused() {
        let mut matrix = ConfusionMatrix::weighted(2);
        for weight in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(matrix.add(0, 0, weight).is_err());
        }
        assert!(matrix.add(0, 2, 1.0).is_err() && matrix.add(2, 0, 1.0).is_err());
        assert_eq!(matrix.total(), 0.0);
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
