//! The best threshold on the score of each class, with an interval, and the LRP error.

use cenote_metrics::{
    ClassJudgements, OptimalLrp, Outcome, Resampling, ThresholdEstimate, best_threshold_interval,
    optimal_lrp,
};
use serde_json::{Value, json};

use crate::args::Detection;
use crate::screen;

/// Replicates where no number is given.
const REPLICATES: usize = 1_000;

/// Intervals of scores that calibration looks at.
pub(super) const SCORES: usize = 10;

/// A class, what it is called in a table, and what its row of JSON begins with.
pub(super) struct Class<'a> {
    pub(super) head: Value,
    pub(super) label: String,
    pub(super) judged: &'a ClassJudgements,
}

/// What the flags say about draws of images.
pub(super) fn resampling(args: &Detection) -> Resampling {
    Resampling {
        replicates: args.bootstrap.unwrap_or(REPLICATES),
        seed: args.seed,
        ..Resampling::default()
    }
}

/// A row per class, as JSON and as a table; `plan` holds the beta of F-beta, the overlap that makes a hit, and the draws.
pub(super) fn operating_points<'a>(
    classes: impl Iterator<Item = Class<'a>>,
    images: usize,
    (beta, overlap, resampling): (f64, f64, Resampling),
) -> (Value, String) {
    let f_beta = format!("F{beta}");
    let heads = ["category", "threshold", &f_beta, "precision", "recall", "oLRP"];
    let mut table = vec![heads.map(str::to_owned).to_vec()];
    let mut rows = Vec::new();
    for Class { head: mut row, label, judged } in classes {
        let best = best_threshold_interval(judged, images, beta, resampling);
        let lrp = optimal_lrp(judged, overlap);
        table.push(words(label, best.as_ref(), lrp));
        row["best_f_beta"] = json!(best);
        row["optimal_lrp"] = json!(lrp);
        rows.push(row);
    }
    (json!({ "overlap": overlap, "beta": beta, "per_class": rows }), screen::table(&table))
}

fn words(label: String, best: Option<&ThresholdEstimate>, lrp: Option<OptimalLrp>) -> Vec<String> {
    let dash = || "–".to_owned();
    let shown = |number: Option<f64>| number.map_or_else(dash, |number| format!("{number:.3}"));
    let point = best.map(|best| best.point);
    vec![
        label,
        best.map_or_else(dash, |best| best.score.to_string()),
        best.map_or_else(dash, |best| best.f_beta.to_string()),
        shown(point.and_then(|point| point.precision())),
        shown(point.and_then(|point| point.recall())),
        shown(lrp.map(|lrp| lrp.error)),
    ]
}

/// Row, score and success of the detections that count.
pub(super) fn counted(class: &ClassJudgements) -> impl Iterator<Item = (usize, f64, bool)> {
    let counted = class.judged.iter().filter(|judged| judged.outcome != Outcome::Ignored);
    counted.map(|judged| (judged.detection, judged.score, judged.outcome == Outcome::Hit))
}
