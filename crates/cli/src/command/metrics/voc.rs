//! The rule of Pascal VOC, as the development kit or another tool has it.

use std::collections::BTreeSet;

use cenote_metrics::{
    Axis, Bootstrap, CocoSettings, Comparison, DetectionCalibration, Difficult, Extent,
    Interpolation, Preset, Protocol as Rules, ScoredBox, VocMatches, VocRule,
    detection_calibration,
};
use serde_json::{Map, Value, json};

use super::detection::failed;
use super::operating::{Class, SCORES, counted, operating_points, resampling};
use super::plots::{by_category_plot, curve, reliability};
use super::sections::{Sections, calibration_words, drawn};
use super::{file, load};
use crate::args::{Compared, Detection, Format, Protocol};
use crate::failure::Failure;

/// What the flags ask for, where they ask for Pascal VOC.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    preset: Preset,
    counting: VocRule,
    interpolation: Interpolation,
    difficult: Difficult,
}

/// The rule that the flags name; `None` when they name none of Pascal VOC.
pub(super) fn rule(args: &Detection, settings: &CocoSettings) -> Result<Option<Rule>, Failure> {
    let preset = match (args.like, args.protocol) {
        (Some(preset), _) => preset,
        (None, Protocol::Voc2007) => Preset::Voc2007,
        (None, Protocol::Voc2010) => Preset::Voc2010,
        (None, Protocol::Coco | Protocol::Lvis) => return Ok(None),
    };
    let Rules::Voc { mut rule, interpolation, difficult } =
        preset.protocol(settings.similarity.clone())
    else {
        return Ok(None);
    };
    let boxes = "boxes and all their detections are what the rule of Pascal VOC knows";
    let whole = "the rule of Pascal VOC looks at all images and categories";
    let coco = "it follows COCO's matching; --protocol coco reads the same files";
    let other = [
        ("--iou-type", args.iou_type == Compared::Bbox, boxes),
        ("--max-dets", args.max_dets.is_empty(), boxes),
        ("--category-ids", args.category_ids.is_empty(), whole),
        ("--image-ids", args.image_ids.is_empty(), whole),
        ("--no-categories", !args.no_categories, whole),
        ("--worst", args.worst.is_none(), coco),
        ("--tide", !args.tide, coco),
        ("--check", !args.check, coco),
    ];
    if let Some((flag, _, why)) = other.iter().find(|(_, fits, _)| !fits) {
        let words = format!("{flag} cannot be used with the rules of {}: {why}", preset.name());
        return Err(Failure::Usage(words));
    }
    match args.iou_thresholds.as_slice() {
        [] => {}
        [threshold] => rule.threshold = *threshold,
        _ => {
            return Err(Failure::Usage(
                "--iou-thresholds: Pascal VOC has one threshold".to_owned(),
            ));
        }
    }
    // Only VOC's own files hold pixels; the others were turned into points.
    if args.format != Format::Voc {
        rule.extent = Extent::Continuous;
    }
    Ok(Some(Rule { preset, counting: rule, interpolation, difficult }))
}

/// Reads, evaluates and prints.
pub(super) fn scored(
    args: &Detection,
    settings: &CocoSettings,
    rule: Rule,
) -> Result<String, Failure> {
    let Rule { preset, counting: rule, interpolation, difficult } = rule;
    let (problem, against) = load::voc_problems(args, settings)?;
    let judged = problem.judge(rule, interpolation, difficult).map_err(failed)?;
    let other = against.map(|problem| problem.judge(rule, interpolation, difficult)).transpose();
    let asked = Asked { args, judged: &judged };
    let sections = asked.sections(other.map_err(failed)?.as_ref())?;
    if let Some(folder) = &args.plots {
        file::write_plots(folder, &asked.plots())?;
    }
    let result = judged.result();
    if !args.json {
        let name = preset.name();
        let words = result.to_string();
        let shown = if args.per_class { &words } else { words.lines().next().unwrap_or_default() };
        let sections = sections.words();
        return Ok(format!("{name}, overlap {}\n{}\n{sections}", rule.threshold, shown.trim_end()));
    }
    let mut document = Map::new();
    document.insert("schema".to_owned(), json!("cenote.metrics.detection/1"));
    document.insert("stats".to_owned(), json!([result.map]));
    document.insert("names".to_owned(), json!(["mAP"]));
    document.insert("mAP".to_owned(), json!(result.map));
    document.insert("protocol".to_owned(), json!(preset.name()));
    document.insert("iou_thresholds".to_owned(), json!([rule.threshold]));
    document.insert("images".to_owned(), json!(problem.images.len()));
    document.insert("decisions".to_owned(), decisions(preset));
    document.insert("phantom_classes".to_owned(), json!(problem.phantom_classes()));
    if args.per_class {
        document.insert("per_class".to_owned(), json!(result.classes));
    }
    let mut document = Value::Object(document);
    sections.extend(&mut document);
    Ok(format!("{document}\n"))
}

