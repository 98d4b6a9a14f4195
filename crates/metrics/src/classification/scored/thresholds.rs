//! What is said yes to at each threshold, from the highest score down.

use super::binary::Example;

/// Positives and negatives with a score of at least each distinct score.
///
/// Examples of equal score pass a threshold together, so their order cannot matter; examples of weight 0 do not count
/// at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    steps: Vec<Step>,
}

/// The examples with a score of at least a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The threshold: one of the scores.
    pub threshold: f64,
    /// Weight of the positives among them.
    pub tp: f64,
    /// Weight of the negatives among them.
    pub fp: f64,
}

impl Thresholds {
    pub(super) fn new(mut examples: Vec<Example>) -> Self {
        examples.retain(|example| example.weight > 0.0);
        // Stable, so that sums of weights do not depend on how the sort works.
        examples.sort_by(|a, b| {
            b.score.partial_cmp(&a.score).expect("scores were checked to be finite")
        });
        let mut steps: Vec<Step> = Vec::new();
        let (mut tp, mut fp) = (0.0, 0.0);
        for Example { score, weight, positive } in examples {
            *if positive { &mut tp } else { &mut fp } += weight;
            match steps.last_mut() {
                #[expect(clippy::float_cmp, reason = "equal scores are one threshold")]
                Some(last) if last.threshold == score => (last.tp, last.fp) = (tp, fp),
                _ => steps.push(Step { threshold: score, tp, fp }),
            }
        }
        Self { steps }
    }

    /// One step per distinct score, highest first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Weight of all positives.
    pub fn positives(&self) -> f64 {
        self.steps.last().map_or(0.0, |last| last.tp)
    }

    /// Weight of all negatives.
    pub fn negatives(&self) -> f64 {
        self.steps.last().map_or(0.0, |last| last.fp)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::BinaryScores;

    #[test]
    fn equal_scores_are_one_step_and_weights_of_zero_none() {
        let mut scores = BinaryScores::new();
        for (positive, score, weight) in [
            (true, 0.5, 1.0),
            (false, 0.5, 2.0),
            (true, 0.9, 0.0),
            (true, -0.0, 1.0),
            (false, 0.0, 1.0),
        ] {
            scores.push(positive, score, weight).unwrap();
        }
        let thresholds = scores.thresholds();
        let steps =
            [Step { threshold: 0.5, tp: 1.0, fp: 2.0 }, Step { threshold: 0.0, tp: 2.0, fp: 3.0 }];
        assert_eq!(thresholds.steps(), steps);
        assert_eq!((thresholds.positives(), thresholds.negatives()), (2.0, 3.0));
    }

    proptest! {
        /// The definition, read literally.
        #[test]
        fn every_step_counts_what_reaches_it(examples in prop::collection::vec((any::<bool>(), 0_u8..6), 0..40)) {
            let (labels, scores): (Vec<bool>, Vec<f64>) =
                examples.iter().map(|&(positive, score)| (positive, f64::from(score))).unzip();
            let thresholds = BinaryScores::from_scores(&labels, &scores).unwrap().thresholds();
            for step in thresholds.steps() {
                let reach = |wanted: bool| labels.iter().zip(&scores)
                    .filter(|&(&positive, &score)| positive == wanted && score >= step.threshold).count();
                prop_assert_eq!((step.tp, step.fp), (reach(true) as f64, reach(false) as f64));
            }
        }
    }
}
