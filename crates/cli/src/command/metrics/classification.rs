//! `cenote metrics classification`: scores of predicted classes.

use std::collections::BTreeMap;
use std::process::ExitCode;

use cenote_metrics::{
    Binning, Calibration, ClassReport, ClassificationReport, Curve, Examples, Known, ReadOptions,
    ReportOptions, Task, Thresholds, Undefined, confusion_plot, precision_recall_plot,
    reliability_plot, roc_plot,
};
use serde::Serialize;

use super::file;
use crate::args::{Bins, Classification, Classified, WhenUndefined};
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Classification) -> Result<ExitCode, Failure> {
    let (bytes, format) = file::read(&args.input)?;
    let options = ReadOptions {
        task: match args.task {
            Classified::Binary => Task::Binary,
            Classified::Multiclass => Task::Multiclass,
            Classified::Multilabel => Task::Multilabel,
        },
        positive: args.positive.clone(),
        classes: (!args.classes.is_empty()).then(|| args.classes.clone()),
        threshold: args.threshold,
        weights: args.weights.clone(),
    };
    let examples = Examples::read(&bytes, format, &options)
        .map_err(|error| file::refused(&args.input, &error))?;
    let options = ReportOptions {
        undefined: match args.undefined {
            WhenUndefined::Zero => Undefined::Zero,
            WhenUndefined::One => Undefined::One,
            WhenUndefined::Skip => Undefined::Skip,
            WhenUndefined::Error => Undefined::Propagate,
        },
        beta: args.beta,
        top_k: args.top_k,
        bins: args.bins,
        binning: match args.binning {
            Bins::RightClosed => Binning::RightClosed,
            Bins::LeftClosed => Binning::LeftClosed,
            Bins::Torchmetrics => Binning::Torchmetrics,
            Bins::EqualMass => Binning::EqualMass,
        },
        labels: (!args.labels.is_empty()).then(|| args.labels.clone()),
    };
    let mut report = ClassificationReport::of(&examples, &options)
        .map_err(|error| file::refused(&args.input, &error))?;
    if !args.average.is_empty() {
        let wanted = |name: &str| args.average.iter().any(|average| average.name() == name);
        report.averages.retain(|name, _| wanted(name));
    }
    if let Some(folder) = &args.plots {
        file::write_plots(folder, &plots(&examples, &report))?;
    }
    let text =
        if args.json { format!("{}\n", document(&report, &options)) } else { words(&report) };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The report as one flat JSON object: the scores of all examples stand beside the rest.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    task: &'static str,
    examples: usize,
    weight: f64,
    classes: &'a [String],
    beta: f64,
    top_k: usize,
    undefined_counts_as: &'static str,
    #[serde(flatten)]
    scores: &'a BTreeMap<&'static str, Option<f64>>,
    averages: &'a BTreeMap<&'static str, BTreeMap<&'static str, Option<f64>>>,
    per_class: &'a [ClassReport],
    confusion_matrix: &'a Option<Vec<Vec<f64>>>,
    calibration: &'a Option<Calibration>,
    undefined: &'a [String],
}

fn document(report: &ClassificationReport, options: &ReportOptions) -> String {
    let document = Document {
        schema: "cenote.metrics.classification/1",
        task: report.task,
        examples: report.examples,
        weight: report.weight,
        classes: &report.classes,
        beta: report.beta,
        top_k: options.top_k,
        undefined_counts_as: match options.undefined {
            Undefined::Zero => "zero",
            Undefined::One => "one",
            Undefined::Skip => "skip",
            Undefined::Propagate => "error",
        },
        scores: &report.scores,
        averages: &report.averages,
        per_class: &report.per_class,
        confusion_matrix: &report.confusion_matrix,
        calibration: &report.calibration,
        undefined: &report.undefined,
    };
    serde_json::to_string(&document).expect("names are text and numbers are numbers")
}

/// The report as tables.
fn words(report: &ClassificationReport) -> String {
    let shown =
        |score: Option<f64>| score.map_or_else(|| "–".to_owned(), |score| format!("{score:.4}"));
    let mut text = format!("{} examples, {} classes\n\n", report.examples, report.classes.len());
    let scores = report.scores.iter().map(|(name, score)| vec![(*name).to_owned(), shown(*score)]);
    let heads = vec!["score".to_owned(), "value".to_owned()];
    text.push_str(&screen::table(&std::iter::once(heads).chain(scores).collect::<Vec<_>>()));
    if let Some(calibration) = &report.calibration {
        let rows = [("ece", calibration.ece), ("mce", calibration.mce), ("rms", calibration.rms)];
        let heads = vec!["calibration error".to_owned(), "value".to_owned()];
        let rows = rows.map(|(name, value)| vec![name.to_owned(), shown(Some(value))]);
        text.push('\n');
        text.push_str(&screen::table(&std::iter::once(heads).chain(rows).collect::<Vec<_>>()));
    }
    text.push('\n');
    text.push_str(&per_class(report, &shown));
    if !report.undefined.is_empty() {
        text.push_str("\nundefined\n");
        for line in &report.undefined {
            text.extend(["  ", line, "\n"]);
        }
    }
    text
}