/// What is wanted of judged detections beside the mean.
struct Asked<'a> {
    args: &'a Detection,
    judged: &'a VocMatches,
}

impl Asked<'_> {
    fn sections(&self, against: Option<&VocMatches>) -> Result<Sections, Failure> {
        let mut sections = Sections::default();
        let resampling = resampling(self.args);
        if self.args.bootstrap.is_some() {
            let bootstrap = self.judged.bootstrap(resampling);
            let words = self.words(&bootstrap, self.judged.classes.keys(), &bootstrap.class_ap);
            sections.push("bootstrap", self.bootstrap_json(&bootstrap), words);
        }
        if let Some(other) = against {
            let comparison = self.judged.compare(other, resampling).map_err(failed)?;
            // Classes that either has, as the comparison takes them.
            let names: BTreeSet<&String> =
                self.judged.classes.keys().chain(other.classes.keys()).collect();
            let words = self.words(&comparison, names.iter().copied(), &comparison.class_ap);
            sections.push("comparison", comparison_json(&comparison, &names), words);
        }
        if self.args.operating_points {
            let classes = self.judged.classes.iter().map(|(name, judged)| Class {
                head: json!({ "name": name }),
                label: name.clone(),
                judged,
            });
            let overlap = self.judged.rule.threshold;
            let plan = (self.args.beta, overlap, resampling);
            let (mut value, words) = operating_points(classes, self.judged.images.len(), plan);
            let calibration = [self.calibration()];
            let words = words + &calibration_words(&calibration);
            value["calibration"] = json!(calibration);
            sections.push("operating_points", value, words);
        }
        Ok(sections)
    }

    /// The words of a result, with a line for each class where classes are asked for.
    fn words<'n, T: ToString>(
        &self,
        result: &impl ToString,
        names: impl Iterator<Item = &'n String>,
        of_class: &[T],
    ) -> String {
        let asked = names.zip(of_class).filter(|_| self.args.per_class);
        let lines = asked.flat_map(|(name, value)| {
            [format!("{name:<20} AP "), value.to_string(), "\n".to_owned()]
        });
        result.to_string() + &lines.collect::<String>()
    }

    fn bootstrap_json(&self, bootstrap: &Bootstrap) -> Value {
        let mut value = drawn(bootstrap.resampling, &bootstrap.summary);
        if self.args.per_class {
            let rows = self.judged.classes.keys().zip(&bootstrap.class_ap);
            value["per_class"] = rows.map(|(name, ap)| json!({ "name": name, "AP": ap })).collect();
        }
        value
    }

    /// Precision over recall of every class, and, where it is defined, the reliability of the scores.
    fn plots(&self) -> Vec<(&'static str, String)> {
        let classes = self.judged.classes.iter();
        let curves: Vec<_> = classes.map(|(name, judged)| (name.clone(), curve(judged))).collect();
        let mut plots = vec![by_category_plot(self.judged.rule.threshold, &curves)];
        plots.extend(self.calibration().map(|found| reliability(&found)));
        plots
    }

    fn calibration(&self) -> Option<DetectionCalibration> {
        let boxes = self.judged.classes.values().flat_map(counted);
        let boxes = boxes.map(|(_, score, hit)| ScoredBox { score, hit, shares: [0.0; 4] });
        detection_calibration(boxes, Axis::SCORE, SCORES)
    }
}

fn comparison_json(comparison: &Comparison, names: &BTreeSet<&String>) -> Value {
    let mut value = drawn(comparison.resampling, &comparison.summary);
    let rows = names.iter().zip(&comparison.class_ap);
    value["per_class"] = rows.map(|(name, ap)| json!({ "name": name, "AP": ap })).collect();
    value
}

/// What a tool decides, by what it is about.
pub(super) fn decisions(preset: Preset) -> Value {
    preset
        .decisions()
        .into_iter()
        .map(|(about, decided)| (about.to_owned(), json!(decided)))
        .collect()
}
