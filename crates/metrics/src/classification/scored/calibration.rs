//! Whether what is said with 80 % confidence comes true 8 times of 10.

use serde::Serialize;

use super::binary::Example;
use super::{BinaryScores, MulticlassScores};
use crate::{Error, ReliabilityBin};

/// Which confidences are looked at together. Papers and tools differ, and so do their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binning {
    /// Bins of equal width, `(low, high]`, and 0 in the first, as Guo and others (2017) and scikit-learn's
    /// `calibration_curve(strategy="uniform")`.
    RightClosed,
    /// Bins of equal width, `[low, high)`, and 1 in the last, as `numpy.histogram` and netcal.
    LeftClosed,
    /// Bins of equal width, `[low, high)`, and a bin of their own for confidences of exactly 1, as torchmetrics.
    Torchmetrics,
    /// Bins of about equally many examples: the ends are quantiles, `(low, high]`, and the lowest confidence is in the
    /// first, as scikit-learn's `calibration_curve(strategy="quantile")`. Equal confidences are never split.
    EqualMass,
}

/// How far confidence is from accuracy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Expected calibration error: the mean distance, bins by their weight. From 0 to 1, smaller is better.
    pub ece: f64,
    /// Maximum calibration error: the largest distance of a bin. From 0 to 1, smaller is better.
    pub mce: f64,
    /// Root of the mean squared distance, bins by their weight. From 0 to 1, smaller is better.
    pub rms: f64,
    /// The reliability diagram, lowest confidence first.
    pub bins: Vec<ReliabilityBin>,
}

impl BinaryScores {
    /// Compares the scores, as probabilities of a yes, with how often yes came true.
    ///
    /// ```text
    /// ECE = Σ_b W(b)/W |acc(b) − conf(b)|          MCE = max_b |acc(b) − conf(b)|
    /// RMS = √(Σ_b W(b)/W (acc(b) − conf(b))²)
    /// ```
    ///
    /// with `W(b)` the weight of the examples in bin `b` and `W` that of all. The ECE depends on the bins and is too
    /// large for few examples. After Naeini, Cooper and Hauskrecht (2015), arXiv:1411.0160, and Guo, Pleiss, Sun and
    /// Weinberger (2017), arXiv:1706.04599.
    ///
    /// `None` without examples.
    ///
    /// # Errors
    ///
    /// When a score is no probability, or the number of bins is not 1 to 10,000.
    pub fn calibration(&self, bins: usize, binning: Binning) -> Result<Option<Calibration>, Error> {
        if !(1..=10_000).contains(&bins) {
            let expected = "1 to 10000";
            return Err(Error::Setting { what: "bins", got: bins as f64, expected });
        }
        let examples = self.probabilities()?;
        let total = self.total();
        if total == 0.0 {
            return Ok(None);
        }
        let edges = match binning {
            Binning::EqualMass => quantiles(examples, bins),
            _ => (0..=bins).map(|i| even(i, bins)).collect(),
        };
        // The bin of certainty holds confidences of exactly 1 alone.
        let certain = usize::from(binning == Binning::Torchmetrics);
        let mut sums = vec![Sum::default(); bins + certain];
        for example in examples {
            sums[binning.bin(example.score, &edges)].add(example);
        }
        let bins = sums.iter().enumerate().map(|(bin, sum)| {
            let end = |i: usize| edges.get(i).copied().unwrap_or(1.0);
            sum.bin(end(bin), end(bin + 1))
        });
        Ok(Some(Calibration::of(bins.collect(), total)))
    }
}

impl MulticlassScores {
    /// Compares the confidence in the class of the highest score with how often it is right: the calibration of
    /// [`MulticlassScores::top_label`].
    ///
    /// # Errors
    ///
    /// When a highest score is no probability, or the number of bins is not 1 to 10,000.
    pub fn calibration(&self, bins: usize, binning: Binning) -> Result<Option<Calibration>, Error> {
        self.top_label().calibration(bins, binning)
    }
}

impl Binning {
    fn bin(self, confidence: f64, edges: &[f64]) -> usize {
        let inner = &edges[1..edges.len() - 1];
        match self {
            Self::RightClosed | Self::EqualMass => inner.partition_point(|&edge| edge < confidence),
            Self::LeftClosed => inner.partition_point(|&edge| edge <= confidence),
            Self::Torchmetrics => edges[1..].partition_point(|&edge| edge <= confidence),
        }
    }
}

impl Calibration {
    fn of(bins: Vec<ReliabilityBin>, total: f64) -> Self {
        let (mut ece, mut mce, mut square) = (0.0, 0.0_f64, 0.0);
        for bin in &bins {
            if let Some((confidence, accuracy)) = bin.confidence.zip(bin.accuracy) {
                let gap = (accuracy - confidence).abs();
                ece += bin.weight / total * gap;
                mce = mce.max(gap);
                square += bin.weight / total * gap * gap;
            }
        }
        Self { ece, mce, rms: square.sqrt(), bins }
    }
}

