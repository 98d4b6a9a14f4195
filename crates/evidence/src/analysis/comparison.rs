//! One arm against its partner, pair by pair.

use serde::Serialize;

use super::ArmSummary;
use super::arm::epoch_seconds;
use super::census::{Runs, has_diverged, is_done, what_happened};
use crate::record::{ArmNote, Record};
use crate::stats::{
    Interval, IntervalMethod, Ratio, correlation, difference_interval, geometric_mean_ratio,
    t_interval,
};
use crate::verdict::Judgement;

/// An arm against its partner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The arm.
    pub arm: String,
    /// Its partner.
    pub against: String,
    /// Difference of the metric, arm minus partner, for every seed that both finished.
    pub pairs: Vec<PairedDifference>,
    /// Every run that ended without a score, in words: "`none` seed 3 diverged in epoch 2".
    pub lost: Vec<String>,
    /// Seeds that one of the arms has not run yet, and neither has lost.
    pub waiting: usize,
    /// Whether a seed is lost because a run diverged.
    pub diverged: bool,
    /// The verdict and its numbers, adjusted for the whole family of comparisons.
    #[serde(flatten)]
    pub judgement: Judgement,
    /// Correlation of the two arms over seeds: what pairing gains.
    pub correlation: Option<f64>,
    /// Other 95 % intervals of the difference; neither is adjusted and neither decides.
    pub cross_check: CrossCheck,
    /// What the arm costs relative to its partner.
    pub costs: Option<CostRatios>,
    /// What is held equal between the two; `None` until both have a finished run.
    pub controls: Option<Controls>,
    /// Seconds that one more seed of both arms takes, one run at a time.
    pub pair_seconds: Option<f64>,
}

/// The difference of one seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairedDifference {
    /// The seed.
    pub seed: u64,
    /// Metric of the arm minus metric of its partner.
    pub difference: f64,
}

/// Intervals of the same difference by other methods.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CrossCheck {
    /// Student's t.
    pub student: Option<Interval>,
    /// Paired bootstrap, BCa from eight pairs on.
    pub bootstrap: Option<Interval>,
    /// How the bootstrap interval was made.
    pub method: Option<IntervalMethod>,
}

/// Costs of an arm divided by those of its partner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CostRatios {
    /// Trained values.
    pub parameters: f64,
    /// Multiply-adds per image.
    pub macs: f64,
    /// High-water mark of memory.
    pub peak_bytes: f64,
    /// Seconds per epoch, pair by pair.
    pub seconds: Option<Ratio>,
    /// Whether the times of both arms vary by at most 10 % between runs.
    pub times_are_steady: bool,
}

/// What is held equal between an arm and its partner, computed from their costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Controls {
    /// Exactly the same number of trained values.
    pub same_parameters: bool,
    /// Multiply-adds within 1 %.
    pub same_macs: bool,
}

/// Both runs of every seed that has them.
pub(super) struct Pairs<'a> {
    note: &'a ArmNote,
    both: Vec<(&'a Record, &'a Record)>,
    scores: Vec<(f64, f64)>,
    lost: Vec<String>,
    waiting: usize,
    diverged: bool,
}

impl<'a> Pairs<'a> {
    pub(super) fn of(note: &'a ArmNote, runs: &Runs<'a>) -> Self {
        let mut pairs = Self {
            note,
            both: Vec::new(),
            scores: Vec::new(),
            lost: Vec::new(),
            waiting: 0,
            diverged: false,
        };
        for &seed in &runs.seeds {
            let (arm, against) = (runs.get(&note.name, seed), runs.get(&note.against, seed));
            match (arm, against) {
                (Some(arm), Some(against)) if is_done(arm) && is_done(against) => {
                    pairs.both.push((arm, against));
                    pairs.scores.push((runs.score(arm), runs.score(against)));
                }
                _ => {
                    let known = pairs.lost.len();
                    for record in [arm, against].into_iter().flatten() {
                        pairs.diverged |= has_diverged(record);
                        pairs.lost.extend(
                            what_happened(record)
                                .map(|what| format!("`{}` seed {seed} {what}", record.arm)),
                        );
                    }
                    pairs.waiting += usize::from(pairs.lost.len() == known);
                }
            }
        }
        pairs
    }

    pub(super) fn differences(&self) -> Vec<f64> {
        self.scores.iter().map(|(arm, against)| arm - against).collect()
    }
}

impl Comparison {
    pub(super) fn of(pairs: &Pairs<'_>, judgement: Judgement, arms: &[ArmSummary]) -> Self {
        let summary = |name: &str| arms.iter().find(|arm| arm.name == name);
        let (arm, against) = (summary(&pairs.note.name), summary(&pairs.note.against));
        let differences = pairs.differences();
        let bootstrap = difference_interval(&differences, 0.95);
        let costs = arm.zip(against).and_then(|(arm, against)| cost_ratios(pairs, arm, against));
        Self {
            arm: pairs.note.name.clone(),
            against: pairs.note.against.clone(),
            pairs: pairs
                .both
                .iter()
                .zip(&differences)
                .map(|((record, _), &difference)| PairedDifference {
                    seed: record.seed,
                    difference,
                })
                .collect(),
            lost: pairs.lost.clone(),
            waiting: pairs.waiting,
            diverged: pairs.diverged,
            judgement,
            correlation: correlation(&pairs.scores),
            cross_check: CrossCheck {
                student: t_interval(&differences, 0.95),
                bootstrap: bootstrap.map(|(interval, _)| interval),
                method: bootstrap.map(|(_, method)| method),
            },
            costs,
            controls: arm.zip(against).and_then(|(arm, against)| controls(arm, against)),
            pair_seconds: arm
                .and_then(|arm| arm.run_seconds)
                .zip(against.and_then(|against| against.run_seconds))
                .map(|(arm, against)| arm + against),
        }
    }
}

fn cost_ratios(pairs: &Pairs<'_>, arm: &ArmSummary, against: &ArmSummary) -> Option<CostRatios> {
    let (one, other) = (arm.costs?, against.costs?);
    let seconds: Vec<_> = pairs
        .both
        .iter()
        .filter_map(|(arm, against)| epoch_seconds(arm).zip(epoch_seconds(against)))
        .collect();
    let steady = |arm: &ArmSummary| arm.epoch_spread.is_some_and(|spread| spread <= 0.10);
    Some(CostRatios {
        parameters: ratio(one.parameters, other.parameters)?,
        macs: ratio(one.macs, other.macs)?,
        peak_bytes: ratio(one.peak_bytes, other.peak_bytes)?,
        seconds: geometric_mean_ratio(&seconds, 0.95),
        times_are_steady: steady(arm) && steady(against),
    })
}

fn ratio(one: u64, other: u64) -> Option<f64> {
    (other > 0).then(|| one as f64 / other as f64)
}

fn controls(arm: &ArmSummary, against: &ArmSummary) -> Option<Controls> {
    let (one, other) = (arm.costs?, against.costs?);
    Some(Controls {
        same_parameters: one.parameters == other.parameters,
        same_macs: one.macs.abs_diff(other.macs) as f64 <= 0.01 * other.macs as f64,
    })
}
