//! `cenote list`: what a study file may name.

use std::process::ExitCode;

use cenote_datasets::{KINDS as DATASETS, TRANSFORMS};
use cenote_experiment::{STUDIES, Study};
use cenote_layers::{KINDS as LAYERS, OPTIMIZER_KINDS, SCHEDULE_KINDS};
use cenote_metrics::{CLASSIFICATION_METRICS, DETECTION_METRICS};
use cenote_spec::Kind;
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
}

pub(super) fn run(args: &List) -> Result<ExitCode, Failure> {
    let all = [
        (What::Studies, "studies"),
        (What::Layers, "layers"),
        (What::Datasets, "datasets"),
        (What::Transforms, "transforms"),
        (What::Optimizers, "optimizers"),
        (What::Schedules, "schedules"),
        (What::Metrics, "metrics"),
    ];
    let mut lists = Vec::new();
    for (what, title) in all {
        if args.what.is_none_or(|wanted| wanted == what) {
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
                Ok(Entry { name, about, example: String::new() })
            });
            studies.collect::<Result<_, cenote_experiment::Error>>()?
        }
        What::Layers => LAYERS.iter().copied().flat_map(of_kinds).collect(),
        What::Datasets => of_kinds(DATASETS),
        What::Transforms => of_kinds(TRANSFORMS),
        What::Optimizers => of_kinds(OPTIMIZER_KINDS),
        What::Schedules => of_kinds(SCHEDULE_KINDS),
        What::Metrics => {
            let entry = |name: &str, about: &str| Entry {
                name: name.to_owned(),
                about: about.to_owned(),
                example: String::new(),
            };
            let classification = CLASSIFICATION_METRICS.iter().map(|m| entry(m.name, m.about));
            let detection = DETECTION_METRICS.iter().map(|m| entry(m.name, m.about));
            classification.chain(detection).collect()
        }
    })
}

fn of_kinds<T: ?Sized>(kinds: &'static [Kind<T>]) -> Vec<Entry> {
    let entry = |kind: &Kind<T>| Entry {
        name: kind.name.to_owned(),
        about: kind.about.to_owned(),
        example: kind.example.to_owned(),
    };
    kinds.iter().map(entry).collect()
}

fn words(lists: &[(&str, Vec<Entry>)]) -> String {
    let paragraphs = lists.iter().map(|(title, entries)| {
        let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
        let lines = entries.iter().map(|Entry { name, about, example }| {
            let settings = shown(example).into_iter();
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

/// An example as it stands in an inline table.
fn inline(example: &str) -> String {
    example.replace('\n', ", ")
}

fn document(lists: &[(&str, Vec<Entry>)]) -> String {
    let of_list = |entries: &[Entry]| -> Vec<serde_json::Value> {
        let entry =
            |e: &Entry| json!({ "name": e.name, "about": e.about, "example": inline(&e.example) });
        entries.iter().map(entry).collect()
    };
    let mut document = serde_json::Map::new();
    document.insert("schema".to_owned(), json!("cenote.list/1"));
    for (title, entries) in lists {
        document.insert((*title).to_owned(), json!(of_list(entries)));
    }
    format!("{}\n", serde_json::Value::Object(document))
}
