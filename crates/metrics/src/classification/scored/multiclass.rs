//! One score per class and example, and one class that is right.

use super::{BinaryScores, Thresholds};
use crate::classification::mean_score;
use crate::{Average, ConfusionMatrix, Error, Undefined};

/// Scored examples of several classes, one of which is right; a larger score means a likelier class.
///
/// ```
/// use cenote_metrics::{Average, MulticlassScores, Undefined};
///
/// let mut scores = MulticlassScores::new(3);
/// scores.push(0, &[0.7, 0.2, 0.1], 1.0)?;
/// scores.push(1, &[0.3, 0.5, 0.2], 1.0)?;
/// scores.push(2, &[0.3, 0.3, 0.4], 1.0)?;
/// assert_eq!(scores.roc_auc_ovr(Average::Macro, Undefined::Propagate), Some(1.0));
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MulticlassScores {
    classes: usize,
    labels: Vec<usize>,
    /// Row-major, one row per example.
    scores: Vec<f64>,
    weights: Vec<f64>,
}

impl MulticlassScores {
    /// No example yet, of so many classes.
    pub fn new(classes: usize) -> Self {
        Self { classes, labels: Vec::new(), scores: Vec::new(), weights: Vec::new() }
    }

    /// Adds one example: its class, the score of every class, and how much it counts (1 usually).
    ///
    /// # Errors
    ///
    /// When the class is out of range, there are more or fewer scores than classes, a score is not finite, or the
    /// weight is negative or not finite.
    pub fn push(&mut self, label: usize, scores: &[f64], weight: f64) -> Result<(), Error> {
        let (got, expected) = (scores.len(), self.classes);
        if label >= self.classes {
            return Err(Error::NoClass { what: "label", got: label, classes: self.classes });
        }
        if got != expected {
            return Err(Error::Width { what: "scores", got, expected });
        }
        for &score in scores {
            Error::finite(score)?;
        }
        self.weights.push(Error::weight(weight)?);
        self.labels.push(label);
        self.scores.extend_from_slice(scores);
        Ok(())
    }

    /// Adds the examples of another part after those that are here.
    ///
    /// # Errors
    ///
    /// When it has another number of classes.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if self.classes != other.classes {
            return Err(Error::Classes { got: other.classes, expected: self.classes });
        }
        self.labels.extend_from_slice(&other.labels);
        self.scores.extend_from_slice(&other.scores);
        self.weights.extend_from_slice(&other.weights);
        Ok(())
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The weight of the examples of every class.
    pub fn label_totals(&self) -> Vec<f64> {
        let mut totals = vec![0.0; self.classes];
        for (label, _, weight) in self.examples() {
            totals[label] += weight;
        }
        totals
    }

    /// The question "is it this class?", scored for every example.
    ///
    /// # Panics
    ///
    /// When there is no such class.
    pub fn one_vs_rest(&self, class: usize) -> BinaryScores {
        binary(self.examples().map(|(label, row, weight)| (label == class, row[class], weight)))
    }

    /// The question "is the likeliest class right?", scored with its score: what calibration looks at.
    pub fn top_label(&self) -> BinaryScores {
        binary(self.examples().map(|(label, row, weight)| {
            let top = top(row);
            (top == label, row[top], weight)
        }))
    }

    /// Labels against the class of the highest score; of equal scores the first class.
    pub fn confusion(&self) -> ConfusionMatrix<f64> {
        let mut matrix = ConfusionMatrix::weighted(self.classes);
        for (label, row, weight) in self.examples() {
            matrix.add(label, top(row), weight).expect("classes and weight were checked");
        }
        matrix
    }

    /// Class, scores and weight of every example.
    pub(super) fn examples(&self) -> impl Iterator<Item = (usize, &[f64], f64)> {
        let rows = self.scores.chunks_exact(self.classes.max(1));
        self.labels
            .iter()
            .zip(rows)
            .zip(&self.weights)
            .map(|((&label, row), &weight)| (label, row, weight))
    }

    /// Where the examples of each class stand.
    pub(super) fn positions(&self) -> Vec<Vec<usize>> {
        let mut positions = vec![Vec::new(); self.classes];
        for (at, &label) in self.labels.iter().enumerate() {
            positions[label].push(at);
        }
        positions
    }

    /// The question "this class or the other?", scored for the examples of the two.
    pub(super) fn one_vs_one(
        &self,
        of_class: &[Vec<usize>],
        class: usize,
        other: usize,
    ) -> BinaryScores {
        let both = [(true, class), (false, other)].into_iter();
        binary(both.flat_map(|(positive, label)| {
            let examples = of_class[label].iter();
            examples.map(move |&at| {
                (positive, self.scores[at * self.classes + class], self.weights[at])
            })
        }))
    }

    pub(super) fn check_probabilities(&self) -> Result<(), Error> {
        self.scores.iter().try_for_each(|&score| Error::probability(score).map(|_| ()))
    }

    /// Mean over the classes of a score of "this class against the rest".
    pub(super) fn average_classes(
        &self,
        average: Average,
        undefined: Undefined,
        score: impl Fn(&Thresholds) -> Option<f64>,
    ) -> Option<f64> {
        if average == Average::Micro {
            let pooled = self.examples().flat_map(|(label, row, weight)| {
                row.iter().enumerate().map(move |(class, &score)| (class == label, score, weight))
            });
            return score(&binary(pooled).into_thresholds()).or(undefined.value());
        }
        let totals = self.label_totals();
        let weight = |class: usize| if average == Average::Weighted { totals[class] } else { 1.0 };
        let each = (0..self.classes)
            .map(|class| (score(&self.one_vs_rest(class).into_thresholds()), weight(class)));
        mean_score(each, undefined)
    }
}

