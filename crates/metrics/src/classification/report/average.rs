//! Means over the classes, and over the examples of several labels.

use std::collections::BTreeMap;

use super::classes::{COUNT_SCORES, Class, RANK_SCORES};
use crate::classification::{MultilabelPredictions, MultilabelScores};
use crate::{Average, Counts, Error, Thresholds, Undefined, average, mean_score};

/// Means by name.
type Means = BTreeMap<&'static str, Option<f64>>;

/// The kinds of means over classes.
const KINDS: [(&str, Average); 3] =
    [("macro", Average::Macro), ("micro", Average::Micro), ("weighted", Average::Weighted)];

/// Every mean over the classes; `pooled` ranks all pairs of example and class together.
pub(super) fn over_classes(
    classes: &[Class],
    pooled: Option<&Thresholds>,
    beta: f64,
    undefined: Undefined,
) -> Result<BTreeMap<&'static str, Means>, Error> {
    let counts: Vec<Counts<f64>> = classes.iter().map(|class| class.counts).collect();
    let mut all = BTreeMap::new();
    for (kind, how) in KINDS {
        let mut means = Means::new();
        for score in &COUNT_SCORES {
            let mean = average(&counts, how, undefined, |counts| (score.score)(counts, beta));
            if mean.is_none() && undefined == Undefined::Propagate {
                let of = |class: &&Class| (score.score)(class.counts, beta).is_none();
                return Err(undefined_score(score.name, classes.iter().find(of), kind, score.why));
            }
            means.insert(score.name, mean);
        }
        for score in &RANK_SCORES {
            let Some(pooled) = pooled else { continue };
            let each = classes.iter().filter_map(|class| {
                let ranked = class.ranked.as_ref()?;
                let weight = if how == Average::Weighted { ranked.positives() } else { 1.0 };
                Some(((score.score)(ranked), weight))
            });
            let mean = match how {
                Average::Micro => (score.score)(pooled).or(undefined.value()),
                Average::Macro | Average::Weighted => mean_score(each, undefined),
            };
            if mean.is_none() && undefined == Undefined::Propagate {
                let of = |class: &&Class| class.ranked.as_ref().and_then(score.score).is_none();
                return Err(undefined_score(score.name, classes.iter().find(of), kind, score.why));
            }
            means.insert(score.name, mean);
        }
        all.insert(kind, means);
    }
    Ok(all)
}

/// Every mean over the examples.
pub(super) fn over_examples(
    predictions: &MultilabelPredictions,
    scores: Option<&MultilabelScores>,
    beta: f64,
    undefined: Undefined,
) -> Result<Means, Error> {
    let mut means = Means::new();
    for score in &COUNT_SCORES {
        let mean = predictions.average_examples(undefined, |counts| (score.examples)(counts, beta));
        means.insert(score.name, mean);
    }
    if let Some(scores) = scores {
        means.insert("roc_auc", scores.roc_auc_of_examples(undefined));
        means.insert("average_precision", scores.average_precision_of_examples(undefined));
    }
    match means.iter().find(|(_, mean)| mean.is_none()) {
        Some((name, _)) if undefined == Undefined::Propagate => {
            let why = "an example has no labels to compute it from";
            Err(undefined_score(name, None, "samples", why))
        }
        _ => Ok(means),
    }
}

fn undefined_score(
    score: &'static str,
    class: Option<&Class>,
    kind: &str,
    why: &'static str,
) -> Error {
    let of = class
        .map_or_else(|| format!("the {kind} average"), |class| format!("class `{}`", class.name));
    Error::Undefined { score, of, why }
}
