//! One arm against its partner, pair by pair.

use serde::Serialize;

use super::arm::epoch_seconds;
use super::census::{Runs, has_diverged, what_happened};
use super::without::SAME_TIME;
use super::{ArmSummary, Spending, core_seconds};
use crate::record::{ArmNote, Design, Record};
use crate::stats::{
    Crossed, EffectSize, Interval, IntervalMethod, Ratio, SignedRank, correlation, crossed,
    difference_interval, effect_size, geometric_mean_ratio, mcnemar, signed_rank, t_interval,
};
use crate::verdict::Judgement;

/// An arm against its partner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The arm.
    pub arm: String,
    /// Its partner.
    pub against: String,
    /// Seeds that the verdict may rest on: all, or those of the look that judged it.
    pub planned: usize,
    /// Difference of the metric, arm minus partner, for each of these seeds that both finished.
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
    /// Other views of the same differences; none is adjusted and none decides.
    pub cross_check: CrossCheck,
    /// How large the difference is, without a unit.
    pub effect: Option<EffectSize>,
    /// How sure it is for other test images too; `None` unless every run says which it got right.
    pub crossed: Option<Crossed>,
    /// What the arm costs relative to its partner.
    pub costs: Option<CostRatios>,
    /// What is held equal between the two; `None` until both have a finished run.
    pub controls: Option<Controls>,
    /// What the runs took that it rests on.
    pub spent: Option<Spending>,
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
    /// McNemar's exact p of these two networks on the test images, if both say which they got right.
    pub mcnemar: Option<f64>,
}

/// The same differences by other methods.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CrossCheck {
    /// Student's t.
    pub student: Option<Interval>,
    /// Paired bootstrap, BCa from eight pairs on.
    pub bootstrap: Option<Interval>,
    /// How the bootstrap interval was made.
    pub method: Option<IntervalMethod>,
    /// Wilcoxon's signed ranks; `None` where every difference is zero.
    pub wilcoxon: Option<SignedRank>,
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
    /// Seconds until the training accuracy that both runs of a pair reach, pair by pair.
    pub seconds_to_accuracy: Option<Ratio>,
    /// Seconds until the target that the study sets, over the pairs of which both runs reach it.
    pub seconds_to_target: Option<Ratio>,
    /// Seconds of a whole run times its threads, pair by pair.
    pub core_seconds: Option<Ratio>,
    /// Whether the times of both arms vary by at most 10 % between runs.
    pub times_are_steady: bool,
}

/// What is held equal between an arm and its partner, computed from their costs and layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Controls {
    /// Exactly the same number of trained values.
    pub same_parameters: bool,
    /// Multiply-adds within 1 %.
    pub same_macs: bool,
    /// Memory within 1 %.
    pub same_memory: bool,
    /// The receptive fields of the last feature maps, of the arm and of its partner; `None` where the design does not say.
    pub fields: Option<[[u64; 2]; 2]>,
    /// The interval of the ratio of seconds per epoch lies within 10 %; `None` where times are not steady.
    pub same_time: Option<bool>,
}

/// Both runs of every seed that has them.
pub(super) struct Pairs<'a> {
    note: &'a ArmNote,
    partner: Option<&'a ArmNote>,
    planned: usize,
    design: &'a Design,
    both: Vec<(&'a Record, &'a Record)>,
    scores: Vec<(f64, f64)>,
    lost: Vec<String>,
    waiting: usize,
    diverged: bool,
}

impl<'a> Pairs<'a> {
    /// The pairs among the first so many seeds.
    pub(super) fn of(note: &'a ArmNote, runs: &Runs<'a>, planned: usize) -> Self {
        let mut pairs = Self {
            note,
            partner: runs.design.arms.iter().find(|arm| arm.name == note.against),
            planned,
            design: runs.design,
            both: Vec::new(),
            scores: Vec::new(),
            lost: Vec::new(),
            waiting: 0,
            diverged: false,
        };
        for &seed in runs.seeds.iter().take(planned) {
            let both = [&note.name, &note.against].map(|arm| runs.get(arm, seed));
            let scores = both.map(|run| run.and_then(|run| runs.compared(run)));
            if let ([Some(arm), Some(against)], [Some(one), Some(other)]) = (both, scores) {
                pairs.both.push((arm, against));
                pairs.scores.push((one, other));
                continue;
            }
            let known = pairs.lost.len();
            for (record, score) in both.into_iter().zip(scores) {
                let Some(record) = record.filter(|_| score.is_none()) else { continue };
                pairs.diverged |= has_diverged(record);
                let what = what_happened(record)
                    .unwrap_or_else(|| format!("has no score `{}`", runs.metric));
                pairs.lost.push(format!("`{}` seed {seed} {what}", record.arm));
            }
            pairs.waiting += usize::from(pairs.lost.len() == known);
        }
        pairs
    }

