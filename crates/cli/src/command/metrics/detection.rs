//! `cenote metrics detection`: scores of found objects.

use std::path::Path;
use std::process::ExitCode;

use cenote_metrics::{
    CocoSettings, Detections, Error, GroundTruth, Id, ImageScore, Matches, Mode, Protocol as Rules,
    Similarity,
};
use rayon::ThreadPoolBuilder;
use serde_json::{Map, Value, json};

use super::file;
use super::judged::Judged;
use super::load::{self, Data};
use super::sections::Asked;
use super::voc;
use crate::args::{Compared, Convention, Detection, Protocol};
use crate::failure::Failure;
use crate::screen;

/// What a protocol makes of a problem.
struct Scores {
    judged: Judged,
    /// The numbers by name, in their order.
    named: Vec<(String, Option<f64>)>,
    /// The numbers as the reference prints them.
    lines: String,
}

impl Scores {
    fn matches(&self) -> &Matches {
        self.judged.matches()
    }
}

pub(super) fn run(args: &Detection) -> Result<ExitCode, Failure> {
    let mut pool = ThreadPoolBuilder::new();
    if let Some(threads) = args.threads {
        pool = pool.num_threads(threads);
    }
    let pool = pool.build().map_err(|error| Failure::Usage(format!("--threads: {error}")))?;
    let text = pool.install(|| scored(args))?;
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn scored(args: &Detection) -> Result<String, Failure> {
    let settings = settings(args)?;
    if let Some(rule) = voc::rule(args, &settings)? {
        return voc::scored(args, &settings, rule);
    }
    let Data { truth, detections, against } = load::data(args, &settings)?;
    let scores = scores(args, &settings, &truth, &detections);
    let scores = scores.map_err(|error| in_file(args, &args.dt, error))?;
    let worst = args.worst.map(|count| worst(scores.matches(), count));
    let asked = Asked { args, truth: &truth, detections: &detections, judged: &scores.judged };
    let sections = asked.sections(against.as_ref())?;
    if let Some(folder) = &args.plots {
        file::write_plots(folder, &asked.plots()?)?;
    }
    if args.json {
        let mut document = document(args, &truth, &scores, worst.as_deref());
        sections.extend(&mut document);
        return Ok(format!("{document}\n"));
    }
    let mut text = scores.lines.clone();
    if args.per_class {
        text.push('\n');
        text.push_str(&class_words(&truth, scores.matches()));
    }
    if let Some(worst) = worst {
        text.push('\n');
        text.push_str(&worst_words(&worst));
    }
    text.push_str(&sections.words());
    Ok(text)
}

fn settings(args: &Detection) -> Result<CocoSettings, Failure> {
    let similarity = match args.iou_type {
        Compared::Bbox => Similarity::Boxes,
        Compared::Segm => Similarity::Masks,
        Compared::Keypoints => Similarity::coco_keypoints(),
    };
    let mode = match args.mode {
        Convention::Strict => Mode::Strict,
        Convention::Corrected => Mode::Corrected,
    };
    let mut settings = match args.like.map(|preset| preset.protocol(similarity.clone())) {
        Some(Rules::Coco(settings)) => settings,
        _ => CocoSettings::new(similarity, mode),
    };
    settings.images = (!args.image_ids.is_empty()).then(|| args.image_ids.clone());
    settings.categories = (!args.category_ids.is_empty()).then(|| args.category_ids.clone());
    settings.use_categories = !args.no_categories;
    if !args.iou_thresholds.is_empty() {
        settings.iou_thresholds.clone_from(&args.iou_thresholds);
    }
    if args.protocol != Protocol::Lvis && !args.max_dets.is_empty() {
        settings.max_dets.clone_from(&args.max_dets);
    }
    if args.protocol == Protocol::Lvis {
        let whole = "lvis-api evaluates all images and categories at the overlaps 0.5 to 0.95";
        let absence = "it needs to know that a category is absent, and LVIS does not say so of most; \
                       --protocol coco takes what is not listed for absent";
        let none_of = [
            ("--iou-thresholds", args.iou_thresholds.is_empty(), whole),
            ("--category-ids", args.category_ids.is_empty(), whole),
            ("--image-ids", args.image_ids.is_empty(), whole),
            ("--no-categories", !args.no_categories, whole),
            ("--tide", !args.tide, absence),
        ];
        if let Some((flag, _, why)) = none_of.iter().find(|(_, absent, _)| !absent) {
            let words = format!("{flag} cannot be used with --protocol lvis: {why}");
            return Err(Failure::Usage(words));
        }
    }
    Ok(settings)
}

fn scores(
    args: &Detection,
    settings: &CocoSettings,
    truth: &GroundTruth,
    detections: &Detections,
) -> Result<Scores, Error> {
    let judged = Judged::new(args, settings, truth, detections)?;
    let (named, lines) = judged.summary()?;
    Ok(Scores { judged, named, lines })
}

/// The error of an evaluation of the detections of a file, with the file that it is about.
pub(super) fn in_file(args: &Detection, dt: &Path, error: Error) -> Failure {
    let path = match error {
        Error::UnknownImage { .. } | Error::Detection { .. } | Error::Unannotated { .. } => dt,
        Error::Object { .. } | Error::DuplicateObject { .. } => &args.gt,
        _ => return failed(error),
    };
    Failure::Data(format!("{}: {error}", path.display()))
}

/// Settings that make no sense are wrong usage, everything else is about the data.
#[expect(clippy::needless_pass_by_value, reason = "it is handed over as an error")]
pub(super) fn failed(error: Error) -> Failure {
    match error {
        Error::Evaluation { .. } => Failure::Usage(error.to_string()),
        _ => Failure::Data(error.to_string()),
    }
}

/// The images with the lowest average precision; of equals those with more objects.
fn worst(matches: &Matches, count: usize) -> Vec<ImageScore> {
    let mut scores = matches.image_scores();
    scores.retain(|score| score.average_precision.is_some());
    scores.sort_by(|a, b| {
        let by_precision = a.average_precision.partial_cmp(&b.average_precision);
        by_precision.expect("means of finite numbers").then(b.objects.cmp(&a.objects))
    });
    scores.truncate(count);
    scores
}

fn document(
    args: &Detection,
    truth: &GroundTruth,
    scores: &Scores,
    worst: Option<&[ImageScore]>,
) -> Value {
    let (matches, settings) = (scores.matches(), scores.matches().settings());
    let mut document = Map::new();
    document.insert("schema".to_owned(), json!("cenote.metrics.detection/1"));
    let stats = scores.named.iter().map(|(_, value)| value.unwrap_or(-1.0));
    document.insert("stats".to_owned(), stats.collect());
    document.insert("names".to_owned(), scores.named.iter().map(|(name, _)| json!(name)).collect());
    for (name, value) in &scores.named {
        document.insert(name.clone(), json!(value));
    }
    let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    document.insert("protocol".to_owned(), json!(word(&args.protocol)));
    document.insert("mode".to_owned(), json!(word(&args.mode)));
    document.insert("iou_type".to_owned(), json!(word(&args.iou_type)));
    document.insert("iou_thresholds".to_owned(), json!(settings.iou_thresholds));
    if args.protocol == Protocol::Coco {
        document.insert("max_dets".to_owned(), json!(settings.max_dets));
    }
    document.insert("images".to_owned(), json!(matches.images().len()));
    if args.per_class {
        let table = matches.class_table();
        let rows = matches.categories().iter().zip(table).enumerate();
        let rows = rows.map(|(k, (&id, row))| {
            let [ap, ap50, ap75, ar] = row.unwrap_or_default();
            let class = matches.class(k);
            json!({
                "id": number(id), "name": name(truth, id), "AP": ap, "AP50": ap50, "AP75": ap75, "AR": ar,
                "objects": class.positives(0), "detections": class.len(),
            })
        });
        document.insert("per_class".to_owned(), rows.collect());
    }
    if let Some(worst) = worst {
        let images = worst.iter().map(|score| {
            json!({
                "image": number(score.image), "AP": score.average_precision, "objects": score.objects,
                "detections": score.detections, "stray": score.stray,
            })
        });
        document.insert("worst".to_owned(), images.collect());
    }
    Value::Object(document)
}

/// An id as JSON has it.
pub(super) fn number(id: Id) -> Value {
    id.whole().map_or_else(|| json!(id.to_string().parse::<f64>().ok()), |whole| json!(whole))
}

pub(super) fn name(truth: &GroundTruth, id: Id) -> Option<&str> {
    let category = truth.categories.iter().rev().find(|category| category.id == id)?;
    Some(category.name.as_str()).filter(|name| !name.is_empty())
}

fn class_words(truth: &GroundTruth, matches: &Matches) -> String {
    let mut rows = vec![
        vec!["category", "AP", "AP50", "AP75", "AR", "objects", "detections"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    ];
    for (k, (&id, row)) in matches.categories().iter().zip(matches.class_table()).enumerate() {
        let mut cells = vec![name(truth, id).map_or_else(|| id.to_string(), str::to_owned)];
        let scores = row.unwrap_or_default();
        cells
            .extend(scores.iter().map(|score| score.map_or("–".to_owned(), |s| format!("{s:.3}"))));
        cells.push(matches.class(k).positives(0).to_string());
        cells.push(matches.class(k).len().to_string());
        rows.push(cells);
    }
    screen::table(&rows)
}

fn worst_words(worst: &[ImageScore]) -> String {
    let head = ["worst images", "AP", "objects", "detections"].map(str::to_owned).to_vec();
    let mut rows = vec![head];
    rows.extend(worst.iter().map(|score| {
        let precision = score.average_precision.unwrap_or_default();
        vec![
            score.image.to_string(),
            format!("{precision:.3}"),
            score.objects.to_string(),
            score.detections.to_string(),
        ]
    }));
    screen::table(&rows)
}
