//! How often a positive is ranked above a negative.

use super::{MulticlassScores, MultilabelScores, Thresholds};
use crate::classification::mean_score;
use crate::{Average, Error, Metric, Undefined};

pub(super) const METRIC: Metric<Thresholds> = Metric {
    name: "roc_auc",
    about: "probability that a positive is ranked above a negative, ties counting half",
    score: Thresholds::roc_auc,
};

impl Thresholds {
    /// Area under the curve of true over false positives.
    ///
    /// ```text
    /// P(s⁺ > s⁻) + ½ P(s⁺ = s⁻) = Σ (fp_i − fp_(i−1)) (tp_i + tp_(i−1)) / 2 / (positives · negatives)
    /// ```
    ///
    /// From 0 to 1, larger is better; ½ is chance. After Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    ///
    /// `None` without positives or without negatives.
    pub fn roc_auc(&self) -> Option<f64> {
        let whole = self.positives() * self.negatives();
        let (mut area, mut tp, mut fp) = (0.0, 0.0, 0.0);
        for step in self.steps() {
            area += (step.fp - fp) * (step.tp + tp) / 2.0;
            (tp, fp) = (step.tp, step.fp);
        }
        (whole > 0.0).then(|| area / whole)
    }

    /// [`Thresholds::roc_auc`] over false-positive rates up to `max_fpr` only, so scaled that chance is ½ and
    /// perfection 1.
    ///
    /// ```text
    /// ½ (1 + (A − m²/2) / (m − m²/2))          A the area up to m
    /// ```
    ///
    /// After McClish (1989), doi:10.1177/0272989X8900900307.
    ///
    /// # Errors
    ///
    /// When `max_fpr` is not above 0 and at most 1.
    pub fn partial_roc_auc(&self, max_fpr: f64) -> Result<Option<f64>, Error> {
        if !(max_fpr > 0.0 && max_fpr <= 1.0) {
            let expected = "above 0 and at most 1";
            return Err(Error::Setting { what: "max_fpr", got: max_fpr, expected });
        }
        let (positives, negatives) = (self.positives(), self.negatives());
        if positives * negatives == 0.0 {
            return Ok(None);
        }
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        for step in self.steps() {
            let (right, up) = (step.fp / negatives, step.tp / positives);
            if right > max_fpr {
                let reached = y + (up - y) * (max_fpr - x) / (right - x);
                area += (max_fpr - x) * (reached + y) / 2.0;
                break;
            }
            area += (right - x) * (up + y) / 2.0;
            (x, y) = (right, up);
        }
        let chance = max_fpr * max_fpr / 2.0;
        Ok(Some(f64::midpoint(1.0, (area - chance) / (max_fpr - chance))))
    }
}

impl MulticlassScores {
    /// Mean over the classes of "this class against the rest".
    ///
    /// Micro pools all pairs of example and class into one question. With [`Undefined::Propagate`] it is
    /// scikit-learn's `multi_class="ovr"`, where one class without examples makes the macro mean undefined.
    pub fn roc_auc_ovr(&self, average: Average, undefined: Undefined) -> Option<f64> {
        self.average_classes(average, undefined, Thresholds::roc_auc)
    }

    /// Mean over the pairs of classes that have examples of "one of the two against the other".
    ///
    /// ```text
    /// macro     2 / (C (C − 1)) Σ (A(j|k) + A(k|j)) / 2
    /// weighted  each pair by its examples, n(j) + n(k)
    /// ```
    ///
    /// `A(j|k)` ranks the examples of `j` and `k` by the score of `j`. It does not depend on how common classes are.
    /// After Hand and Till (2001), doi:10.1023/A:1010920819831. Weighted examples are a generalisation that
    /// scikit-learn does not have.
    ///
    /// `None` when fewer than two classes have examples; [`Average::Micro`] is not defined for pairs, so `None` too.
    pub fn roc_auc_ovo(&self, average: Average) -> Option<f64> {
        if average == Average::Micro {
            return None;
        }
        let totals = self.label_totals();
        let present: Vec<usize> = (0..totals.len()).filter(|&class| totals[class] > 0.0).collect();
        let pairs = present.iter().enumerate().flat_map(|(at, &a)| {
            let others = present[at + 1..].iter();
            others.map(move |&b| (a, b))
        });
        let of_class = self.positions();
        let scored = pairs.map(|(a, b)| {
            let auc =
                |class, other| self.one_vs_one(&of_class, class, other).thresholds().roc_auc();
            let both = auc(a, b).zip(auc(b, a)).map(|(a, b)| f64::midpoint(a, b));
            match average {
                Average::Weighted => (both, totals[a] + totals[b]),
                Average::Macro | Average::Micro => (both, 1.0),
            }
        });
        mean_score(scored, Undefined::Propagate)
    }
}

impl MultilabelScores {
    /// Mean over the labels of [`Thresholds::roc_auc`]; micro pools all pairs of example and label.
    pub fn roc_auc(&self, average: Average, undefined: Undefined) -> Option<f64> {
        self.average_labels(average, undefined, Thresholds::roc_auc)
    }

    /// Mean over the examples, each ranking its labels: scikit-learn's average over samples.
    pub fn roc_auc_of_examples(&self, undefined: Undefined) -> Option<f64> {
        self.average_examples(undefined, Thresholds::roc_auc)
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;

    use crate::BinaryScores;

    #[test]
    fn ties_count_half() {
        let scores = BinaryScores::from_scores(&[true, false], &[0.5, 0.5]).unwrap();
        assert_eq!(scores.thresholds().roc_auc(), Some(0.5));
    }

    #[test]
    fn a_part_of_the_area_is_scaled_to_the_same_ends() {
        let auc = |labels: &[bool], scores: &[f64]| {
            let scores = BinaryScores::from_scores(labels, scores).unwrap();
            scores.thresholds().partial_roc_auc(0.3).unwrap()
        };
        assert_eq!(auc(&[true, false, false], &[0.9, 0.2, 0.1]), Some(1.0));
        assert!((auc(&[true, false], &[0.5, 0.5]).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(auc(&[true, true], &[0.9, 0.2]), None);
        let thresholds =
            BinaryScores::from_scores(&[true, false], &[0.1, 0.2]).unwrap().thresholds();
        for wrong in [0.0, -1.0, 1.5, f64::NAN] {
            assert!(thresholds.partial_roc_auc(wrong).is_err());
        }
        assert_eq!(thresholds.partial_roc_auc(1.0).unwrap(), thresholds.roc_auc());
    }

    proptest! {
        /// The definition, read literally: every pair of a positive and a negative.
        #[test]
        fn the_area_counts_pairs(examples in prop::collection::vec((any::<bool>(), 0_u8..6, 0_u8..4), 0..40)) {
            let mut scores = BinaryScores::new();
            for &(positive, score, weight) in &examples {
                scores.push(positive, f64::from(score), f64::from(weight)).unwrap();
            }
            let of = |wanted: bool| examples.iter().filter(move |example| example.0 == wanted);
            let (mut won, mut all) = (0.0, 0.0);
            for &(_, high, weight) in of(true) {
                for &(_, low, other) in of(false) {
                    let pair = f64::from(weight) * f64::from(other);
                    all += pair;
                    won += pair * match high.cmp(&low) {
                        Ordering::Greater => 1.0,
                        Ordering::Equal => 0.5,
                        Ordering::Less => 0.0,
                    };
                }
            }
            let auc = scores.thresholds().roc_auc();
            prop_assert_eq!(auc.is_some(), all > 0.0);
            prop_assert!(auc.is_none_or(|auc| (auc - won / all).abs() < 1e-12));
        }
    }
}
