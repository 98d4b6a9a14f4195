//! How trainings ended that more than their epochs can end, and how long they took to their target.

use serde::Serialize;

use super::census::Runs;
use crate::record::Record;
use crate::stats::median;
use crate::{EndedBy, Ending};

/// How the trainings of an arm ended, over its scored runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmEnding {
    /// The arm.
    pub arm: String,
    /// Scored runs whose records say how they ended.
    pub runs: usize,
    /// The least and the most steps that they did.
    pub steps: Option<[u64; 2]>,
    /// The first and the last epoch that is judged of any.
    pub judged: Option<[u32; 2]>,
    /// Runs that were ended by the clock.
    pub by_clock: usize,
    /// Runs that reached the target.
    pub reached: usize,
    /// Median steps of these until then.
    pub target_steps: Option<f64>,
    /// Median seconds of their training until then.
    pub target_seconds: Option<f64>,
}

impl ArmEnding {
    /// One per arm; none where epochs alone end training and the last is judged.
    pub(super) fn of(runs: &Runs<'_>) -> Vec<Self> {
        if runs.design.limits.is_none() {
            return Vec::new();
        }
        runs.design
            .arms
            .iter()
            .map(|note| Self::of_arm(&note.name, &runs.done(&note.name)))
            .collect()
    }

    fn of_arm(arm: &str, done: &[&Record]) -> Self {
        let endings: Vec<(&Record, Ending)> =
            done.iter().filter_map(|record| Some((*record, record.ending?))).collect();
        let reached = endings.iter().filter(|(_, ending)| ending.reached.is_some());
        let steps: Vec<f64> = reached.clone().map(|(_, ending)| ending.steps as f64).collect();
        let seconds: Vec<f64> =
            reached.filter_map(|(record, _)| record.times.target_seconds).collect();
        let by_clock = endings.iter().filter(|(_, ending)| ending.by == EndedBy::Seconds).count();
        Self {
            arm: arm.to_owned(),
            runs: endings.len(),
            steps: range(endings.iter().map(|(_, ending)| ending.steps)),
            judged: range(endings.iter().map(|(_, ending)| ending.judged)),
            by_clock,
            reached: steps.len(),
            target_steps: median(&steps),
            target_seconds: median(&seconds),
        }
    }
}

/// The least and the most.
fn range<T: Ord + Copy>(values: impl Iterator<Item = T> + Clone) -> Option<[T; 2]> {
    Some([values.clone().min()?, values.max()?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};
    use crate::{Analysis, Design, Limits};

    #[test]
    fn runs_that_miss_the_target_are_counted_and_left_out_of_the_time_to_it() {
        let limits = Limits { target: Some(0.9), best_epoch: true, ..Limits::default() };
        let run = |seed: u64, reached: Option<u32>, judged: u32, seconds: Option<f64>| {
            let mut run = record("max", seed, 0.9);
            let by = if reached.is_some() { EndedBy::Target } else { EndedBy::Epochs };
            let steps = 40 * u64::from(reached.unwrap_or(3));
            run.ending = Some(Ending { by, steps, judged, reached });
            run.times.target_seconds = seconds;
            run
        };
        let records =
            [run(1, Some(2), 2, Some(4.0)), run(2, None, 1, None), run(3, Some(1), 1, Some(2.0))];
        let analysis = Analysis::of(&Design { limits, ..design() }, &records).unwrap();
        let [max, avg, ..] = &analysis.endings[..] else { panic!("one per arm") };
        assert_eq!((max.runs, max.reached, max.by_clock), (3, 2, 0));
        assert_eq!((max.steps, max.judged), (Some([40, 120]), Some([1, 2])));
        assert_eq!((max.target_steps, max.target_seconds), (Some(60.0), Some(3.0)));
        assert_eq!((avg.runs, avg.steps, avg.target_seconds), (0, None, None));
        assert!(Analysis::of(&design(), &records).unwrap().endings.is_empty());
    }
}
