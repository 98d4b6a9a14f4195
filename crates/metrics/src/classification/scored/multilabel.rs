//! One score per label and example, any of which may be right.

use super::multiclass::binary;
use super::{BinaryScores, Thresholds};
use crate::classification::mean_score;
use crate::classification::rows::Rows;
use crate::{Average, Error, MultilabelPredictions, Undefined};

/// Scored examples of several labels; a larger score means a likelier label.
///
/// ```
/// use cenote_metrics::{Average, MultilabelScores, Undefined};
///
/// let mut scores = MultilabelScores::new(2);
/// scores.push(&[true, false], &[0.9, 0.4], 1.0)?;
/// scores.push(&[false, true], &[0.2, 0.3], 1.0)?;
/// assert_eq!(scores.roc_auc(Average::Macro, Undefined::Propagate), Some(0.5));
/// assert_eq!(scores.label_ranking_average_precision(), Some(1.0));
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultilabelScores(Rows<f64>);

impl MultilabelScores {
    /// No example yet, of so many labels.
    pub fn new(labels: usize) -> Self {
        Self(Rows::new(labels))
    }

    /// Adds one example: what is true of each label, the score of each, and how much the example counts (1 usually).
    ///
    /// # Errors
    ///
    /// When there are more or fewer values than labels, a score is not finite, or the weight is negative or not
    /// finite.
    pub fn push(&mut self, truth: &[bool], scores: &[f64], weight: f64) -> Result<(), Error> {
        for &score in scores {
            Error::finite(score)?;
        }
        self.0.push(truth, ("scores", scores), weight)
    }

    /// Adds the examples of another part after those that are here.
    ///
    /// # Errors
    ///
    /// When it has another number of labels.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.0.merge(&other.0)
    }

    /// The scores of some labels only, in their order.
    ///
    /// # Errors
    ///
    /// When there is no such label.
    pub fn part(&self, labels: &[usize]) -> Result<Self, Error> {
        self.0.part(labels).map(Self)
    }

    /// Number of labels.
    pub fn labels(&self) -> usize {
        self.0.labels()
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.0.weights().len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.0.weights().is_empty()
    }

    /// The question "does it have this label?", scored for every example.
    ///
    /// # Panics
    ///
    /// When there is no such label.
    pub fn label(&self, label: usize) -> BinaryScores {
        binary(self.examples().map(|(row, weight)| (row[label].0, row[label].1, weight)))
    }

    /// Yes to every label with a score of at least `threshold`.
    pub fn at(&self, threshold: f64) -> MultilabelPredictions {
        let mut predictions = MultilabelPredictions::new(self.labels());
        for (row, weight) in self.examples() {
            let truth: Vec<bool> = row.iter().map(|&(truth, _)| truth).collect();
            let said: Vec<bool> = row.iter().map(|&(_, score)| score >= threshold).collect();
            predictions.push(&truth, &said, weight).expect("widths and weight were checked");
        }
        predictions
    }

    /// Labels with their scores, and the weight, of every example.
    pub(super) fn examples(&self) -> impl Iterator<Item = (&[(bool, f64)], f64)> {
        self.0.iter()
    }

    /// Mean over the labels of a score of a ranking.
    pub(super) fn average_labels(
        &self,
        average: Average,
        undefined: Undefined,
        score: impl Fn(&Thresholds) -> Option<f64>,
    ) -> Option<f64> {
        if average == Average::Micro {
            let pooled = self.examples().flat_map(|(row, weight)| {
                row.iter().map(move |&(truth, score)| (truth, score, weight))
            });
            return score(&binary(pooled).into_thresholds()).or(undefined.value());
        }
        let each = (0..self.labels()).map(|label| {
            let ranked = self.label(label).into_thresholds();
            let weight = if average == Average::Weighted { ranked.positives() } else { 1.0 };
            (score(&ranked), weight)
        });
        mean_score(each, undefined)
    }

    /// Mean over the examples of a score of the ranking of their labels.
    pub(super) fn average_examples(
        &self,
        undefined: Undefined,
        score: impl Fn(&Thresholds) -> Option<f64>,
    ) -> Option<f64> {
        let each = self.examples().map(|(row, weight)| {
            let labels = row.iter().map(|&(truth, score)| (truth, score, 1.0));
            (score(&binary(labels).into_thresholds()), weight)
        });
        mean_score(each, undefined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_over_examples_ranks_the_labels_of_each() {
        let mut scores = MultilabelScores::new(3);
        scores.push(&[true, false, false], &[0.9, 0.5, 0.1], 1.0).unwrap();
        scores.push(&[true, false, false], &[0.1, 0.5, 0.0], 3.0).unwrap();
        assert_eq!(scores.roc_auc_of_examples(Undefined::Propagate), Some(0.25 + 0.75 * 0.5));
        assert_eq!(
            scores.average_precision_of_examples(Undefined::Propagate),
            Some(0.25 + 0.75 * 0.5)
        );
        assert_eq!(scores.roc_auc(Average::Macro, Undefined::Zero), Some(0.0), "one class each");
        assert_eq!(scores.at(0.5).exact_match(), Some(0.0));
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_nothing() {
        let mut scores = MultilabelScores::new(2);
        assert!(scores.push(&[true], &[0.5, 0.5], 1.0).is_err());
        assert!(scores.push(&[true, true], &[0.5], 1.0).is_err());
        assert!(scores.push(&[true, true], &[0.5, f64::INFINITY], 1.0).is_err());
        assert!(scores.push(&[true, true], &[0.5, 0.5], -1.0).is_err());
        assert!(scores.merge(&MultilabelScores::new(3)).is_err());
        assert!(scores.is_empty());
    }
}