    pub(super) fn differences(&self) -> Vec<f64> {
        self.scores.iter().map(|(arm, against)| arm - against).collect()
    }

    pub(super) fn lost(&self) -> &[String] {
        &self.lost
    }
}

impl Pairs<'_> {
    /// The difference over seeds and images, where the metric is the share of images that are right and
    /// every pair marked the same number of them.
    fn crossed(&self, gains: Vec<Option<Vec<i8>>>) -> Option<Crossed> {
        let rows: Vec<Vec<i8>> = gains.into_iter().collect::<Option<_>>()?;
        let alike = rows.windows(2).all(|pair| pair[0].len() == pair[1].len());
        if self.design.is_accuracy() && alike { crossed(&rows) } else { None }
    }
}

/// For every image 1 where only the arm is right, -1 where only its partner is, 0 elsewhere; `None`
/// unless both runs marked the same number of images.
fn by_image(arm: &Record, against: &Record) -> Option<Vec<i8>> {
    let (one, other) = (arm.marks.as_ref()?, against.marks.as_ref()?);
    let gain = |(one, other): (bool, bool)| i8::from(one) - i8::from(other);
    (one.len() == other.len()).then(|| one.iter().zip(other.iter()).map(gain).collect())
}

impl Comparison {
    pub(super) fn of(pairs: &Pairs<'_>, judgement: Judgement, arms: &[ArmSummary]) -> Self {
        let summary = |name: &str| arms.iter().find(|arm| arm.name == name);
        let (arm, against) = (summary(&pairs.note.name), summary(&pairs.note.against));
        let differences = pairs.differences();
        let gains: Vec<Option<Vec<i8>>> =
            pairs.both.iter().map(|(arm, against)| by_image(arm, against)).collect();
        let bootstrap = difference_interval(&differences, 0.95);
        let costs = arm.zip(against).and_then(|(arm, against)| cost_ratios(pairs, arm, against));
        Self {
            arm: pairs.note.name.clone(),
            against: pairs.note.against.clone(),
            planned: pairs.planned,
            pairs: pairs
                .both
                .iter()
                .zip(&differences)
                .zip(&gains)
                .map(|(((arm, _), &difference), gains)| PairedDifference {
                    seed: arm.seed,
                    difference,
                    mcnemar: gains.as_ref().map(|gains| {
                        let count = |sign: i8| gains.iter().filter(|gain| **gain == sign).count();
                        mcnemar(count(1) as u64, count(-1) as u64)
                    }),
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
                wilcoxon: signed_rank(&differences),
            },
            effect: effect_size(&pairs.scores),
            crossed: pairs.crossed(gains),
            costs,
            controls: arm.zip(against).and_then(|(arm, against)| {
                let fields = pairs.note.sees().zip(pairs.partner.and_then(ArmNote::sees));
                controls([arm, against], fields.map(<[_; 2]>::from), costs.as_ref())
            }),
            spent: Spending::of(pairs.design, pairs.both.iter().flat_map(|(a, b)| [*a, *b])),
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
    let to_accuracy: Vec<_> =
        pairs.both.iter().filter_map(|(a, b)| seconds_to_both(a, b)).collect();
    let to_target: Vec<_> = pairs
        .both
        .iter()
        .filter_map(|(arm, against)| arm.times.target_seconds.zip(against.times.target_seconds))
        .collect();
    let cores: Vec<_> = pairs
        .both
        .iter()
        .map(|(arm, against)| (core_seconds(arm), core_seconds(against)))
        .collect();
    let steady = |arm: &ArmSummary| arm.epoch_spread.is_some_and(|spread| spread <= 0.10);
    Some(CostRatios {
        parameters: ratio(one.parameters, other.parameters)?,
        macs: ratio(one.macs, other.macs)?,
        peak_bytes: ratio(one.peak_bytes, other.peak_bytes)?,
        seconds: geometric_mean_ratio(&seconds, 0.95),
        seconds_to_accuracy: geometric_mean_ratio(&to_accuracy, 0.95),
        seconds_to_target: geometric_mean_ratio(&to_target, 0.95),
        core_seconds: geometric_mean_ratio(&cores, 0.95),
        times_are_steady: steady(arm) && steady(against),
    })
}

/// How long each of two runs trained until the training accuracy that the worse of them ends with, in
/// whole epochs; neither is cut off, since both reach it.
fn seconds_to_both(one: &Record, other: &Record) -> Option<(f64, f64)> {
    let last = |record: &Record| record.curve.last().map(|point| point.train_accuracy);
    let target = last(one)?.min(last(other)?);
    let reached = |record: &Record| {
        let epochs = record.curve.iter().zip(&record.times.epoch_seconds);
        let before = epochs.clone().take_while(|(point, _)| point.train_accuracy < target).count();
        let seconds: f64 = epochs.map(|(_, seconds)| seconds).take(before + 1).sum();
        (record.curve.len() == record.times.epoch_seconds.len()).then_some(seconds)
    };
    reached(one).zip(reached(other))
}

fn ratio(one: u64, other: u64) -> Option<f64> {
    (other > 0).then(|| one as f64 / other as f64)
}

fn controls(
    [arm, against]: [&ArmSummary; 2],
    fields: Option<[[u64; 2]; 2]>,
    ratios: Option<&CostRatios>,
) -> Option<Controls> {
    let (one, other) = (arm.costs?, against.costs?);
    let alike = |one: u64, other: u64| one.abs_diff(other) as f64 <= 0.01 * other as f64;
    let steady = ratios.filter(|ratios| ratios.times_are_steady);
    let within =
        |interval: Interval| SAME_TIME.contains(interval.low) && SAME_TIME.contains(interval.high);
    Some(Controls {
        same_parameters: one.parameters == other.parameters,
        same_macs: alike(one.macs, other.macs),
        same_memory: alike(one.peak_bytes, other.peak_bytes),
        fields,
        same_time: steady.and_then(|ratios| ratios.seconds?.interval).map(within),
    })
}

#[cfg(test)]
mod tests {
    use crate::sample::{design, record};
    use crate::{Analysis, Design, Record};

    #[test]
    fn marks_of_every_image_give_an_interval_for_other_images() {
        let marked = |arm: &str, seed: u64, wrong: u64| {
            let marks = (0..2_000).map(|image| (image * 7 + seed) % 100 >= wrong).collect();
            let mut run = record(arm, seed, (100 - wrong) as f64 / 100.0);
            run.marks = Some(marks);
            run
        };
        let mut records: Vec<Record> = (1..=6).map(|seed| marked("max", seed, 10)).collect();
        records.extend((1..=6).map(|seed| marked("none", seed, 13)));
        let analysis = Analysis::of(&design(), &records).unwrap();
        let comparison = analysis.comparison("none").unwrap();
        let crossed = comparison.crossed.unwrap();
        assert_eq!((crossed.seeds, crossed.images), (6, 2_000));
        assert!((crossed.mean - comparison.judgement.mean.unwrap()).abs() < 1e-12);
        assert!(crossed.interval.high < 0.0 && (crossed.disagreement - 0.03).abs() < 1e-12);
        assert!(comparison.pairs.iter().all(|pair| pair.mcnemar.is_some_and(|p| p < 1e-9)));
        let kappa = Design { metric: "cohen_kappa".to_owned(), ..design() };
        let mut others = records.clone();
        for record in &mut others {
            record.scores.insert("cohen_kappa".to_owned(), record.scores["accuracy"]);
        }
        let analysis = Analysis::of(&kappa, &others).unwrap();
        assert_eq!(analysis.comparison("none").unwrap().crossed, None, "marks say nothing of it");
        records[0].marks = None;
        assert_eq!(
            Analysis::of(&design(), &records).unwrap().comparison("none").unwrap().crossed,
            None
        );
    }
}
