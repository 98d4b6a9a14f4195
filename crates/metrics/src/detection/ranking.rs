//! Detections of one class, best score first, judged.

use std::cmp::Ordering;

use crate::{Counts, Error};

/// What a detection turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It found an object.
    Hit,
    /// It found nothing, or an object that a better one had found.
    Miss,
    /// It found an object that does not count, so neither does the detection.
    Ignored,
}

/// Judged detections of one class, in descending order of score.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    objects: usize,
    judged: Vec<(f64, Outcome)>,
}

impl Ranking {
    /// Ranks judged detections among which `objects` could be found; equal scores keep their order.
    ///
    /// # Errors
    ///
    /// When a score is not a number.
    pub fn new(objects: usize, mut judged: Vec<(f64, Outcome)>) -> Result<Self, Error> {
        if let Some(&(score, _)) = judged.iter().find(|(score, _)| score.is_nan()) {
            return Err(Error::Score { score });
        }
        judged.sort_by(|(a, _), (b, _)| descending(*a, *b));
        Ok(Self { objects, judged })
    }

    /// Objects that could be found.
    pub fn objects(&self) -> usize {
        self.objects
    }

    /// Scores and outcomes, best first.
    pub fn judged(&self) -> &[(f64, Outcome)] {
        &self.judged
    }

    /// Hits, misses and objects not found, over all detections; there is nothing to count as a true negative.
    pub fn counts(&self) -> Counts {
        let count =
            |wanted| self.judged.iter().filter(|(_, outcome)| *outcome == wanted).count() as u64;
        let tp = count(Outcome::Hit);
        Counts {
            tp,
            fp: count(Outcome::Miss),
            fn_: (self.objects as u64).saturating_sub(tp),
            tn: 0,
        }
    }

    /// `(recall, precision)` after each detection that counts; `None` when there is no object to find.
    pub fn curve(&self) -> Option<Vec<(f64, f64)>> {
        if self.objects == 0 {
            return None;
        }
        let (mut hits, mut counted) = (0_u64, 0_u64);
        let counting = self.judged.iter().filter(|(_, outcome)| *outcome != Outcome::Ignored);
        let points = counting.map(|(_, outcome)| {
            counted += 1;
            hits += u64::from(*outcome == Outcome::Hit);
            (hits as f64 / self.objects as f64, hits as f64 / counted as f64)
        });
        Some(points.collect())
    }
}

/// Order of scores, larger first; +0 and −0 are equal.
pub(super) fn descending(a: f64, b: f64) -> Ordering {
    b.partial_cmp(&a).expect("scores are numbers, which their owners have checked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_follows_the_scores_and_passes_over_what_is_ignored() {
        let judged = vec![
            (0.2, Outcome::Hit),
            (0.9, Outcome::Hit),
            (0.5, Outcome::Ignored),
            (0.7, Outcome::Miss),
        ];
        let ranking = Ranking::new(4, judged).unwrap();
        assert_eq!(ranking.curve().unwrap(), [(0.25, 1.0), (0.25, 0.5), (0.5, 2.0 / 3.0)]);
        assert_eq!(ranking.counts(), Counts { tp: 2, fp: 1, fn_: 2, tn: 0 });
    }

    #[test]
    fn equal_scores_keep_their_order() {
        let judged = vec![(0.0, Outcome::Miss), (-0.0, Outcome::Hit), (0.0, Outcome::Ignored)];
        assert_eq!(Ranking::new(1, judged.clone()).unwrap().judged(), judged);
    }

    #[test]
    fn a_score_that_is_not_a_number_is_refused() {
        let error = Ranking::new(1, vec![(f64::NAN, Outcome::Hit)]).unwrap_err().to_string();
        assert_eq!(error, "detection: score is NaN; expected a number");
    }

    #[test]
    fn the_curve_is_undefined_without_objects() {
        assert_eq!(Ranking::new(0, vec![(0.5, Outcome::Miss)]).unwrap().curve(), None);
    }
}
