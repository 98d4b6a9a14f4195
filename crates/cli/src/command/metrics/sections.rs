//! What is asked for beside the summary: intervals, a comparison, costs of mistakes, operating points, oddities.

use std::collections::HashMap;

use cenote_metrics::{
    Axis, Bootstrap, ClassJudgements, Comparison, DetectionCalibration, Detections, GroundTruth,
    Id, ImageOrder, Judgements, Matches, OptimalLrp, Outcome, Resampling, Scenes, ScoredBox, Side,
    ThresholdEstimate, Tide, TideRule, Warning, best_threshold_interval, detection_calibration,
    detection_warnings, optimal_lrp, tide,
};
use serde_json::{Value, json};

use super::detection::{failed, in_file, name, number};
use super::plots::{SAID, confused};
use super::voc::decisions;
use crate::args::Detection;
use crate::failure::Failure;
use crate::screen;

/// Replicates where no number is given.
const REPLICATES: usize = 1_000;

/// Overlap at which detections are judged for operating points and plots.
pub(super) const OVERLAP: f64 = 0.5;

/// An evaluation, and what else is wanted of it.
pub(super) struct Asked<'a> {
    pub(super) args: &'a Detection,
    pub(super) truth: &'a GroundTruth,
    pub(super) detections: &'a Detections,
    pub(super) matches: &'a Matches,
}

