//! The rule of Pascal VOC, as the development kit or another tool has it.

use cenote_metrics::{
    CocoSettings, Difficult, Extent, Interpolation, Preset, Protocol as Rules, VocRule,
};
use serde_json::{Map, Value, json};

use super::detection::failed;
use super::load;
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
    let other = [
        ("--iou-type", args.iou_type == Compared::Bbox),
        ("--max-dets", args.max_dets.is_empty()),
        ("--category-ids", args.category_ids.is_empty()),
        ("--image-ids", args.image_ids.is_empty()),
        ("--no-categories", !args.no_categories),
        ("--worst", args.worst.is_none()),
        ("--bootstrap", args.bootstrap.is_none()),
        ("--against", args.against.is_none()),
        ("--tide", !args.tide),
        ("--operating-points", !args.operating_points),
        ("--check", !args.check),
        ("--plots", args.plots.is_none()),
    ];
    if let Some((flag, _)) = other.iter().find(|(_, fits)| !fits) {
        let words =
            format!("{flag} goes with the rules of COCO, not with those of {}", preset.name());
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
    let problem = load::voc_problem(args, settings)?;
    let result = problem.evaluate_with(rule, interpolation, difficult).map_err(failed)?;
    if !args.json {
        let name = preset.name();
        let words = result.to_string();
        let shown = if args.per_class { &words } else { words.lines().next().unwrap_or_default() };
        return Ok(format!("{name}, overlap {}\n{}\n", rule.threshold, shown.trim_end()));
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
    Ok(format!("{}\n", Value::Object(document)))
}

/// What a tool decides, by what it is about.
pub(super) fn decisions(preset: Preset) -> Value {
    preset
        .decisions()
        .into_iter()
        .map(|(about, decided)| (about.to_owned(), json!(decided)))
        .collect()
}
