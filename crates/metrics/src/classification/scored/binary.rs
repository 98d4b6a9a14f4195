//! One score per example, and whether it is positive.

use super::Thresholds;
use crate::{ConfusionMatrix, Error};

/// Scored examples of a yes-or-no question; a larger score means a surer yes.
///
/// ```
/// use cenote_metrics::BinaryScores;
///
/// let scores = BinaryScores::from_scores(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8])?;
/// let thresholds = scores.thresholds();
/// assert_eq!(thresholds.roc_auc(), Some(0.75));
/// assert!((thresholds.average_precision().expect("there are positives") - 5.0 / 6.0).abs() < 1e-12);
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BinaryScores {
    examples: Vec<Example>,
}

/// One scored example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Example {
    pub(super) score: f64,
    pub(super) weight: f64,
    pub(super) positive: bool,
}

impl BinaryScores {
    /// No example yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Examples that all count the same.
    ///
    /// # Errors
    ///
    /// When there are more or fewer labels than scores, or a score is not finite.
    pub fn from_scores(positive: &[bool], scores: &[f64]) -> Result<Self, Error> {
        if positive.len() != scores.len() {
            let (labels, predictions) = (positive.len(), scores.len());
            return Err(Error::Lengths { labels, predictions });
        }
        let mut all = Self::new();
        for (&positive, &score) in positive.iter().zip(scores) {
            all.push(positive, score, 1.0)?;
        }
        Ok(all)
    }

    /// Adds one example: whether it is positive, its score, and how much it counts (1 usually).
    ///
    /// # Errors
    ///
    /// When the score is not finite, or the weight is negative or not finite.
    pub fn push(&mut self, positive: bool, score: f64, weight: f64) -> Result<(), Error> {
        let (score, weight) = (Error::finite(score)?, Error::weight(weight)?);
        self.examples.push(Example { score, weight, positive });
        Ok(())
    }

    /// Adds the examples of another part after those that are here.
    pub fn merge(&mut self, other: &Self) {
        self.examples.extend_from_slice(&other.examples);
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.examples.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.examples.is_empty()
    }

    /// The sum of the weights of all examples.
    pub fn total(&self) -> f64 {
        self.examples.iter().map(|example| example.weight).sum()
    }

    /// Sorts the examples once; every curve and every score of the ranking is read from the result.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds::new(self.examples.clone())
    }

    /// [`BinaryScores::thresholds`] of examples that are not needed any more.
    pub fn into_thresholds(self) -> Thresholds {
        Thresholds::new(self.examples)
    }

    /// What comes of saying yes from `threshold` on: class 1 is yes, class 0 is no.
    pub fn at(&self, threshold: f64) -> ConfusionMatrix<f64> {
        let mut matrix = ConfusionMatrix::weighted(2);
        for Example { score, weight, positive } in &self.examples {
            matrix
                .add(usize::from(*positive), usize::from(*score >= threshold), *weight)
                .expect("there are two classes, and the weight was checked");
        }
        matrix
    }

    /// The examples with every score checked to be a probability.
    pub(super) fn probabilities(&self) -> Result<&[Example], Error> {
        for example in &self.examples {
            Error::probability(example.score)?;
        }
        Ok(&self.examples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, f_beta};

    #[test]
    fn what_cannot_be_ranked_is_refused_and_leaves_nothing() {
        let mut scores = BinaryScores::new();
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(scores.push(true, score, 1.0).is_err());
        }
        for weight in [f64::NAN, f64::INFINITY, -0.5] {
            assert!(scores.push(true, 0.5, weight).is_err());
        }
        assert!(scores.is_empty());
        let error = BinaryScores::from_scores(&[true], &[]).unwrap_err().to_string();
        assert!(error.contains("1 labels cannot be paired with 0"), "{error}");
    }

    #[test]
    fn a_score_at_the_threshold_is_a_yes() {
        let scores = BinaryScores::from_scores(&[true, false, true], &[0.5, 0.5, 0.4]).unwrap();
        let counts = scores.at(0.5).counts(1);
        assert_eq!(counts, Counts { tp: 1.0, fp: 1.0, fn_: 1.0, tn: 0.0 });
        assert_eq!(f_beta(counts, 1.0), Some(0.5));
    }

    #[test]
    fn parts_merged_in_order_are_the_whole() {
        let (labels, scores) = ([true, false, true, false], [0.9, 0.5, 0.5, 0.1]);
        let whole = BinaryScores::from_scores(&labels, &scores).unwrap();
        let mut merged = BinaryScores::from_scores(&labels[..1], &scores[..1]).unwrap();
        merged.merge(&BinaryScores::from_scores(&labels[1..], &scores[1..]).unwrap());
        assert_eq!(merged, whole);
    }
}