/// Parts of a result, each with the key that it has in JSON and its words.
pub(super) struct Sections(Vec<(&'static str, Value, String)>);

impl Sections {
    /// Adds every part to a document.
    pub(super) fn extend(self, document: &mut Value) {
        if let Value::Object(document) = document {
            document.extend(self.0.into_iter().map(|(key, value, _)| (key.to_owned(), value)));
        }
    }

    /// Every part in words, after an empty line each.
    pub(super) fn words(&self) -> String {
        let spoken = self.0.iter().filter(|(_, _, words)| !words.is_empty());
        spoken.flat_map(|(_, _, words)| ["\n", words.as_str()]).collect()
    }
}

impl Asked<'_> {
    /// Computes every part that the flags ask for.
    pub(super) fn sections(&self, against: Option<&Detections>) -> Result<Sections, Failure> {
        let mut sections = Vec::new();
        if let Some(preset) = self.args.like {
            let words = format!("as {}: {}\n", preset.name(), preset.about());
            sections.push(("like", json!(preset.name()), words));
            sections.push(("decisions", decisions(preset), String::new()));
        }
        let resampling = Resampling {
            replicates: self.args.bootstrap.unwrap_or(REPLICATES),
            seed: self.args.seed,
            ..Resampling::default()
        };
        if self.args.bootstrap.is_some() {
            let bootstrap = self.matches.bootstrap(resampling).map_err(failed)?;
            let words = self.bootstrap_words(&bootstrap);
            sections.push(("bootstrap", self.bootstrap_json(&bootstrap), words));
        }
        if let Some(against) = against {
            let path = self.args.against.as_deref().unwrap_or(&self.args.dt);
            let other = self.matches.settings().evaluate(self.truth, against);
            let other = other.map_err(|error| in_file(self.args, path, error))?;
            let comparison = self.matches.compare(&other, resampling).map_err(failed)?;
            let words = self.comparison_words(&comparison);
            sections.push(("comparison", self.comparison_json(&comparison), words));
        }
        if self.args.tide {
            let tide = self.tide()?;
            sections.push(("tide", json!(tide), tide.to_string()));
        }
        if self.args.operating_points {
            let (value, words) = self.operating_points(resampling)?;
            sections.push(("operating_points", value, words));
        }
        if self.args.check {
            let most = self.matches.settings().max_dets.last().copied().unwrap_or(0);
            let warnings = detection_warnings(self.truth, self.detections, most);
            let lines: Vec<String> = warnings.iter().map(Warning::to_string).collect();
            let words = match lines.as_slice() {
                [] => "nothing odd\n".to_owned(),
                lines => format!("{}\n", lines.join("\n")),
            };
            sections.push(("warnings", json!(warnings), words));
        }
        Ok(Sections(sections))
    }

    fn bootstrap_json(&self, bootstrap: &Bootstrap) -> Value {
        let numbers =
            bootstrap.summary.iter().map(|(name, estimate)| (name.clone(), json!(estimate)));
        let mut value = json!({ "resampling": bootstrap.resampling });
        value["numbers"] = numbers.collect();
        if self.args.per_class {
            let classes = self.matches.categories().iter().zip(&bootstrap.class_ap);
            let classes = classes.zip(&bootstrap.class_ap_first);
            let rows = classes.map(|((&id, ap), first)| {
                json!({ "id": number(id), "name": name(self.truth, id), "AP": ap, "AP_first": first })
            });
            value["per_class"] = rows.collect();
        }
        value
    }

    fn bootstrap_words(&self, bootstrap: &Bootstrap) -> String {
        bootstrap.to_string() + &self.class_lines(&bootstrap.class_ap)
    }

    fn comparison_json(&self, comparison: &Comparison) -> Value {
        let numbers = comparison.summary.iter().map(|(name, one)| (name.clone(), json!(one)));
        let mut value = json!({ "resampling": comparison.resampling });
        value["numbers"] = numbers.collect();
        let classes = self.matches.categories().iter().zip(&comparison.class_ap);
        let rows = classes.map(|(&id, difference)| {
            json!({ "id": number(id), "name": name(self.truth, id), "AP": difference })
        });
        value["per_class"] = rows.collect();
        value
    }

    fn comparison_words(&self, comparison: &Comparison) -> String {
        comparison.to_string() + &self.class_lines(&comparison.class_ap)
    }

    /// A line for the average precision of each category, where categories are asked for.
    fn class_lines<T: ToString>(&self, of_class: &[T]) -> String {
        let asked = of_class.iter().filter(|_| self.args.per_class);
        let lines = self.matches.categories().iter().zip(asked).flat_map(|(&id, value)| {
            let name = name(self.truth, id).map_or_else(|| id.to_string(), str::to_owned);
            [format!("{name:<20} AP "), value.to_string(), "\n".to_owned()]
        });
        lines.collect()
    }

    pub(super) fn tide(&self) -> Result<Tide, Failure> {
        let settings = self.matches.settings();
        let scenes = Scenes::new(settings, self.truth, self.detections, ImageOrder::AsListed);
        Ok(tide(scenes.all().map_err(failed)?, TideRule::default()))
    }

    pub(super) fn scenes(&self) -> Scenes<'_> {
        let settings = self.matches.settings();
        Scenes::new(settings, self.truth, self.detections, ImageOrder::ById)
    }

    pub(super) fn judgements(&self, scenes: &Scenes<'_>) -> Result<Judgements, Failure> {
        let most = self.matches.settings().max_dets.last().copied().unwrap_or(0);
        Ok(Judgements::new(scenes.all().map_err(failed)?, OVERLAP, most))
    }

    fn operating_points(&self, resampling: Resampling) -> Result<(Value, String), Failure> {
        let scenes = self.scenes();
        let judgements = self.judgements(&scenes)?;
        let mut rows = Vec::new();
        let heads = ["category", "threshold", "F1", "precision", "recall", "oLRP"];
        let mut table = vec![heads.map(str::to_owned).to_vec()];
        for (&class, judged) in judgements.classes.range(..scenes.listed() as u32) {
            let id = scenes.categories()[class as usize];
            let best = best_threshold_interval(judged, judgements.images, 1.0, resampling);
            let lrp = optimal_lrp(judged, OVERLAP);
            table.push(operating_row(name(self.truth, id), &id.to_string(), best.as_ref(), lrp));
            rows.push(json!({
                "id": number(id), "name": name(self.truth, id), "best_f1": best, "optimal_lrp": lrp,
            }));
        }
        let calibrations: Vec<Value> = [(Axis::SCORE, 10), (Axis::POSITION, 5), (Axis::SIZE, 5)]
            .into_iter()
            .map(|(axes, bins)| json!(self.calibration(&judgements, scenes.listed(), axes, bins)))
            .collect();
        let error = self.calibration(&judgements, scenes.listed(), Axis::SCORE, 10);
        let error = error.map_or("undefined".to_owned(), |found| format!("{:.4}", found.error));
        let words = screen::table(&table);
        let words = format!("{words}calibration error of the scores (D-ECE, 10 bins): {error}\n");
        let value = json!({
            "overlap": OVERLAP, "per_class": rows, "calibration": calibrations,
            "precision_recall": self.curves_json(), "confusion": confusion_json(&scenes)?,
        });
        Ok((value, words))
    }

    /// Mean precision at each recall, a list per overlap.
    fn curves_json(&self) -> Value {
        let settings = self.matches.settings();
        json!({
            "overlaps": settings.iou_thresholds, "recalls": settings.recall_thresholds,
            "precision": self.mean_precision(),
        })
    }

    pub(super) fn calibration(
        &self,
        judgements: &Judgements,
        listed: usize,
        axes: &[Axis],
        bins: usize,
    ) -> Option<DetectionCalibration> {
        let sizes = self.truth.images.iter().map(|image| {
            (image.id, (f64::from(image.width.max(1)), f64::from(image.height.max(1))))
        });
        let sizes: HashMap<Id, (f64, f64)> = sizes.collect();
        let size =
            |row: usize| sizes.get(&self.detections.image(row)).copied().unwrap_or((1.0, 1.0));
        let boxes = judgements.classes.range(..listed as u32).flat_map(|(_, class)| counted(class));
        let boxes = boxes.map(|(row, score, hit)| {
            let shares = if axes == Axis::SCORE {
                [0.0; 4]
            } else {
                let ([x, y, w, h], (width, height)) = (self.detections.bbox(row), size(row));
                [(x + w / 2.0) / width, (y + h / 2.0) / height, w / width, h / height]
            };
            ScoredBox { score, hit, shares }
        });
        detection_calibration(boxes, axes, bins)
    }
}

