//! Localisation Recall Precision error.
//!
//! For the detections of a class with a score of at least `s`, of which `TP` are hits with overlaps `q`:
//!
//! ```text
//! LRP(s)  = (Σ_TP (1 − q) / (1 − τ) + FP + FN) / (TP + FP + FN)        τ = overlap that makes a hit
//! oLRP    = min over s of LRP(s)
//! ```
//!
//! It goes from 0 (every object found, exactly, and nothing else) to 1 (nothing found); smaller is better. Its parts at
//! the best `s`: localisation `Σ_TP (1 − q) / TP`, false positives `FP / (TP + FP)`, false negatives `FN / (TP + FN)`.
//!
//! After Oksuz, Cam, Akbas and Kalkan (2018), arXiv:1807.01696, and Oksuz, Cam, Kalkan and Akbas (2021),
//! doi:10.1109/TPAMI.2021.3130188. Their code cuts the ranking after every detection, also between equal scores, which
//! no threshold on the score can do; here it is cut where the score changes.

use serde::Serialize;

use super::{ClassJudgements, Judgements, Outcome};

/// The least LRP error of a class, its parts, and the score at which it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OptimalLrp {
    /// The error, 0 to 1; smaller is better. 1 when nothing was found.
    pub error: f64,
    /// Mean of `1 − overlap` over the hits, 0 to `1 − τ`; `None` without hits.
    pub localisation: Option<f64>,
    /// Share of the detections kept that are wrong, 0 to 1; `None` without hits.
    pub false_positives: Option<f64>,
    /// Share of the objects not found, 0 to 1.
    pub false_negatives: f64,
    /// The score at and above which detections are kept; `None` without hits.
    pub score: Option<f64>,
}

/// The least LRP error of a class at the overlap `threshold`; `None` when it has no objects.
pub fn optimal_lrp(class: &ClassJudgements, threshold: f64) -> Option<OptimalLrp> {
    let objects = class.total();
    if objects == 0 {
        return None;
    }
    let nothing = OptimalLrp {
        error: 1.0,
        localisation: None,
        false_positives: None,
        false_negatives: 1.0,
        score: None,
    };
    let (mut hits, mut misses, mut short, mut from) = (0_u64, 0_u64, 0.0, 0);
    let mut best = nothing;
    for end in class.ends() {
        for judgement in &class.judged[from..end] {
            match judgement.outcome {
                Outcome::Hit => {
                    hits += 1;
                    short += 1.0 - judgement.overlap;
                }
                Outcome::Miss => misses += 1,
                Outcome::Ignored => {}
            }
        }
        from = end;
        let missed = objects - hits;
        let wrong = (misses + missed) as f64;
        let error = (short / (1.0 - threshold) + wrong) / (objects + misses) as f64;
        if hits > 0 && (error < best.error || best.score.is_none()) {
            best = OptimalLrp {
                error,
                localisation: Some(short / hits as f64),
                false_positives: Some(misses as f64 / (hits + misses) as f64),
                false_negatives: missed as f64 / objects as f64,
                score: Some(class.judged[end - 1].score),
            };
        }
    }
    Some(best)
}

/// Mean of [`optimal_lrp`] over the classes that have objects; `None` when none has.
pub fn mean_optimal_lrp(judgements: &Judgements) -> Option<f64> {
    let each = judgements.classes.values();
    let each: Vec<f64> =
        each.filter_map(|class| Some(optimal_lrp(class, judgements.threshold)?.error)).collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the ends of the range are reached exactly")]
mod tests {
    use proptest::prelude::*;

    use super::super::Judgement;
    use super::super::scene::random;
    use super::*;

    fn judged(score: f64, overlap: Option<f64>) -> Judgement {
        let outcome = if overlap.is_some() { Outcome::Hit } else { Outcome::Miss };
        let overlap = overlap.unwrap_or(0.0);
        Judgement { image: 0, detection: 0, score, outcome, overlap, object: None }
    }

    #[test]
    fn a_worked_example() {
        // Two objects; kept to 0.9: (0.2/0.5 + 0 + 1) / 2 = 0.7; to 0.8: (0.4 + 1 + 1) / 3 = 0.8; to 0.7: (0.8 + 1) / 3 = 0.6.
        let judged = vec![judged(0.9, Some(0.8)), judged(0.8, None), judged(0.7, Some(0.8))];
        let class = ClassJudgements { objects: vec![(0, 2)], judged };
        let best = optimal_lrp(&class, 0.5).unwrap();
        assert!((best.error - 0.6).abs() < 1e-12, "{best:?}");
        assert_eq!((best.score, best.false_negatives), (Some(0.7), 0.0));
        assert!((best.localisation.unwrap() - 0.2).abs() < 1e-12);
        assert!((best.false_positives.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_found_is_the_worst_and_no_objects_undefined() {
        let class = ClassJudgements { objects: vec![(0, 2)], judged: vec![judged(0.9, None)] };
        let best = optimal_lrp(&class, 0.5).unwrap();
        assert_eq!((best.error, best.score, best.localisation), (1.0, None, None));
        assert_eq!(optimal_lrp(&ClassJudgements::default(), 0.5), None);
        let perfect =
            ClassJudgements { objects: vec![(0, 1)], judged: vec![judged(0.9, Some(1.0))] };
        assert_eq!(optimal_lrp(&perfect, 0.5).unwrap().error, 0.0);
    }

    proptest! {
        /// The definition, read literally for every score.
        #[test]
        fn the_least_error_is_the_least_over_all_scores(scenes in random::scenes(4)) {
            let judgements = Judgements::new(scenes, 0.5, 100);
            for class in judgements.classes.values().filter(|class| class.total() > 0) {
                let at = |score: f64| {
                    let kept = class.judged.iter().filter(|one| one.score >= score);
                    let hits: Vec<f64> = kept.clone()
                        .filter(|one| one.outcome == Outcome::Hit).map(|one| one.overlap).collect();
                    let misses = kept.filter(|one| one.outcome == Outcome::Miss).count() as f64;
                    let missed = class.total() as f64 - hits.len() as f64;
                    let off: f64 = hits.iter().map(|overlap| (1.0 - overlap) / 0.5).sum();
                    let whole = hits.len() as f64 + misses + missed;
                    (!hits.is_empty()).then(|| (off + misses + missed) / whole)
                };
                let least = class.judged.iter().filter_map(|one| at(one.score)).fold(None, |least, error| {
                    Some(least.map_or(error, |least: f64| least.min(error)))
                });
                let got = optimal_lrp(class, 0.5).unwrap();
                prop_assert!((got.error - least.unwrap_or(1.0)).abs() < 1e-12);
            }
        }
    }
}
