//! Agreement between seeds: how much of what a network answers is the luck of its seed.
//!
//! With `a_s(x)` the class that the network of seed `s` takes the test image `x` for:
//!
//! ```text
//! churn        = mean over pairs of seeds s < t of the share of images with a_s(x) ≠ a_t(x)
//! disagreement = 1 − mean over images of the largest share of seeds that give one class
//! gain         = accuracy of the class that most seeds give (the first of equal ones) − mean accuracy of the seeds
//! ```
//!
//! An arm is compared with its partner over the seeds that both have. Pairs of seeds are not independent, so the interval is
//! that of Tukey's jackknife, which leaves out a seed at a time: Student's over the pseudo-values `n D − (n − 1) D_without s`.
//! Churn after Milani Fard, Cormier, Canini and Gupta (2016), Advances in Neural Information Processing Systems 29; the
//! jackknife after Arvesen (1969), doi:10.1214/aoms/1177697287, for means over pairs.

use serde::Serialize;

use super::census::Runs;
use crate::record::{ArmNote, Record};
use crate::stats::{Interval, mean, t_interval};

/// How far the networks of an arm agree with each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The arm.
    pub arm: String,
    /// The arm it is compared with; its own name if it is a baseline.
    pub against: String,
    /// Seeds whose answers are known.
    pub runs: usize,
    /// Share of images that two seeds answer differently.
    pub churn: Option<f64>,
    /// Share of the answers that are not those of most seeds.
    pub disagreement: Option<f64>,
    /// What the answers of most seeds have of accuracy more than a seed has.
    pub gain: Option<f64>,
    /// Churn minus that of the partner, over the seeds of both.
    pub extra_churn: Option<f64>,
    /// 95 % interval of that; none for a baseline or below three seeds.
    pub extra_interval: Option<Interval>,
}

impl Agreement {
    /// One per arm of the design; empty where no two runs of an arm say what they answered.
    pub(super) fn of(runs: &Runs<'_>) -> Vec<Self> {
        let all: Vec<Self> = runs.design.arms.iter().map(|note| Self::of_arm(note, runs)).collect();
        if all.iter().any(|arm| arm.churn.is_some()) { all } else { Vec::new() }
    }

    fn of_arm(note: &ArmNote, runs: &Runs<'_>) -> Self {
        let known = answered(runs, &note.name);
        let answers: Vec<&[u8]> = known.iter().map(|(_, answers)| *answers).collect();
        let partner = answered(runs, &note.against);
        let shared = known.iter().filter_map(|&(record, ours)| {
            let same = |(other, _): &&(&Record, &[u8])| other.seed == record.seed;
            let theirs = partner.iter().find(same)?.1;
            (ours.len() == theirs.len()).then_some((ours, theirs))
        });
        let (ours, theirs): (Vec<&[u8]>, Vec<&[u8]>) = shared.unzip();
        let compared = note.name != note.against;
        let extra =
            |kept: &dyn Fn(usize) -> bool| Some(churn(&ours, kept)? - churn(&theirs, kept)?);
        let whole = extra(&|_| true).filter(|_| compared);
        let n = ours.len() as f64;
        let pseudo = (0..ours.len()).map(|left_out| {
            let without = extra(&|seed| seed != left_out)?;
            Some(n * whole? - (n - 1.0) * without)
        });
        let pseudo: Option<Vec<f64>> = pseudo.collect();
        Self {
            arm: note.name.clone(),
            against: note.against.clone(),
            runs: known.len(),
            churn: churn(&answers, &|_| true),
            disagreement: disagreement(&answers),
            gain: gain(&known),
            extra_churn: whole,
            extra_interval: pseudo.and_then(|values| t_interval(&values, 0.95)),
        }
    }
}

/// The runs of an arm that say what they answered, all of as many images as the first.
fn answered<'a>(runs: &Runs<'a>, arm: &str) -> Vec<(&'a Record, &'a [u8])> {
    let all = runs.done(arm).into_iter();
    let mut known: Vec<_> =
        all.filter_map(|record| Some((record, record.taken.as_ref()?.classes()))).collect();
    let images = known.first().map_or(0, |(_, answers)| answers.len());
    known.retain(|(_, answers)| answers.len() == images && images > 0);
    known
}

/// `None` of fewer than two runs.
fn churn(answers: &[&[u8]], kept: &dyn Fn(usize) -> bool) -> Option<f64> {
    let kept: Vec<&[u8]> =
        answers.iter().enumerate().filter(|(seed, _)| kept(*seed)).map(|(_, a)| *a).collect();
    let mut shares = Vec::new();
    for (at, one) in kept.iter().enumerate() {
        for other in &kept[at + 1..] {
            let differ = one.iter().zip(*other).filter(|(a, b)| a != b).count();
            shares.push(differ as f64 / one.len() as f64);
        }
    }
    mean(&shares)
}