/// The class of the highest score, of equal ones the first.
fn top(row: &[f64]) -> usize {
    let best = |best: usize, class: usize| if row[class] > row[best] { class } else { best };
    (0..row.len()).fold(0, best)
}

/// Binary scores of values that were checked before.
pub(super) fn binary(examples: impl Iterator<Item = (bool, f64, f64)>) -> BinaryScores {
    let mut scores = BinaryScores::new();
    for (positive, score, weight) in examples {
        scores.push(positive, score, weight).expect("scores and weights were checked");
    }
    scores
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small sums of whole numbers are exact")]
mod tests {
    use super::*;

    fn scores() -> MulticlassScores {
        let mut scores = MulticlassScores::new(3);
        scores.push(0, &[0.5, 0.5, 0.0], 1.0).unwrap();
        scores.push(1, &[0.2, 0.3, 0.5], 2.0).unwrap();
        scores
    }

    #[test]
    fn of_equal_scores_the_first_class_is_predicted() {
        let matrix = scores().confusion();
        assert_eq!((matrix.count(0, 0), matrix.count(1, 2), matrix.total()), (1.0, 2.0, 3.0));
    }

    #[test]
    fn questions_about_classes_share_the_scores() {
        let scores = scores();
        let rest = scores.one_vs_rest(1).thresholds();
        assert_eq!((rest.positives(), rest.negatives()), (2.0, 1.0));
        assert_eq!(rest.roc_auc(), Some(0.0));
        let pair = scores.one_vs_one(&scores.positions(), 0, 1);
        assert_eq!(pair.thresholds().roc_auc(), Some(1.0));
        assert_eq!(scores.top_label().at(0.0).counts(1).tp, 1.0);
    }

    #[test]
    fn a_class_without_examples_is_a_matter_of_choice() {
        let scores = scores();
        let auc = |undefined| scores.roc_auc_ovr(Average::Macro, undefined);
        assert_eq!((auc(Undefined::Skip), auc(Undefined::Propagate)), (Some(0.5), None));
        assert_eq!(scores.roc_auc_ovo(Average::Macro), Some(0.5));
        assert_eq!(scores.roc_auc_ovo(Average::Micro), None);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_nothing() {
        let mut scores = scores();
        assert!(scores.push(3, &[0.0; 3], 1.0).is_err());
        assert!(scores.push(0, &[0.0; 2], 1.0).is_err());
        assert!(scores.push(0, &[0.0, f64::NAN, 0.0], 1.0).is_err());
        assert!(scores.push(0, &[0.0; 3], f64::NAN).is_err());
        assert!(scores.merge(&MulticlassScores::new(2)).is_err());
        assert_eq!(scores.len(), 2);
        let copy = scores.clone();
        scores.merge(&copy).unwrap();
        assert_eq!(scores.label_totals(), [2.0, 4.0, 0.0]);
    }
}
