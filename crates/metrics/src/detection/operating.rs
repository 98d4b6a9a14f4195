//! Where to put the threshold on the score of a class.
//!
//! Keeping the detections of a class whose score is at least `s` gives counts, and from them
//!
//! ```text
//! precision = TP / (TP + FP)      recall = TP / (TP + FN)
//! F_β       = (1 + β²) TP / ((1 + β²) TP + β² FN + FP)        each 0 to 1, larger is better
//! ```
//!
//! The best `s` for a purpose is the one with the largest `F_β`, the largest such `s` of equals. After van Rijsbergen
//! (1979), *Information Retrieval*. How far the choice depends on which images were looked at is told by the same choice
//! made on images drawn again with replacement.

use serde::Serialize;

use super::{ClassJudgements, Outcome};
use crate::Counts;

/// A threshold on the score of a class, and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// Detections with at least this score are kept.
    pub score: f64,
    /// The F-beta score there, 0 to 1.
    pub f_beta: f64,
    /// Hits, misses and objects not found; there is nothing to count as a true negative.
    pub counts: Counts,
}

impl OperatingPoint {
    /// Share of the kept detections that are right.
    pub fn precision(&self) -> Option<f64> {
        crate::precision(self.counts)
    }

    /// Share of the objects that are found.
    pub fn recall(&self) -> Option<f64> {
        crate::recall(self.counts)
    }
}

/// Counts at every score of a class at which they change, best score first: `(score, counts)`.
///
/// It is the whole precision-recall curve, without interpolation, for whoever wants to draw it.
pub fn operating_counts(class: &ClassJudgements) -> Vec<(f64, Counts)> {
    weighted_counts(class, |_| 1)
}

/// The same with each image counted as often as `weight` says; scores that only images of weight 0 have are no choice.
fn weighted_counts(class: &ClassJudgements, weight: impl Fn(u32) -> u32) -> Vec<(f64, Counts)> {
    let objects: u64 = (class.objects.iter())
        .map(|&(image, count)| u64::from(count) * u64::from(weight(image)))
        .sum();
    let (mut counts, mut from) = (Counts { fn_: objects, ..Counts::default() }, 0);
    let at = |end: usize| {
        let mut there = false;
        for judgement in &class.judged[from..end] {
            let times = u64::from(weight(judgement.image));
            there |= times > 0;
            match judgement.outcome {
                Outcome::Hit => {
                    counts.tp += times;
                    counts.fn_ -= times;
                }
                Outcome::Miss => counts.fp += times,
                Outcome::Ignored => {}
            }
        }
        from = end;
        there.then(|| (class.judged[end - 1].score, counts))
    };
    class.ends().filter_map(at).collect()
}

/// The threshold with the largest F-beta; `None` when the class has no objects or no detections.
///
/// `beta` says how much more recall counts than precision: 1 alike, 2 twice.
pub fn best_threshold(class: &ClassJudgements, beta: f64) -> Option<OperatingPoint> {
    best_weighted(class, beta, |_| 1)
}

/// [`best_threshold`] where each image counts as often as `weight` says.
pub(super) fn best_weighted(
    class: &ClassJudgements,
    beta: f64,
    weight: impl Fn(u32) -> u32,
) -> Option<OperatingPoint> {
    let mut best: Option<OperatingPoint> = None;
    for (score, counts) in weighted_counts(class, weight) {
        if counts.support() == 0 {
            return None;
        }
        let Some(f_beta) = crate::f_beta(counts, beta) else { continue };
        if best.is_none_or(|best| f_beta > best.f_beta) {
            best = Some(OperatingPoint { score, f_beta, counts });
        }
    }
    best
}

/// The largest precision at a recall of at least `recall`; `None` where no threshold reaches it.
pub fn precision_at_recall(class: &ClassJudgements, recall: f64) -> Option<OperatingPoint> {
    best_where(class, crate::precision, |counts| crate::recall(counts) >= Some(recall))
}

/// The largest recall at a precision of at least `precision`; `None` where no threshold reaches it.
pub fn recall_at_precision(class: &ClassJudgements, precision: f64) -> Option<OperatingPoint> {
    best_where(class, crate::recall, |counts| crate::precision(counts) >= Some(precision))
}