/// The class that most give, the first of equal ones, and how many give it.
fn majority(answers: impl Iterator<Item = u8>) -> (u8, usize) {
    let mut counts = [0_usize; 36];
    answers.for_each(|class| counts[usize::from(class)] += 1);
    let best = |best: usize, at: usize| if counts[at] > counts[best] { at } else { best };
    let most = (1..counts.len()).fold(0, best);
    (most as u8, counts[most])
}

/// `None` of fewer than two runs.
fn disagreement(answers: &[&[u8]]) -> Option<f64> {
    let images = answers.first().filter(|_| answers.len() > 1)?.len();
    let share = |image: usize| {
        let (_, most) = majority(answers.iter().map(|of| of[image]));
        most as f64 / answers.len() as f64
    };
    mean(&(0..images).map(share).collect::<Vec<_>>()).map(|share| 1.0 - share)
}

/// `None` of fewer than two runs, or where they do not say what was right.
fn gain(known: &[(&Record, &[u8])]) -> Option<f64> {
    let images = known.first().filter(|_| known.len() > 1)?.1.len();
    let marked = known.iter().map(|(record, answers)| {
        let marks: Vec<bool> = record.marks.as_ref()?.iter().collect();
        (marks.len() == images).then_some((marks, *answers))
    });
    let marked: Vec<(Vec<bool>, &[u8])> = marked.collect::<Option<_>>()?;
    // The label is known of every image that any run had right, and the others nobody has right.
    let right = |image: usize| {
        let label = marked.iter().find(|(marks, _)| marks[image]).map(|(_, of)| of[image]);
        let (most, _) = majority(marked.iter().map(|(_, of)| of[image]));
        f64::from(u8::from(label == Some(most)))
    };
    let together = mean(&(0..images).map(right).collect::<Vec<_>>())?;
    let each = marked
        .iter()
        .map(|(marks, _)| marks.iter().filter(|right| **right).count() as f64 / images as f64);
    Some(together - mean(&each.collect::<Vec<_>>())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};
    use crate::{Analysis, Taken};

    /// A run that took images for these classes, of which those of class 1 are right.
    fn run(arm: &str, seed: u64, classes: &[usize]) -> Record {
        let mut record = record(arm, seed, 0.9);
        record.marks = Some(classes.iter().map(|&class| class == 1).collect());
        record.taken = Taken::new(classes.iter().copied());
        record
    }

    fn near(got: Option<f64>, expected: f64) {
        assert!(got.is_some_and(|got| (got - expected).abs() < 1e-12), "{got:?}, not {expected}");
    }

    #[test]
    fn churn_disagreement_and_gain_by_hand() {
        let records = [
            run("max", 1, &[1, 1, 1, 0, 2]),
            run("max", 2, &[1, 1, 0, 1, 2]),
            run("max", 3, &[1, 0, 1, 1, 0]),
        ];
        let analysis = Analysis::of(&design(), &records).unwrap();
        let max = &analysis.agreement[0];
        // Pairs differ in 2, 3 and 3 of five images.
        near(max.churn, 8.0 / 15.0);
        // Most are 3, 2, 2, 2 and 2 of three.
        near(max.disagreement, 1.0 - 11.0 / 15.0);
        // Together four of five are right, alone three each.
        near(max.gain, 0.8 - 0.6);
        assert_eq!((max.runs, max.extra_churn, max.extra_interval), (3, None, None));
        assert_eq!(analysis.agreement[1].churn, None);
    }

    #[test]
    fn the_difference_is_over_shared_seeds_and_its_interval_leaves_out_one_at_a_time() {
        let still = |seed| run("max", seed, &[1; 10]);
        let records = [
            still(1),
            still(2),
            still(3),
            run("none", 1, &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
            run("none", 2, &[0, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
            run("none", 3, &[1, 0, 0, 1, 1, 1, 1, 1, 1, 1]),
            run("none", 4, &[0; 10]), // the partner has no run of this seed
        ];
        let analysis = Analysis::of(&design(), &records).unwrap();
        let none = analysis.agreement.iter().find(|arm| arm.arm == "none").unwrap();
        // Pairs differ in 1, 2 and 3 of ten. Without a seed one pair is left: 0.3, 0.2, 0.1, so pseudo-values are 0, 0.2, 0.4.
        near(none.extra_churn, 0.2);
        let half = 4.302_652_729_911_275 * 0.2 / 3_f64.sqrt();
        let interval = none.extra_interval.unwrap();
        assert!((interval.low - (0.2 - half)).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - (0.2 + half)).abs() < 1e-9, "{interval:?}");
    }

    #[test]
    fn records_that_do_not_say_what_was_answered_are_read_as_before() {
        let plain = serde_json::to_string(&record("max", 1, 0.9)).unwrap();
        assert!(!plain.contains("taken"), "{plain}");
        let records = [record("max", 1, 0.9), record("max", 2, 0.9)];
        assert!(Analysis::of(&design(), &records).unwrap().agreement.is_empty());
    }
}
