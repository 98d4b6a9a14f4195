//! What is asked for beside the summary: intervals, a comparison, costs of mistakes, operating points, oddities.

use std::collections::HashMap;

use cenote_metrics::{
    Axis, Bootstrap, Comparison, DetectionCalibration, Detections, GroundTruth, Id, ImageOrder,
    Judgements, Matches, Resampling, Scenes, ScoredBox, Side, Tide, TideRule, Warning,
    detection_calibration, detection_warnings, tide,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::detection::{failed, in_file, name, number};
use super::judged::Judged;
use super::operating::{Class, SCORES, counted, operating_points, resampling};
use super::plots::{SAID, confused};
use super::voc::decisions;
use crate::args::Detection;
use crate::failure::Failure;

/// Overlap at which detections are judged for operating points and plots.
pub(super) const OVERLAP: f64 = 0.5;

/// An evaluation, and what else is wanted of it.
pub(super) struct Asked<'a> {
    pub(super) args: &'a Detection,
    pub(super) truth: &'a GroundTruth,
    pub(super) detections: &'a Detections,
    pub(super) judged: &'a Judged,
}

/// Parts of a result, each with the key that it has in JSON and its words.
#[derive(Default)]
pub(super) struct Sections(Vec<(&'static str, Value, String)>);

impl Sections {
    /// Adds a part.
    pub(super) fn push(&mut self, key: &'static str, value: Value, words: String) {
        self.0.push((key, value, words));
    }

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
    pub(super) fn matches(&self) -> &Matches {
        self.judged.matches()
    }

    /// Computes every part that the flags ask for.
    pub(super) fn sections(&self, against: Option<&Detections>) -> Result<Sections, Failure> {
        let mut sections = Sections::default();
        if let Some(preset) = self.args.like {
            let words = format!("as {}: {}\n", preset.name(), preset.about());
            sections.push("like", json!(preset.name()), words);
            sections.push("decisions", decisions(preset), String::new());
        }
        let resampling = resampling(self.args);
        if self.args.bootstrap.is_some() {
            let bootstrap = self.judged.bootstrap(resampling).map_err(failed)?;
            let words = self.bootstrap_words(&bootstrap);
            sections.push("bootstrap", self.bootstrap_json(&bootstrap), words);
        }
        if let Some(against) = against {
            let path = self.args.against.as_deref().unwrap_or(&self.args.dt);
            let settings = self.matches().settings();
            let other = Judged::new(self.args, settings, self.truth, against);
            let other = other.map_err(|error| in_file(self.args, path, error))?;
            let comparison = self.judged.compare(&other, resampling).map_err(failed)?;
            let words = self.comparison_words(&comparison);
            sections.push("comparison", self.comparison_json(&comparison), words);
        }
        if self.args.tide {
            let tide = self.tide()?;
            sections.push("tide", json!(tide), tide.to_string());
        }
        if self.args.operating_points {
            let (value, words) = self.operating_points(resampling)?;
            sections.push("operating_points", value, words);
        }
        if self.args.check {
            let most = self.matches().settings().max_dets.last().copied().unwrap_or(0);
            let warnings = detection_warnings(self.truth, self.detections, most);
            let lines: Vec<String> = warnings.iter().map(Warning::to_string).collect();
            let words = match lines.as_slice() {
                [] => "nothing odd\n".to_owned(),
                lines => format!("{}\n", lines.join("\n")),
            };
            sections.push("warnings", json!(warnings), words);
        }
        Ok(sections)
    }

    fn bootstrap_json(&self, bootstrap: &Bootstrap) -> Value {
        let mut value = drawn(bootstrap.resampling, &bootstrap.summary);
        if self.args.per_class {
            let classes = self.matches().categories().iter().zip(&bootstrap.class_ap);
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
        let mut value = drawn(comparison.resampling, &comparison.summary);
        let classes = self.matches().categories().iter().zip(&comparison.class_ap);
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
        let lines = self.matches().categories().iter().zip(asked).flat_map(|(&id, value)| {
            let name = name(self.truth, id).map_or_else(|| id.to_string(), str::to_owned);
            [format!("{name:<20} AP "), value.to_string(), "\n".to_owned()]
        });
        lines.collect()
    }

    pub(super) fn tide(&self) -> Result<Tide, Failure> {
        let scenes = self.judged.scenes(self.truth, self.detections, ImageOrder::AsListed);
        Ok(tide(scenes.all().map_err(failed)?, TideRule::default()))
    }

    pub(super) fn scenes(&self) -> Scenes<'_> {
        self.judged.scenes(self.truth, self.detections, ImageOrder::ById)
    }

    pub(super) fn judgements(&self) -> Result<Judgements, Failure> {
        self.judged.judgements(self.truth, self.detections, OVERLAP).map_err(failed)
    }

    fn operating_points(&self, resampling: Resampling) -> Result<(Value, String), Failure> {
        let scenes = self.scenes();
        let judgements = self.judgements()?;
        let listed = judgements.classes.range(..scenes.listed() as u32);
        let classes = listed.map(|(&class, judged)| {
            let id = scenes.categories()[class as usize];
            let name = name(self.truth, id);
            let label = name.map_or_else(|| id.to_string(), str::to_owned);
            Class { head: json!({ "id": number(id), "name": name }), label, judged }
        });
        let plan = (self.args.beta, OVERLAP, resampling);
        let (mut value, words) = operating_points(classes, judgements.images, plan);
        let calibrations = [(Axis::SCORE, SCORES), (Axis::POSITION, 5), (Axis::SIZE, 5)]
            .map(|(axes, bins)| self.calibration(&judgements, scenes.listed(), axes, bins));
        let words = words + &calibration_words(&calibrations);
        value["calibration"] = json!(calibrations);
        value["precision_recall"] = self.curves_json();
        if let Judged::Coco(_) = self.judged {
            value["confusion"] = confusion_json(&scenes)?;
        }
        Ok((value, words))
    }

    /// Mean precision at each recall, a list per overlap.
    fn curves_json(&self) -> Value {
        let settings = self.matches().settings();
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
        let sizes = self.truth.images.iter().map(|image| (image.id, [image.width, image.height]));
        let sizes: HashMap<Id, [u32; 2]> = sizes.collect();
        // Where in an image a box is cannot be said without the size of the image.
        if axes != Axis::SCORE && sizes.values().any(|size| size.contains(&0)) {
            return None;
        }
        let boxes = judgements.classes.range(..listed as u32).flat_map(|(_, class)| counted(class));
        let boxes = boxes.map(|(row, score, hit)| {
            let [x, y, w, h] = self.detections.bbox(row);
            let size = sizes.get(&self.detections.image(row)).copied().unwrap_or_default();
            let [width, height] = size.map(f64::from);
            let shares = [(x + w / 2.0) / width, (y + h / 2.0) / height, w / width, h / height];
            ScoredBox { score, hit, shares }
        });
        detection_calibration(boxes, axes, bins)
    }
}

/// The cells that are not 0; `null` is nothing, said or there.
/// Numbers by name, and the draws of images that they come from.
pub(super) fn drawn(resampling: Resampling, numbers: &[(String, impl Serialize)]) -> Value {
    let numbers = numbers.iter().map(|(name, number)| (name.clone(), json!(number)));
    json!({ "resampling": resampling, "numbers": numbers.collect::<Value>() })
}

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

/// Calibration errors as a line: of the scores, then with position, then with size, as far as they are given.
pub(super) fn calibration_words(found: &[Option<DetectionCalibration>]) -> String {
    let error = |found: &Option<DetectionCalibration>| {
        found.as_ref().map_or("undefined".to_owned(), |found| format!("{:.4}", found.error))
    };
    let names = ["of the scores", "by position too", "by size too"];
    let words = names.iter().zip(found).map(|(name, found)| format!("{name} {}", error(found)));
    format!("calibration error (D-ECE): {}\n", words.collect::<Vec<_>>().join(", "))
}
