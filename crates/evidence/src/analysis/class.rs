//! How well an arm does with each class.

use serde::Serialize;

use crate::confusion::ConfusionCounts;
use crate::record::{Design, Record};
use crate::stats::{Interval, mean, t_interval};

/// One class in the runs of one arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassScore {
    /// The label.
    pub label: u32,
    /// What it stands for.
    pub name: String,
    /// Mean over runs of the share of its images that are recognised.
    pub recall: Option<f64>,
    /// Student's 95 % interval of the recall, over seeds.
    pub recall_interval: Option<Interval>,
    /// Mean over runs of the share of the images taken for it that are of it; runs that take none
    /// for it have none.
    pub precision: Option<f64>,
    /// Student's 95 % interval of the precision, over seeds.
    pub precision_interval: Option<Interval>,
}

/// Every class of the runs, in the order of the labels.
pub(super) fn class_scores(design: &Design, runs: &[&Record]) -> Vec<ClassScore> {
    let over_runs = |score: fn(&ConfusionCounts, u32) -> Option<f64>, label: u32| {
        let values: Vec<f64> = runs.iter().filter_map(|run| score(&run.confusion, label)).collect();
        (mean(&values), t_interval(&values, 0.95))
    };
    let classes = total(runs).classes();
    let score = |label: u32| {
        let (recall, recall_interval) = over_runs(ConfusionCounts::recall, label);
        let (precision, precision_interval) = over_runs(ConfusionCounts::precision, label);
        let name = class_name(design, label);
        ClassScore { label, name, recall, recall_interval, precision, precision_interval }
    };
    classes.into_iter().map(score).collect()
}

/// The counts of all runs together.
pub(super) fn total(runs: &[&Record]) -> ConfusionCounts {
    runs.iter().flat_map(|run| run.confusion.iter()).collect()
}

fn class_name(design: &Design, label: u32) -> String {
    let known = design.dataset.classes.get(label as usize);
    known.cloned().unwrap_or_else(|| format!("class {label}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};

    #[test]
    fn the_recall_of_a_class_is_the_mean_over_runs() {
        let mut runs = [record("max", 1, 0.9), record("max", 2, 0.9)];
        runs[0].confusion = [(0, 0, 9), (0, 3, 1)].into_iter().collect();
        runs[1].confusion = [(0, 0, 7), (0, 1, 3)].into_iter().collect();
        let runs: Vec<&Record> = runs.iter().collect();
        let scores = class_scores(&design(), &runs);
        let names: Vec<&str> = scores.iter().map(|score| score.name.as_str()).collect();
        assert_eq!(names, ["shirt", "coat", "class 3"]);
        assert!((scores[0].recall.unwrap() - 0.8).abs() < 1e-12);
        assert_eq!((scores[0].precision, scores[1].precision), (Some(1.0), Some(0.0)));
        assert_eq!(scores[1].recall, None);
    }
}
