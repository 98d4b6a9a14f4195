//! `cenote list`: what a study file may name.

mod corruptions;

use std::process::ExitCode;

use cenote_datasets::{KINDS as DATASETS, TRANSFORMS};
use cenote_experiment::{MEASURES, STUDIES, Study};
use cenote_layers::{KINDS as LAYERS, OPERATOR_KINDS, OPTIMIZER_KINDS, SCHEDULE_KINDS};
use cenote_metrics::{CLASSIFICATION_METRICS, DETECTION_METRICS, SCORED_METRICS, SEQUENCE_METRICS};
use cenote_spec::{Kind, Notes, Setting};
use serde_json::json;

use crate::args::{List, What};
use crate::failure::Failure;
use crate::screen;

/// The longest example that is shown in one line.
const LONGEST_LINE: usize = 80;

/// One thing that can be named.
struct Entry {
    name: String,
    about: String,
    example: String,
    /// More about it, in the lists of operators and measures.
    notes: Option<Notes>,
    /// More about it, in the list of corruptions.
    damage: Option<corruptions::Facts>,
}

pub(super) fn run(args: &List) -> Result<ExitCode, Failure> {
    let all = [
        (What::Studies, "studies"),
        (What::Layers, "layers"),
        (What::Operators, "operators"),
        (What::Datasets, "datasets"),
        (What::Transforms, "transforms"),
        (What::Corruptions, "corruptions"),
        (What::Measures, "measures"),
        (What::Optimizers, "optimizers"),
        (What::Schedules, "schedules"),
        (What::Metrics, "metrics"),
    ];
    let mut lists = Vec::new();
    for (what, title) in all {
        // Operators are layers; a list of everything names them once.
        if args.what.map_or(what != What::Operators, |wanted| wanted == what) {
            lists.push((title, entries(what)?));
        }
    }
    let text = if args.json { document(&lists) } else { words(&lists) };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn entries(what: What) -> Result<Vec<Entry>, Failure> {
    Ok(match what {
        What::Studies => {
            let studies = STUDIES.iter().map(|named| {
                let study = Study::parse(named.name, named.text)?;
                let (name, about) = (named.name.to_owned(), study.question);
                Ok(Entry { name, about, example: String::new(), notes: None, damage: None })
            });
            studies.collect::<Result<_, cenote_experiment::Error>>()?
        }
        What::Layers => LAYERS.iter().copied().flat_map(of_kinds).collect(),
        What::Operators => OPERATOR_KINDS.iter().map(of_noted).collect(),
        What::Datasets => of_kinds(DATASETS),
        What::Transforms => of_kinds(TRANSFORMS),
        What::Corruptions => corruptions::entries(),
        What::Measures => MEASURES.iter().map(of_noted).collect(),
        What::Optimizers => of_kinds(OPTIMIZER_KINDS),
        What::Schedules => of_kinds(SCHEDULE_KINDS),
        What::Metrics => {
            let entry = |name: &str, about: &str| Entry {
                name: name.to_owned(),
                about: about.to_owned(),
                example: String::new(),
                notes: None,
                damage: None,
            };
            let classification = CLASSIFICATION_METRICS.iter().map(|m| entry(m.name, m.about));
            let detection = DETECTION_METRICS.iter().map(|m| entry(m.name, m.about));
            let scored = SCORED_METRICS.iter().map(|m| entry(m.name, m.about));
            let sequence = SEQUENCE_METRICS.iter().map(|m| entry(m.name, m.about));
            classification.chain(detection).chain(scored).chain(sequence).collect()
        }
    })
}

fn of_kinds<T: ?Sized>(kinds: &'static [Kind<T>]) -> Vec<Entry> {
    kinds.iter().map(of_kind).collect()
}

fn of_kind<T: ?Sized>(kind: &Kind<T>) -> Entry {
    Entry {
        name: kind.name.to_owned(),
        about: kind.about.to_owned(),
        example: kind.example.to_owned(),
        notes: None,
        damage: None,
    }
}

/// An entry of a list whose notes are shown too.
fn of_noted<T: ?Sized>(kind: &Kind<T>) -> Entry {
    Entry { notes: kind.notes, ..of_kind(kind) }
}

fn words(lists: &[(&str, Vec<Entry>)]) -> String {
    let paragraphs = lists.iter().map(|(title, entries)| {
        let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
        let lines = entries.iter().map(|Entry { name, about, example, notes, damage }| {
            let settings = shown(example).into_iter().chain(notes.iter().flat_map(facts));
            let settings = settings.chain(damage.iter().flat_map(corruptions::Facts::words));
            let settings = settings.map(|setting| format!("  {:width$}    {setting}\n", ""));
            format!("  {name:width$}  {about}\n{}", settings.collect::<String>())
        });
        format!("{title}\n{}", lines.collect::<String>())
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// The settings of an example in one line, or in a line each where that would be long.
fn shown(example: &str) -> Vec<String> {
    let line = inline(example);
    match line.chars().count() {
        0 => Vec::new(),
        1..=LONGEST_LINE => vec![line],
        _ => example.lines().map(str::to_owned).collect(),
    }
}

/// What the list of operators says of each besides an example.
fn facts(notes: &Notes) -> Vec<String> {
    let setting = |setting: &Setting| match setting.default {
        "" => setting.name.to_owned(),
        default => format!("{} [{default}]", setting.name),
    };
    let settings: Vec<String> = notes.settings.iter().map(setting).collect();
    let settings = (!settings.is_empty()).then(|| format!("settings: {}", settings.join(", ")));
    let fixed =
        [notes.formula.to_owned(), format!("cost: {}", notes.cost), notes.reference.to_owned()];
    settings.into_iter().chain(fixed).collect()
}

/// An example as it stands in an inline table.
fn inline(example: &str) -> String {
    example.replace('\n', ", ")
}

fn document(lists: &[(&str, Vec<Entry>)]) -> String {
    let of_list = |entries: &[Entry]| -> Vec<serde_json::Value> {
        let entry = |e: &Entry| {
            let mut entry =
                json!({ "name": e.name, "about": e.about, "example": inline(&e.example) });
            if let Some(notes) = &e.notes {
                let setting = |s: &Setting| {
                    let default = (!s.default.is_empty()).then_some(s.default);
                    json!({ "name": s.name, "default": default, "about": s.about })
                };
                entry["parameters"] = notes.settings.iter().map(setting).collect();
                entry["formula"] = notes.formula.into();
                entry["cost"] = notes.cost.into();
                entry["random"] = notes.random.words().into();
                entry["reference"] = notes.reference.into();
            }
            if let Some(damage) = &e.damage {
                damage.describe(&mut entry);
            }
            entry
        };
        entries.iter().map(entry).collect()
    };
    let mut document = serde_json::Map::new();
    document.insert("schema".to_owned(), json!("cenote.list/1"));
    for (title, entries) in lists {
        document.insert((*title).to_owned(), json!(of_list(entries)));
    }
    format!("{}\n", serde_json::Value::Object(document))
}
