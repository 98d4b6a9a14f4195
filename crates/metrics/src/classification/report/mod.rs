//! Every score of a set of examples in one document.

mod average;
mod build;
mod classes;
mod overall;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{BestThreshold, Binning, Calibration, Undefined};
use crate::Counts;

/// What a report is to contain.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// What undefined scores count as in averages; with [`Undefined::Propagate`] one of them is an error.
    pub undefined: Undefined,
    /// How much recall counts against precision in F-beta.
    pub beta: f64,
    /// Guesses of the top-k accuracy.
    pub top_k: usize,
    /// Bins of the calibration error.
    pub bins: usize,
    /// Which confidences share a bin.
    pub binning: Binning,
    /// Names of the classes to report and to average over, in their order; all of them without.
    pub labels: Option<Vec<String>>,
}

impl Default for ReportOptions {
    /// Undefined counts as 0; F1, five guesses, fifteen bins of equal width, all classes.
    fn default() -> Self {
        Self {
            undefined: Undefined::Zero,
            beta: 1.0,
            top_k: 5,
            bins: 15,
            binning: Binning::RightClosed,
            labels: None,
        }
    }
}

/// Every score of a set of examples; what is undefined is `None`.
///
/// ```
/// use cenote_metrics::{
///     ClassificationReport, Examples, ReadOptions, ReportOptions, TableFormat, Task,
/// };
///
/// let file = b"label,score\n1,0.9\n0,0.6\n1,0.7\n0,0.2\n";
/// let examples = Examples::read(file, TableFormat::Csv, &ReadOptions::new(Task::Binary))?;
/// let report = ClassificationReport::of(&examples, &ReportOptions::default())?;
/// assert_eq!(report.scores["accuracy"], Some(0.75));
/// assert_eq!(report.scores["roc_auc"], Some(1.0));
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct ClassificationReport {
    /// `binary`, `multiclass` or `multilabel`.
    pub task: &'static str,
    /// Number of examples.
    pub examples: usize,
    /// Sum of their weights.
    pub weight: f64,
    /// Names of the classes that are reported, in their order.
    pub classes: Vec<String>,
    /// How much recall counts against precision in F-beta.
    pub beta: f64,
    /// Scores of all examples together, by name.
    pub scores: BTreeMap<&'static str, Option<f64>>,
    /// Means over the classes, or over the examples, by kind of mean and by name.
    pub averages: BTreeMap<&'static str, BTreeMap<&'static str, Option<f64>>>,
    /// Scores of each class against the rest.
    pub per_class: Vec<ClassReport>,
    /// One row per label, one column per prediction; of several labels per example there is none but that of each label
    /// against the rest, [`ClassReport::counts`].
    pub confusion_matrix: Option<Vec<Vec<f64>>>,
    /// Confidence against accuracy, of several labels per example over all pairs of example and label; where there are no
    /// probabilities there is none.
    pub calibration: Option<Calibration>,
    /// What is undefined and why, in words.
    pub undefined: Vec<String>,
}

