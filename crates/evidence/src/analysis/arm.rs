//! What the runs of one arm say together.

use serde::Serialize;

use super::census::{Runs, is_done};
use super::class::{class_scores, total};
use super::{ClassScore, Spending};
use crate::confusion::ConfusionCounts;
use crate::record::{ArmNote, Costs, Outcome, Record};
use crate::stats::{
    Interval, ProfilePoint, RobustMean, mean, median, performance_profile, robust_mean,
    standard_deviation, t_interval,
};

/// One arm over its seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmSummary {
    /// Name of the arm.
    pub name: String,
    /// One line about it.
    pub about: String,
    /// The arm it is compared with; its own name if it is a baseline.
    pub against: String,
    /// Runs that were scored.
    pub done: usize,
    /// Runs whose loss left the finite numbers.
    pub diverged: usize,
    /// Runs that something else stopped.
    pub failed: usize,
    /// Seeds without a record that are needed.
    pub missing: usize,
    /// Seeds that must run by what is known now; all of them unless looks are planned.
    pub wanted: usize,
    /// Scored runs that are no better than guessing; they count like all others.
    pub stuck: usize,
    /// The metric of every scored run, by seed.
    pub scores: Vec<SeedScore>,
    /// Mean of the metric.
    pub mean: Option<f64>,
    /// Standard deviation of the metric over seeds.
    pub sd: Option<f64>,
    /// Student's 95 % interval of the mean, of this arm alone.
    pub interval: Option<Interval>,
    /// Interquartile mean of the metric, which one bad run moves little, with its bootstrap interval.
    pub robust: Option<RobustMean>,
    /// Share of runs above each of eleven scores, which are the same for every arm.
    pub profile: Vec<ProfilePoint>,
    /// What a run needs; the most of any run.
    pub costs: Option<Costs>,
    /// Whether runs disagree about what they need, which they should not.
    pub costs_vary: bool,
    /// Median over runs of the median seconds per epoch, the first epoch left out as warm-up.
    pub epoch_seconds: Option<f64>,
    /// Standard deviation over runs of the logarithm of the seconds per epoch: 0.1 is 10 %.
    pub epoch_spread: Option<f64>,
    /// Median seconds of a whole run.
    pub run_seconds: Option<f64>,
    /// What its runs took, whatever became of them.
    pub spent: Option<Spending>,
    /// Training accuracy after each epoch, over the scored runs.
    pub curve: Vec<CurvePoint>,
    /// How often each class was taken for which, over the scored runs together.
    #[serde(skip_serializing_if = "ConfusionCounts::is_empty")]
    pub confusion: ConfusionCounts,
    /// Precision and recall of each class; empty where the records have no counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassScore>,
}

/// The metric of one run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SeedScore {
    /// The seed.
    pub seed: u64,
    /// The metric.
    pub score: f64,
}

/// Training accuracy after one epoch, over runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Counted from one.
    pub epoch: u32,
    /// Mean over the runs that reached this epoch.
    pub mean: f64,
    /// The lowest run.
    pub low: f64,
    /// The highest run.
    pub high: f64,
    /// Mean of the metric on the validation images, where they are judged after every epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<f64>,
}

impl ArmSummary {
    /// Whether other arms are compared with this one and it with none.
    pub fn is_baseline(&self) -> bool {
        self.against == self.name
    }

    /// Runs that the arm should have by now.
    pub fn planned(&self) -> usize {
        self.done + self.diverged + self.failed + self.missing
    }