fn best_where(
    class: &ClassJudgements,
    value: impl Fn(Counts) -> Option<f64>,
    fits: impl Fn(Counts) -> bool,
) -> Option<OperatingPoint> {
    let mut best: Option<(f64, OperatingPoint)> = None;
    for (score, counts) in operating_counts(class) {
        let (Some(got), Some(f_beta)) = (value(counts), crate::f_beta(counts, 1.0)) else {
            continue;
        };
        if fits(counts) && best.is_none_or(|(most, _)| got > most) {
            best = Some((got, OperatingPoint { score, f_beta, counts }));
        }
    }
    best.map(|(_, point)| point)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scene::random;
    use super::super::{Judgement, Judgements};
    use super::*;

    fn class(objects: u32, judged: &[(f64, bool)]) -> ClassJudgements {
        let judged = judged.iter().enumerate().map(|(detection, &(score, hit))| Judgement {
            image: 0,
            detection,
            score,
            outcome: if hit { Outcome::Hit } else { Outcome::Miss },
            overlap: 1.0,
            object: None,
        });
        ClassJudgements { objects: vec![(0, objects)], judged: judged.collect() }
    }

    #[test]
    fn the_best_threshold_depends_on_what_recall_is_worth() {
        let class = class(3, &[(0.9, true), (0.8, false), (0.7, true), (0.6, false), (0.5, true)]);
        let at = |beta| best_threshold(&class, beta).unwrap().score;
        assert_eq!((at(0.1), at(1.0)), (0.9, 0.5));
        let best = best_threshold(&class, 1.0).unwrap();
        assert_eq!((best.precision(), best.recall()), (Some(0.6), Some(1.0)));
    }

    #[test]
    fn equal_scores_are_kept_or_dropped_together() {
        let class = class(2, &[(0.9, true), (0.9, false), (0.9, true)]);
        let counts = operating_counts(&class);
        assert_eq!(counts, [(0.9, Counts { tp: 2, fp: 1, fn_: 0, tn: 0 })]);
    }

    #[test]
    fn undefined_without_objects_or_detections() {
        assert_eq!(best_threshold(&class(0, &[(0.9, false)]), 1.0), None);
        assert_eq!(best_threshold(&class(2, &[]), 1.0), None);
    }

    #[test]
    fn precision_at_a_recall_and_the_reverse() {
        let class = class(2, &[(0.9, true), (0.8, false), (0.7, true), (0.6, false)]);
        let point = precision_at_recall(&class, 0.6).unwrap();
        assert_eq!((point.score, point.precision()), (0.7, Some(2.0 / 3.0)));
        let point = recall_at_precision(&class, 0.7).unwrap();
        assert_eq!((point.score, point.recall()), (0.9, Some(0.5)));
        assert_eq!(recall_at_precision(&class, 1.1), None);
    }

    proptest! {
        #[test]
        fn counts_equal_those_of_every_threshold_tried(scenes in random::scenes(4)) {
            for class in Judgements::new(scenes, 0.5, 100).classes.values() {
                for (score, counts) in operating_counts(class) {
                    let kept = class.judged.iter().filter(|one| one.score >= score);
                    let of = |what| kept.clone().filter(|one| one.outcome == what).count() as u64;
                    prop_assert_eq!(counts.tp, of(Outcome::Hit));
                    prop_assert_eq!(counts.fp, of(Outcome::Miss));
                    prop_assert_eq!(counts.support(), class.total());
                }
            }
        }

        /// A weight of `w` is `w` copies of the image.
        #[test]
        fn weights_count_like_copies(scenes in random::scenes(3), weights in prop::array::uniform3(0_u32..3)) {
            let copies: Vec<_> = scenes.iter().zip(weights)
                .flat_map(|(scene, weight)| vec![scene.clone(); weight as usize]).collect();
            let copies = Judgements::new(copies, 0.5, 100);
            for (number, class) in Judgements::new(scenes, 0.5, 100).classes {
                let weighted = best_weighted(&class, 1.0, |image| weights[image as usize]);
                let copied = copies.classes.get(&number).and_then(|class| best_threshold(class, 1.0));
                prop_assert_eq!(weighted.map(|best| best.f_beta), copied.map(|best| best.f_beta));
            }
        }
    }
}
