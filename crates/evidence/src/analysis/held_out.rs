//! What runs held out of the training part, and how they scaled the rest.

use serde::Serialize;

use super::census::Runs;
use crate::record::{Record, Scaling};
use crate::stats::{Interval, mean, t_interval};

/// What an arm scored on the images that its runs held out: for choices, never for answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Validation {
    /// The arm.
    pub arm: String,
    /// Runs that have such a score.
    pub runs: usize,
    /// Mean of the metric.
    pub mean: Option<f64>,
    /// 95 % interval of it, by Student.
    pub interval: Option<Interval>,
}

/// The least and the most by which runs scaled each channel; equal unless seeds trained on different images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScalingRange {
    /// The least of each.
    pub least: Scaling,
    /// The most of each.
    pub most: Scaling,
}

impl Validation {
    /// One per arm, where any run has such a score.
    pub(super) fn of(runs: &Runs<'_>) -> Vec<Self> {
        let name = format!("validation_{}", runs.design.metric);
        let arm = |arm: &str| {
            let scores =
                runs.done(arm).into_iter().filter_map(|run| run.scores.get(&name).copied());
            let scores: Vec<f64> = scores.collect();
            let (mean, interval) = (mean(&scores), t_interval(&scores, 0.95));
            Self { arm: arm.to_owned(), runs: scores.len(), mean, interval }
        };
        let arms: Vec<Self> = runs.design.arms.iter().map(|note| arm(&note.name)).collect();
        if arms.iter().all(|arm| arm.runs == 0) { Vec::new() } else { arms }
    }
}

impl ScalingRange {
    /// `None` where no run has noted its scaling.
    pub(super) fn of(runs: &Runs<'_>) -> Option<Self> {
        let done = runs.design.arms.iter().flat_map(|note| runs.done(&note.name));
        let mut noted = done.filter_map(|record: &Record| record.scaling.as_ref());
        let first = noted.next()?;
        let mut range = Self { least: first.clone(), most: first.clone() };
        for scaling in noted {
            fold(&mut range.least, scaling, f64::min);
            fold(&mut range.most, scaling, f64::max);
        }
        Some(range)
    }
}

fn fold(into: &mut Scaling, scaling: &Scaling, choose: fn(f64, f64) -> f64) {
    let values = into.mean.iter_mut().zip(&scaling.mean);
    let values = values.chain(into.deviation.iter_mut().zip(&scaling.deviation));
    values.for_each(|(kept, value)| *kept = choose(*kept, *value));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analysis;
    use crate::sample::{design, record};

    #[test]
    fn the_range_of_scaling_covers_every_run_and_validation_every_arm() {
        let run = |arm: &str, seed: u64, mean: f64, validation: f64| {
            let mut record = record(arm, seed, 0.9);
            record.scaling = Some(Scaling { mean: vec![mean, 0.5], deviation: vec![0.2, mean] });
            record.scores.insert("validation_accuracy".to_owned(), validation);
            record
        };
        let records =
            [run("max", 1, 0.30, 0.8), run("max", 2, 0.28, 0.6), run("none", 1, 0.30, 0.5)];
        let analysis = Analysis::of(&design(), &records).unwrap();
        let range = analysis.scaling.unwrap();
        assert_eq!(
            (&range.least.mean[..], &range.most.mean[..]),
            (&[0.28, 0.5][..], &[0.30, 0.5][..])
        );
        assert_eq!((range.least.deviation[1], range.most.deviation[1]), (0.28, 0.30));
        assert_eq!((analysis.validation[0].runs, analysis.validation[0].mean), (2, Some(0.7)));
        let plain = Analysis::of(&design(), &[record("max", 1, 0.9)]).unwrap();
        assert_eq!((plain.scaling, plain.validation.len()), (None, 0));
    }
}