/// What the examples of a bin add up to.
#[derive(Clone, Copy, Default)]
struct Sum {
    weight: f64,
    confidence: f64,
    right: f64,
}

impl Sum {
    fn add(&mut self, example: &Example) {
        self.weight += example.weight;
        self.confidence += example.weight * example.score;
        self.right += example.weight * f64::from(u8::from(example.positive));
    }

    fn bin(self, low: f64, high: f64) -> ReliabilityBin {
        let mean = |sum: f64| (self.weight > 0.0).then(|| sum / self.weight);
        let (confidence, accuracy) = (mean(self.confidence), mean(self.right));
        ReliabilityBin { low, high, weight: self.weight, confidence, accuracy }
    }
}

/// `i / n` as `numpy.linspace(0, 1, n + 1)` rounds it.
fn even(i: usize, n: usize) -> f64 {
    if i == n { 1.0 } else { i as f64 * (1.0 / n as f64) }
}

/// The confidences that part the examples into equally many, as `numpy.percentile` interpolates them.
///
/// Weights do not move the ends; they count in the means.
fn quantiles(examples: &[Example], bins: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = examples.iter().map(|example| example.score).collect();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    let at = |i: usize| {
        // A percentile is multiplied by 100 and divided again; both round.
        let position = last as f64 * (even(i, bins) * 100.0 / 100.0);
        let below = (position.floor() as usize).min(last);
        let above = (below + 1).min(last);
        let (part, step) = (position - below as f64, sorted[above] - sorted[below]);
        if part >= 0.5 { sorted[above] - step * (1.0 - part) } else { sorted[below] + step * part }
    };
    (0..=bins).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(examples: &[(bool, f64)]) -> BinaryScores {
        let mut scores = BinaryScores::new();
        for &(right, confidence) in examples {
            scores.push(right, confidence, 1.0).unwrap();
        }
        scores
    }

    #[test]
    fn errors_of_a_worked_example() {
        // Two bins of width 1/2: 0.2 said, 1/2 true (two examples); 0.8 said, all true (two examples).
        let said = scores(&[(true, 0.2), (false, 0.2), (true, 0.7), (true, 0.9)]);
        for binning in [Binning::RightClosed, Binning::LeftClosed, Binning::EqualMass] {
            let found = said.calibration(2, binning).unwrap().unwrap();
            assert!((found.ece - 0.25).abs() < 1e-12, "{binning:?} {found:?}");
            assert!((found.mce - 0.3).abs() < 1e-12);
            assert!((found.rms - 0.065_f64.sqrt()).abs() < 1e-12);
            assert_eq!(found.bins.iter().map(|bin| bin.weight).collect::<Vec<_>>(), [2.0, 2.0]);
        }
    }

    #[test]
    fn conventions_differ_at_the_ends_of_bins() {
        let said = scores(&[(true, 0.0), (true, 0.5), (true, 1.0)]);
        let weights = |binning| -> Vec<f64> {
            let found = said.calibration(2, binning).unwrap().unwrap();
            found.bins.iter().map(|bin| bin.weight).collect()
        };
        assert_eq!(weights(Binning::RightClosed), [2.0, 1.0]);
        assert_eq!(weights(Binning::LeftClosed), [1.0, 2.0]);
        assert_eq!(weights(Binning::Torchmetrics), [1.0, 1.0, 1.0]);
        assert_eq!(weights(Binning::EqualMass), [2.0, 1.0]);
    }

    #[test]
    fn equal_confidences_share_a_bin_of_equal_mass() {
        let said = scores(&[(true, 0.3), (false, 0.3), (true, 0.3), (true, 0.9)]);
        let found = said.calibration(4, Binning::EqualMass).unwrap().unwrap();
        let weights: Vec<f64> = found.bins.iter().map(|bin| bin.weight).collect();
        assert_eq!(weights.iter().filter(|&&weight| weight > 0.0).count(), 2, "{weights:?}");
    }

    #[test]
    fn settings_and_scores_that_do_not_fit_are_refused() {
        let said = scores(&[(true, 0.5)]);
        assert!(said.calibration(0, Binning::EqualMass).is_err());
        assert!(said.calibration(10_001, Binning::LeftClosed).is_err());
        assert!(scores(&[(true, 1.5)]).calibration(5, Binning::LeftClosed).is_err());
        assert_eq!(BinaryScores::new().calibration(5, Binning::EqualMass), Ok(None));
    }
}
