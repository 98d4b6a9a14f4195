//! Scores beside the one that decides: compared as that one is, by the same pairs, test and looks.
//!
//! The comparisons by a score are a family of their own, so each score has its own 5 %. They answer no question and stop
//! no study.

use serde::Serialize;

use super::census::Runs;
use super::comparison::Pairs;
use super::looks;
use crate::record::ArmNote;
use crate::stats::{Interval, mean, t_interval};
use crate::verdict::Judgement;
use crate::{Error, ScoreNote};

/// One score over all arms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OtherScore {
    /// What it is, and how small a difference in it does not matter.
    #[serde(flatten)]
    pub note: ScoreNote,
    /// One summary per arm, in the order of the design.
    pub arms: Vec<ArmScore>,
    /// Every arm that has a partner against it: one family of tests.
    pub comparisons: Vec<OtherComparison>,
}

/// A score of the runs of an arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmScore {
    /// The arm.
    pub arm: String,
    /// Runs that have it.
    pub runs: usize,
    /// Mean over runs.
    pub mean: Option<f64>,
    /// Student's 95 % interval of the mean, of this arm alone.
    pub interval: Option<Interval>,
}

/// An arm against its partner by a score that does not decide.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OtherComparison {
    /// The arm.
    pub arm: String,
    /// Its partner.
    pub against: String,
    /// Every run that is over and lacks the score, in words.
    pub lost: Vec<String>,
    /// The verdict and its numbers, adjusted for the comparisons by this score.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl OtherScore {
    /// One per score that the design judges beside its own, in its order.
    pub(super) fn of(compared: &[&ArmNote], runs: &Runs<'_>) -> Result<Vec<Self>, Error> {
        let scores = runs.design.also.iter().map(|note| {
            check(note, runs)?;
            let runs = runs.by(&note.metric);
            let arms = runs.design.arms.iter().map(|arm| ArmScore::of(&arm.name, &runs)).collect();
            let judged = compared.iter().zip(looks::judgements(compared, &runs, note.margin));
            let comparisons = judged.map(|(arm, judgement)| {
                let pairs = Pairs::of(arm, &runs, looks::seeds_of(&judgement, runs.design));
                OtherComparison {
                    arm: arm.name.clone(),
                    against: arm.against.clone(),
                    lost: pairs.lost().to_vec(),
                    judgement,
                }
            });
            Ok(Self { note: note.clone(), arms, comparisons: comparisons.collect() })
        });
        scores.collect()
    }

    /// The comparison of an arm with its partner.
    pub fn comparison(&self, arm: &str) -> Option<&OtherComparison> {
        self.comparisons.iter().find(|comparison| comparison.arm == arm)
    }
}

impl ArmScore {
    fn of(arm: &str, runs: &Runs<'_>) -> Self {
        let done = runs.done(arm);
        let values: Vec<f64> = done.iter().filter_map(|run| runs.compared(run)).collect();
        let (mean, interval) = (mean(&values), t_interval(&values, 0.95));
        Self { arm: arm.to_owned(), runs: values.len(), mean, interval }
    }
}

/// Checks that the score is a share or an agreement, and one that runs have where it is asked for when there are some. One
/// that was planned may be undefined for all of them.
fn check(note: &ScoreNote, runs: &Runs<'_>) -> Result<(), Error> {
    let done = || runs.design.arms.iter().flat_map(|arm| runs.done(&arm.name));
    let values = done().filter_map(|run| Some((run, *run.scores.get(&note.metric)?)));
    for (run, value) in values.clone() {
        run.within(format!("score `{}`", note.metric), value, -1)?;
    }
    match done().next() {
        Some(run) if note.afterwards && values.count() == 0 => Err(Error::Design {
            design: runs.design.name.clone(),
            problem: format!(
                "no run has a score `{}`; they have {}",
                note.metric,
                run.scores.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        }),
        _ => Ok(()),
    }
}
