//! How far probabilities are from what came true.

use super::binary::Example;
use super::{BinaryScores, MulticlassScores};
use crate::Error;

/// Probabilities are kept so far from 0 and 1, so that one wrong certainty does not cost everything.
const EPSILON: f64 = f64::EPSILON;

impl BinaryScores {
    /// Mean negative logarithm of the probability of what came true.
    ///
    /// ```text
    /// −1/Σw Σ w ln p(y)          p(1) = score, p(0) = 1 − score, kept between ε and 1 − ε, ε = 2⁻⁵²
    /// ```
    ///
    /// From 0, in nats, smaller is better; a guess of ½ costs ln 2 ≈ 0.693. After Good (1952),
    /// doi:10.1111/j.2517-6161.1952.tb00104.x. `None` without examples.
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn log_loss(&self) -> Result<Option<f64>, Error> {
        let loss = |example: &Example| {
            let p = if example.positive { example.score } else { 1.0 - example.score };
            (-p.clamp(EPSILON, 1.0 - EPSILON).ln(), example.weight)
        };
        Ok(mean(self.probabilities()?.iter().map(loss)))
    }

    /// Mean squared distance of the probability from what came true.
    ///
    /// ```text
    /// 1/Σw Σ w (score − y)²          y 1 for positives, 0 for negatives
    /// ```
    ///
    /// From 0 to 1, smaller is better; a guess of ½ costs ¼. After Brier (1950),
    /// doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2, whose own score of two classes is twice as large.
    /// `None` without examples.
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn brier(&self) -> Result<Option<f64>, Error> {
        let loss = |example: &Example| {
            let distance = example.score - f64::from(u8::from(example.positive));
            (distance * distance, example.weight)
        };
        Ok(mean(self.probabilities()?.iter().map(loss)))
    }
}

impl MulticlassScores {
    /// Mean negative logarithm of the probability of the right class, as [`BinaryScores::log_loss`].
    ///
    /// Rows that do not sum to 1 are taken as they are. `None` without examples.
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn log_loss(&self) -> Result<Option<f64>, Error> {
        self.check_probabilities()?;
        let loss = self
            .examples()
            .map(|(label, row, weight)| (-row[label].clamp(EPSILON, 1.0 - EPSILON).ln(), weight));
        Ok(mean(loss))
    }

    /// Mean squared distance of all probabilities from what came true.
    ///
    /// ```text
    /// 1/Σw Σ_i w_i Σ_k (p(i,k) − [y(i) = k])²
    /// ```
    ///
    /// From 0 to 2, smaller is better; halved for two classes, so that it is [`BinaryScores::brier`] there, as in
    /// scikit-learn. `None` without examples.
    ///
    /// # Errors
    ///
    /// When a score is no probability.
    pub fn brier(&self) -> Result<Option<f64>, Error> {
        self.check_probabilities()?;
        let scale = if self.classes() < 3 { 0.5 } else { 1.0 };
        let loss = self.examples().map(|(label, row, weight)| {
            let square = |(class, p): (usize, &f64)| {
                let distance = p - f64::from(u8::from(class == label));
                distance * distance
            };
            (scale * row.iter().enumerate().map(square).sum::<f64>(), weight)
        });
        Ok(mean(loss))
    }
}

/// `Σ w x / Σ w`.
fn mean(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weights) = values.fold((0.0, 0.0), |(sum, weights), (value, weight)| {
        (sum + weight * value, weights + weight)
    });
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_of_a_guess_and_of_a_wrong_certainty() {
        let guess = BinaryScores::from_scores(&[true, false], &[0.5, 0.5]).unwrap();
        assert_eq!(guess.log_loss(), Ok(Some(std::f64::consts::LN_2)));
        assert_eq!(guess.brier(), Ok(Some(0.25)));
        let wrong = BinaryScores::from_scores(&[true], &[0.0]).unwrap();
        assert_eq!(wrong.log_loss(), Ok(Some(52.0 * std::f64::consts::LN_2)));
        assert_eq!(wrong.brier(), Ok(Some(1.0)));
        assert_eq!(BinaryScores::new().log_loss(), Ok(None));
    }

    #[test]
    fn two_classes_are_one_question() {
        let mut binary = BinaryScores::new();
        let mut classes = MulticlassScores::new(2);
        for (label, p, weight) in [(1, 0.8, 1.0), (0, 0.3, 2.0), (1, 0.1, 0.5)] {
            binary.push(label == 1, p, weight).unwrap();
            classes.push(label, &[1.0 - p, p], weight).unwrap();
        }
        let same = |a: Result<Option<f64>, Error>, b: Result<Option<f64>, Error>| {
            assert!((a.unwrap().unwrap() - b.unwrap().unwrap()).abs() < 1e-12);
        };
        same(binary.log_loss(), classes.log_loss());
        same(binary.brier(), classes.brier());
    }

    #[test]
    fn a_score_that_is_no_probability_is_refused() {
        let logits = BinaryScores::from_scores(&[true, false], &[3.0, 0.5]).unwrap();
        let error = logits.log_loss().unwrap_err().to_string();
        assert_eq!(error, "score is 3; expected a probability from 0 to 1");
        assert!(logits.brier().is_err());
        let mut classes = MulticlassScores::new(2);
        classes.push(0, &[-0.5, 1.5], 1.0).unwrap();
        assert!(classes.log_loss().is_err() && classes.brier().is_err());
    }
}
