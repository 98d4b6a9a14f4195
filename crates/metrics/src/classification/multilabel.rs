//! Several labels per example, each a yes or a no.

use super::rows::Rows;
use super::{Undefined, mean_score};
use crate::{Counts, Error};

/// Which labels examples have and which were predicted, kept as they come.
///
/// It is a state: examples are added one by one, parts are merged, scores are computed from it at any time.
///
/// ```
/// use cenote_metrics::{Average, MultilabelPredictions, Undefined, average, precision};
///
/// let mut seen = MultilabelPredictions::new(2);
/// seen.push(&[true, false], &[true, true], 1.0)?;
/// seen.push(&[true, true], &[true, false], 1.0)?;
/// assert_eq!(seen.hamming_loss(), Some(0.5));
/// assert_eq!(average(&seen.per_label(), Average::Micro, Undefined::Zero, precision), Some(2.0 / 3.0));
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MultilabelPredictions(Rows<bool>);

impl MultilabelPredictions {
    /// No example yet, of so many labels.
    pub fn new(labels: usize) -> Self {
        Self(Rows::new(labels))
    }

    /// Adds one example: what is true of each label, what was said, and how much the example counts (1 usually).
    ///
    /// # Errors
    ///
    /// When there are more or fewer values than labels, or the weight is negative or not finite.
    pub fn push(&mut self, truth: &[bool], said: &[bool], weight: f64) -> Result<(), Error> {
        self.0.push(truth, ("predictions", said), weight)
    }

    /// Adds the examples of another part after those that are here.
    ///
    /// # Errors
    ///
    /// When it has another number of labels.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.0.merge(&other.0)
    }

    /// The predictions of some labels only, in their order.
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
        self.weights().len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.weights().is_empty()
    }

    /// The weight of every example.
    pub fn weights(&self) -> &[f64] {
        self.0.weights()
    }

    /// The sum of the weights of all examples.
    pub fn total(&self) -> f64 {
        self.weights().iter().sum()
    }

    /// The question "does it have this label?" counted over the examples, for every label.
    pub fn per_label(&self) -> Vec<Counts<f64>> {
        let mut counts = vec![Counts::default(); self.labels()];
        for (row, weight) in self.0.iter() {
            for (counts, &(truth, said)) in counts.iter_mut().zip(row) {
                counts.count(truth, said, weight);
            }
        }
        counts
    }

    /// The question "is this one of its labels?" counted over the labels, for every example.
    pub fn per_example(&self) -> impl Iterator<Item = Counts> {
        self.0.iter().map(|(row, _)| Counts::of(row.iter().copied()))
    }

    /// Mean of `score` over the examples by their weights: scikit-learn's average over samples.
    ///
    /// As there, nothing is counted of an example of weight 0, so that its score is that of no counts.
    /// `None` when nothing is left to average.
    pub fn average_examples(
        &self,
        undefined: Undefined,
        score: impl Fn(Counts) -> Option<f64>,
    ) -> Option<f64> {
        let scores = self.per_example().zip(self.weights()).map(|(counts, &weight)| {
            (score(if weight > 0.0 { counts } else { Counts::default() }), weight)
        });
        mean_score(scores, undefined)
    }

    /// Share of the examples all of whose labels are right, also called subset accuracy.
    ///
    /// From 0 to 1, larger is better. `None` without examples.
    pub fn exact_match(&self) -> Option<f64> {
        self.share(|row| f64::from(u8::from(row.iter().all(|(truth, said)| truth == said))))
    }

    /// Share of wrong labels.
    ///
    /// ```text
    /// Σ w(i) (fp(i) + fn(i)) / (L Σ w(i))          L labels
    /// ```
    ///
    /// From 0 to 1, smaller is better. `None` without examples or labels.
    /// After Schapire and Singer (2000), doi:10.1023/A:1007649029923.
    pub fn hamming_loss(&self) -> Option<f64> {
        if self.labels() == 0 {
            return None;
        }
        let labels = self.labels() as f64;
        self.share(|row| row.iter().filter(|(truth, said)| truth != said).count() as f64 / labels)
    }

    fn share(&self, of: impl Fn(&[(bool, bool)]) -> f64) -> Option<f64> {
        let total = self.total();
        let sum: f64 = self.0.iter().map(|(row, weight)| weight * of(row)).sum();
        (total > 0.0).then(|| sum / total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{f_beta, jaccard, precision, recall};

    #[test]
    fn an_example_of_weight_0_counts_nothing() {
        // Only the second example has labels, so only it could have a recall; scikit-learn says NaN.
        let mut seen = MultilabelPredictions::new(2);
        seen.push(&[false, false], &[true, false], 3.0).unwrap();
        seen.push(&[false, true], &[true, false], 0.0).unwrap();
        assert_eq!(seen.average_examples(Undefined::Skip, recall), None);
        assert_eq!(seen.average_examples(Undefined::Skip, precision), Some(0.0));
    }

    fn seen() -> MultilabelPredictions {
        let mut seen = MultilabelPredictions::new(3);
        seen.push(&[true, false, true], &[true, true, false], 1.0).unwrap();
        seen.push(&[false, false, false], &[false, false, false], 3.0).unwrap();
        seen
    }

    #[test]
    fn scores_of_a_worked_example() {
        let seen = seen();
        assert_eq!(seen.exact_match(), Some(0.75));
        assert_eq!(seen.hamming_loss(), Some(2.0 / 3.0 / 4.0));
        assert_eq!(seen.per_label()[1], Counts { tp: 0.0, fp: 1.0, fn_: 0.0, tn: 3.0 });
        assert_eq!(seen.average_examples(Undefined::Skip, precision), Some(0.5));
        assert_eq!(seen.average_examples(Undefined::Zero, precision), Some(0.125));
        assert_eq!(seen.average_examples(Undefined::One, jaccard), Some((1.0 / 3.0 + 3.0) / 4.0));
        assert_eq!(seen.average_examples(Undefined::Propagate, |c| f_beta(c, 1.0)), None);
    }

    #[test]
    fn parts_merge_into_the_whole_and_others_are_refused() {
        let mut merged = MultilabelPredictions::new(3);
        merged.push(&[true; 3], &[true; 3], 0.5).unwrap();
        merged.merge(&seen()).unwrap();
        assert_eq!((merged.len(), merged.total()), (3, 4.5));
        assert!(merged.merge(&MultilabelPredictions::new(2)).is_err());
        assert!(merged.push(&[true; 2], &[true; 3], 1.0).is_err());
        assert!(merged.push(&[true; 3], &[true; 3], -1.0).is_err());
        assert_eq!(merged.len(), 3, "nothing of a refused example stays");
    }

    #[test]
    fn no_examples_and_no_labels_are_undefined() {
        let none = MultilabelPredictions::new(2);
        assert_eq!((none.exact_match(), none.hamming_loss()), (None, None));
        let mut bare = MultilabelPredictions::new(0);
        bare.push(&[], &[], 1.0).unwrap();
        assert_eq!((bare.exact_match(), bare.hamming_loss()), (Some(1.0), None));
    }
}