    /// Summarises an arm of which the first `wanted` seeds are needed, its profile taken at `scores_at`.
    pub(super) fn of(note: &ArmNote, runs: &Runs<'_>, wanted: usize, scores_at: &[f64]) -> Self {
        let records: Vec<_> =
            runs.seeds.iter().filter_map(|&seed| runs.get(&note.name, seed)).collect();
        let done = runs.done(&note.name);
        let count = |wanted: fn(&Outcome) -> bool| {
            records.iter().filter(|record| wanted(&record.outcome)).count()
        };
        let scores: Vec<_> = done
            .iter()
            .map(|record| SeedScore { seed: record.seed, score: runs.score(record) })
            .collect();
        let values: Vec<f64> = scores.iter().map(|score| score.score).collect();
        let seconds: Vec<f64> = done.iter().filter_map(|record| epoch_seconds(record)).collect();
        let logs: Vec<f64> = seconds.iter().map(|seconds| seconds.ln()).collect();
        let totals: Vec<f64> = done.iter().map(|record| record.times.total_seconds).collect();
        Self {
            name: note.name.clone(),
            about: note.about.clone(),
            against: note.against.clone(),
            done: done.len(),
            diverged: count(|outcome| matches!(outcome, Outcome::Diverged { .. })),
            failed: count(|outcome| matches!(outcome, Outcome::Failed { .. })),
            missing: runs
                .seeds
                .iter()
                .take(wanted)
                .filter(|s| runs.get(&note.name, **s).is_none())
                .count(),
            wanted,
            stuck: done.iter().filter(|record| runs.stuck(record).is_some()).count(),
            mean: mean(&values),
            sd: standard_deviation(&values),
            interval: t_interval(&values, 0.95),
            robust: (!values.is_empty()).then(|| robust_mean(&[&values])).flatten(),
            profile: performance_profile(&[&values], scores_at),
            scores,
            costs: most(&done),
            costs_vary: done.windows(2).any(|pair| pair[0].costs != pair[1].costs),
            epoch_seconds: median(&seconds),
            epoch_spread: standard_deviation(&logs),
            run_seconds: median(&totals),
            spent: Spending::of(runs.design, records.iter().copied()),
            curve: curve(&done),
            confusion: total(&done),
            classes: class_scores(runs.design, &done),
        }
    }
}

/// Eleven scores from the lowest run of the study to its highest, where profiles are taken.
pub(super) fn profile_scores(runs: &Runs<'_>) -> Vec<f64> {
    let arms = runs.design.arms.iter();
    let scores: Vec<f64> =
        arms.flat_map(|arm| runs.done(&arm.name)).map(|record| runs.score(record)).collect();
    let ends = scores.iter().copied().reduce(f64::min).zip(scores.iter().copied().reduce(f64::max));
    ends.map_or_else(Vec::new, |(low, high)| {
        (0..=10).map(|step| low + (high - low) * f64::from(step) / 10.0).collect()
    })
}

/// Median seconds per epoch of a run; the first epoch warms up and counts only if it is alone.
pub(super) fn epoch_seconds(record: &Record) -> Option<f64> {
    debug_assert!(is_done(record), "times of unfinished runs say nothing");
    let epochs = &record.times.epoch_seconds;
    let warm = if epochs.len() > 1 { &epochs[1..] } else { epochs };
    median(warm).filter(|&seconds| seconds > 0.0)
}

fn most(records: &[&Record]) -> Option<Costs> {
    let all = records.iter().map(|record| record.costs);
    all.reduce(|a, b| Costs {
        parameters: a.parameters.max(b.parameters),
        macs: a.macs.max(b.macs),
        peak_bytes: a.peak_bytes.max(b.peak_bytes),
    })
}

fn curve(records: &[&Record]) -> Vec<CurvePoint> {
    let points = || records.iter().flat_map(|record| &record.curve);
    let mut epochs: Vec<u32> = points().map(|point| point.epoch).collect();
    epochs.sort_unstable();
    epochs.dedup();
    let at = |epoch: u32| {
        let of_epoch = || points().filter(|p| p.epoch == epoch);
        let values: Vec<f64> = of_epoch().map(|p| p.train_accuracy).collect();
        let validation: Vec<f64> = of_epoch().filter_map(|p| p.validation).collect();
        Some(CurvePoint {
            epoch,
            mean: mean(&values)?,
            low: values.iter().copied().reduce(f64::min)?,
            high: values.iter().copied().reduce(f64::max)?,
            validation: mean(&validation),
        })
    };
    epochs.into_iter().filter_map(at).collect()
}
