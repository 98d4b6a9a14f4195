//! Precision, averaged over the recalls at which it is reached.

use super::{MulticlassScores, MultilabelScores, Thresholds};
use crate::{Average, Metric, Undefined};

pub(super) const METRIC: Metric<Thresholds> = Metric {
    name: "average_precision",
    about: "precision averaged over the recalls at which it is reached, without interpolation",
    score: Thresholds::average_precision,
};

impl Thresholds {
    /// Area under the steps of precision over recall, not interpolated.
    ///
    /// ```text
    /// Σ (r_i − r_(i−1)) p_i          r_i recall and p_i precision at the i-th highest distinct score
    /// ```
    ///
    /// From 0 to 1, larger is better; a ranking by chance has about the share of positives. Detectors are scored by
    /// other definitions, with interpolation. After Davis and Goadrich (2006), doi:10.1145/1143844.1143874.
    ///
    /// `None` without positives.
    pub fn average_precision(&self) -> Option<f64> {
        let (mut sum, mut tp) = (0.0, 0.0);
        for step in self.steps() {
            sum += (step.tp - tp) * (step.tp / (step.tp + step.fp));
            tp = step.tp;
        }
        (tp > 0.0).then(|| sum / tp)
    }
}

impl MulticlassScores {
    /// Mean over the classes of [`Thresholds::average_precision`], each class against the rest.
    pub fn average_precision(&self, average: Average, undefined: Undefined) -> Option<f64> {
        self.average_classes(average, undefined, Thresholds::average_precision)
    }
}

impl MultilabelScores {
    /// Mean over the labels of [`Thresholds::average_precision`]; micro pools all pairs of example and label.
    pub fn average_precision(&self, average: Average, undefined: Undefined) -> Option<f64> {
        self.average_labels(average, undefined, Thresholds::average_precision)
    }

    /// Mean over the examples, each ranking its labels: scikit-learn's average over samples.
    pub fn average_precision_of_examples(&self, undefined: Undefined) -> Option<f64> {
        self.average_examples(undefined, Thresholds::average_precision)
    }
}

#[cfg(test)]
mod tests {
    use crate::BinaryScores;

    #[test]
    fn ties_are_passed_together() {
        let ap = |labels: &[bool], scores: &[f64]| {
            let scores = BinaryScores::from_scores(labels, scores).unwrap();
            scores.thresholds().average_precision()
        };
        assert_eq!(ap(&[true, false, false], &[0.5; 3]), Some(1.0 / 3.0));
        assert_eq!(ap(&[false, true, true], &[0.9, 0.5, 0.5]), Some(2.0 / 3.0));
        assert_eq!(ap(&[false], &[0.9]), None);
        assert_eq!(ap(&[], &[]), None);
    }
}