/// The cells that are not 0; `null` is nothing, said or there.
fn confusion_json(scenes: &Scenes<'_>) -> Result<Value, Failure> {
    let id = |side| match side {
        Side::Class(class) => {
            scenes.categories().get(class as usize).map_or(Value::Null, |&id| number(id))
        }
        Side::Background => Value::Null,
    };
    let confusion = confused(scenes)?;
    let cells = confusion.cells().map(
        |(truth, said, count)| json!({ "truth": id(truth), "said": id(said), "count": count }),
    );
    Ok(json!({ "overlap": OVERLAP, "score": SAID, "cells": cells.collect::<Vec<Value>>() }))
}

/// Row, score and success of the detections that count.
fn counted(class: &ClassJudgements) -> impl Iterator<Item = (usize, f64, bool)> {
    let counted = class.judged.iter().filter(|judged| judged.outcome != Outcome::Ignored);
    counted.map(|judged| (judged.detection, judged.score, judged.outcome == Outcome::Hit))
}

fn operating_row(
    name: Option<&str>,
    id: &str,
    best: Option<&ThresholdEstimate>,
    lrp: Option<OptimalLrp>,
) -> Vec<String> {
    let dash = || "–".to_owned();
    let shown = |number: Option<f64>| number.map_or_else(dash, |number| format!("{number:.3}"));
    let point = best.map(|best| best.point);
    vec![
        name.unwrap_or(id).to_owned(),
        best.map_or_else(dash, |best| best.score.to_string()),
        best.map_or_else(dash, |best| best.f_beta.to_string()),
        shown(point.and_then(|point| point.precision())),
        shown(point.and_then(|point| point.recall())),
        shown(lrp.map(|lrp| lrp.error)),
    ]
}