/// Scores of one class against the rest.
#[derive(Clone, Debug, Serialize)]
pub struct ClassReport {
    /// Name of the class.
    pub class: String,
    /// How often it was said and how often it was true, as weights: its confusion matrix against the rest.
    pub counts: Counts<f64>,
    /// Weight of the examples that belong to it.
    pub support: f64,
    /// Weight of the examples that were taken for it.
    pub predicted: f64,
    /// [`precision`](crate::precision).
    pub precision: Option<f64>,
    /// [`recall`](crate::recall).
    pub recall: Option<f64>,
    /// [`specificity`](crate::specificity).
    pub specificity: Option<f64>,
    /// [`f_beta`](crate::f_beta).
    pub f_beta: Option<f64>,
    /// [`jaccard`](crate::jaccard).
    pub jaccard: Option<f64>,
    /// [`Thresholds::roc_auc`](crate::Thresholds::roc_auc); `None` without scores too.
    pub roc_auc: Option<f64>,
    /// [`Thresholds::average_precision`](crate::Thresholds::average_precision); `None` without scores too.
    pub average_precision: Option<f64>,
    /// [`Thresholds::best_f_beta`](crate::Thresholds::best_f_beta); `None` without scores too.
    pub best_threshold: Option<BestThreshold>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Examples, ReadOptions, TableFormat, Task};

    fn report(
        text: &str,
        task: Task,
        options: &ReportOptions,
    ) -> Result<ClassificationReport, String> {
        let examples =
            Examples::read(text.as_bytes(), TableFormat::Csv, &ReadOptions::new(task)).unwrap();
        ClassificationReport::of(&examples, options).map_err(|error| error.to_string())
    }

    const CLASSES: &str = "label,prediction\na,a\na,b\nb,b\nc,b\n";

    #[test]
    fn undefined_is_what_was_chosen_and_always_told() {
        let by = |undefined| {
            report(CLASSES, Task::Multiclass, &ReportOptions { undefined, ..Default::default() })
        };
        for (undefined, precision) in [
            (Undefined::Zero, 4.0 / 9.0),
            (Undefined::One, 7.0 / 9.0),
            (Undefined::Skip, 2.0 / 3.0),
        ] {
            let got = by(undefined).unwrap().averages["macro"]["precision"].unwrap();
            assert!((got - precision).abs() < 1e-12, "{undefined:?}: {got}");
        }
        let error = by(Undefined::Propagate).unwrap_err();
        assert_eq!(
            error,
            "precision of class `c` is undefined: nothing was predicted as it; count it as zero or one, or skip it"
        );
        let told = by(Undefined::Zero).unwrap();
        assert_eq!(told.per_class[2].precision, None);
        assert_eq!(told.undefined, ["precision of class `c`: nothing was predicted as it"]);
    }

    #[test]
    fn a_part_of_the_classes_is_averaged_in_its_order() {
        let labels = |names: &[&str]| ReportOptions {
            labels: Some(names.iter().map(|&name| name.to_owned()).collect()),
            ..Default::default()
        };
        let part = report(CLASSES, Task::Multiclass, &labels(&["b", "a"])).unwrap();
        assert_eq!(part.classes, ["b", "a"]);
        assert_eq!(part.averages["macro"]["recall"], Some(0.75));
        assert_eq!(part.averages["micro"]["precision"], Some(0.5));
        assert_eq!(part.confusion_matrix, Some(vec![vec![1.0, 0.0], vec![1.0, 1.0]]));
        assert_eq!(part.scores["accuracy"], Some(0.5), "which is of all classes");
        let error = report(CLASSES, Task::Multiclass, &labels(&["d"])).unwrap_err();
        assert_eq!(error, "no class `d`; the classes are `a`, `b`, `c`");
    }

    #[test]
    fn scores_that_are_no_probabilities_have_no_losses() {
        let text = "label,score\n1,3.5\n0,-2\n1,0.5\n";
        let logits = report(text, Task::Binary, &ReportOptions::default()).unwrap();
        assert_eq!((logits.scores["roc_auc"], logits.scores["log_loss"]), (Some(1.0), None));
        assert!(logits.calibration.is_none());
        assert!(logits.undefined.iter().any(|words| words.contains("expected a probability")));
    }

    #[test]
    fn every_task_reports_its_own_scores() {
        let has = |report: &ClassificationReport, names: &str| {
            for name in names.split_whitespace() {
                assert!(report.scores.contains_key(name), "{} has no {name}", report.task);
            }
        };
        let defaults = ReportOptions::default();
        let binary = report("label,score\n1,0.9\n0,0.2\n", Task::Binary, &defaults).unwrap();
        has(
            &binary,
            "accuracy balanced_accuracy matthews cohen_kappa roc_auc log_loss brier precision",
        );
        assert_eq!(
            binary.averages.keys().copied().collect::<Vec<_>>(),
            ["macro", "micro", "weighted"]
        );
        let text = "label,score_a,score_b\na,0.9,0.1\nb,0.4,0.6\n";
        let multiclass = report(text, Task::Multiclass, &defaults).unwrap();
        has(&multiclass, "top_k_accuracy roc_auc_ovo log_loss brier hamming_loss");
        assert_eq!(multiclass.averages["macro"]["roc_auc"], Some(1.0));
        let text = "label_a,label_b,score_a,score_b\n1,0,0.9,0.2\n0,1,0.3,0.8\n";
        let multilabel = report(text, Task::Multilabel, &defaults).unwrap();
        has(&multilabel, "exact_match hamming_loss coverage_error label_ranking_loss");
        assert_eq!(multilabel.per_class[1].counts, Counts { tp: 1.0, fp: 0.0, fn_: 0.0, tn: 1.0 });
        // Four pairs, each the only one of its bin, are off by 0.1, 0.2, 0.3 and 0.2.
        let error = multilabel.calibration.expect("they are probabilities").ece;
        assert!((error - 0.2).abs() < 1e-12, "{error}");
        assert_eq!(multilabel.averages["samples"]["f_beta"], Some(1.0));
        assert!(multilabel.confusion_matrix.is_none());
    }
}