/// A line per class, then one per average.
fn per_class(report: &ClassificationReport, shown: &dyn Fn(Option<f64>) -> String) -> String {
    let beta = format!("F{}", report.beta);
    let mut heads =
        vec!["class", "support", "precision", "recall", "specificity", &beta, "jaccard"];
    let scored =
        report.per_class.iter().any(|class| class.roc_auc.or(class.average_precision).is_some());
    if scored {
        heads.extend(["AUC", "AP", "best threshold"]);
    }
    let mut rows = vec![heads.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for class in &report.per_class {
        let support = (class.support * 1e4).round() / 1e4;
        let scores =
            [class.precision, class.recall, class.specificity, class.f_beta, class.jaccard];
        let mut row = vec![class.class.clone(), support.to_string()];
        row.extend(scores.map(shown));
        if scored {
            row.extend([class.roc_auc, class.average_precision].map(shown));
            row.push(shown(class.best_threshold.map(|best| best.threshold)));
        }
        rows.push(row);
    }
    for (kind, means) in &report.averages {
        let mean = |name: &str| shown(means.get(name).copied().flatten());
        let mut row = vec![format!("({kind})"), String::new()];
        row.extend(["precision", "recall", "specificity", "f_beta", "jaccard"].map(mean));
        if scored {
            row.extend(["roc_auc", "average_precision"].map(mean));
        }
        rows.push(row);
    }
    screen::table(&rows)
}

/// The plots that the examples allow.
fn plots(examples: &Examples, report: &ClassificationReport) -> Vec<(&'static str, String)> {
    let mut plots = Vec::new();
    if let Some(matrix) = &report.confusion_matrix {
        let names: Vec<&str> = report.classes.iter().map(String::as_str).collect();
        plots.push(("confusion.svg", confusion_plot("Confusion matrix", &names, &matrix.concat())));
    }
    let ranked = rankings(examples);
    if !ranked.is_empty() {
        let points = |of: fn(&Thresholds) -> Vec<(f64, f64)>| -> Vec<(String, Vec<(f64, f64)>)> {
            ranked.iter().map(|(name, ranked)| (name.clone(), of(ranked))).collect()
        };
        let precision_recall = points(|ranked| {
            let curve = ranked.precision_recall_curve().unwrap_or_default();
            curve.iter().map(|point| (point.recall, point.precision)).collect()
        });
        let roc = points(|ranked| {
            let curve = ranked.roc_curve(cenote_metrics::RocPoints::Corners).unwrap_or_default();
            curve.iter().map(|point| (point.fpr, point.tpr)).collect()
        });
        let title = "Precision over recall";
        plots.push((
            "precision_recall.svg",
            precision_recall_plot(title, &curves(&precision_recall)),
        ));
        plots.push(("roc.svg", roc_plot("Receiver operating characteristic", &curves(&roc))));
    }
    if let Some(calibration) = &report.calibration {
        plots.push(("reliability.svg", reliability_plot("Reliability", &calibration.bins)));
    }
    plots
}

fn curves(named: &[(String, Vec<(f64, f64)>)]) -> Vec<Curve<'_>> {
    named.iter().map(|(name, points)| Curve { name, points }).collect()
}

/// One ranking per class that has scores; of two classes the positive one.
fn rankings(examples: &Examples) -> Vec<(String, Thresholds)> {
    let classes = examples.classes.iter().cloned().enumerate();
    match &examples.known {
        Known::Binary(_, Some(scores)) => vec![(examples.classes[1].clone(), scores.thresholds())],
        Known::Multiclass(_, Some(scores)) => {
            classes.map(|(class, name)| (name, scores.one_vs_rest(class).thresholds())).collect()
        }
        Known::Multilabel(_, Some(scores)) => {
            classes.map(|(label, name)| (name, scores.label(label).thresholds())).collect()
        }
        _ => Vec::new(),
    }
}
