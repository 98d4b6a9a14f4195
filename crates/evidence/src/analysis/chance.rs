//! Runs that trained to their end and learnt nothing.

use crate::record::{DatasetNote, Design, Record};

/// The score that is 0 where predictions agree with labels no more often than by chance.
const KAPPA: &str = "cohen_kappa";

/// What a run that is no better than guessing shows, in words; `None` where it is better, or lacks one
/// of the two scores.
///
/// ```text
/// kappa = (accuracy - p) / (1 - p)                     p the share of agreement by chance
/// kappa ≤ 3 sqrt(p / (N (1 - p)))                      N test images
/// ```
///
/// The root is the standard error of Cohen's kappa under guessing: about `0.33 / sqrt(N)` for ten classes
/// of equal size, and `3 / sqrt(N)` where nine images of ten are of one class. So a run that guesses is
/// taken for one that learnt about once in a thousand times, and one that predicts a single class, whose
/// kappa is 0, never. After Cohen (1960), doi:10.1177/001316446002000104.
pub(super) fn stuck_at_chance(record: &Record, data: &DatasetNote) -> Option<String> {
    let (accuracy, kappa) = (*record.scores.get(Design::ACCURACY)?, *record.scores.get(KAPPA)?);
    // A kappa of 1 is no guess; an agreement by chance of 1 leaves nothing to learn.
    let by_chance = ((accuracy - kappa) / (1.0 - kappa)).max(0.0);
    if kappa >= 1.0 || by_chance >= 1.0 {
        return None;
    }
    let guessing = 3.0 * (by_chance / (data.test.max(1) as f64 * (1.0 - by_chance))).sqrt();
    (kappa <= guessing).then(|| {
        let kappa = format!("{kappa:.3}").replace('-', "−");
        format!("trained to its end and is no better than guessing (kappa {kappa}, guessing up to {guessing:.3})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};

    #[test]
    fn a_run_that_predicts_one_class_is_told_and_one_that_learnt_is_not() {
        let data = design().dataset;
        let stuck = |by_chance: f64, kappa: f64| {
            let mut run = record("max", 1, by_chance + kappa * (1.0 - by_chance));
            run.scores.insert(KAPPA.to_owned(), kappa);
            stuck_at_chance(&run, &data)
        };
        let expected =
            "trained to its end and is no better than guessing (kappa 0.000, guessing up to 0.022)";
        assert_eq!(stuck(0.1, 0.0).as_deref(), Some(expected));
        assert!(stuck(0.1, -0.02).unwrap().contains("kappa −0.020"));
        assert_eq!(stuck(0.1, 0.03), None, "ten classes of equal size");
        assert!(stuck(0.9, 0.15).unwrap().contains("guessing up to 0.201"), "a class of 90 %");
        assert_eq!((stuck(0.9, 0.25), stuck(0.1, 1.0)), (None, None));
        assert_eq!(stuck_at_chance(&record("max", 1, 0.1), &data), None);
    }
}
