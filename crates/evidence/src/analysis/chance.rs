//! Runs that trained to their end and learnt nothing.

use crate::record::{DatasetNote, Record};

/// The score that is 0 where predictions agree with labels no more often than by chance.
const KAPPA: &str = "cohen_kappa";

/// What a run that is no better than guessing shows, in words; `None` where it is better, or has no
/// such score.
///
/// ```text
/// kappa ≤ 3 / sqrt(N)        N test images
/// ```
///
/// The standard error of Cohen's kappa under guessing is `sqrt(p / (N (1 - p)))` with `p` the share of
/// agreement by chance, so at most `1 / sqrt(N)` where `p ≤ 1/2`: the rule calls a run that guesses
/// better than that once in a thousand times, and never mistakes one that predicts a single class, whose
/// kappa is 0. After Cohen (1960), doi:10.1177/001316446002000104.
pub(super) fn stuck_at_chance(record: &Record, data: &DatasetNote) -> Option<String> {
    let kappa = *record.scores.get(KAPPA)?;
    let guessing = 3.0 / (data.test.max(1) as f64).sqrt();
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
        let stuck = |kappa: f64| {
            let mut run = record("max", 1, 0.1);
            run.scores.insert(KAPPA.to_owned(), kappa);
            stuck_at_chance(&run, &data)
        };
        let expected =
            "trained to its end and is no better than guessing (kappa 0.000, guessing up to 0.067)";
        assert_eq!(stuck(0.0).as_deref(), Some(expected));
        assert!(stuck(-0.02).unwrap().contains("kappa −0.020"));
        assert_eq!(stuck(0.08), None);
        assert_eq!(stuck_at_chance(&record("max", 1, 0.1), &data), None);
    }
}
