//! Which set is made, and what is said of it.

use std::process::ExitCode;

use cenote_datasets::{DETECTION_KINDS, KINDS, TEXT_KINDS};
use cenote_spec::nearest;
use serde_json::{Value, json};
use toml::Table;

use super::draft::{Draft, Site, Written};
use super::{boxes, classes, texts};
use crate::args::DataMake;
use crate::command::data::known;
use crate::command::settings;
use crate::failure::Failure;
use crate::screen;

/// A set as it was written.
pub(super) struct Made {
    pub(super) train: usize,
    pub(super) test: usize,
    /// How a reader of ours is told to read it.
    pub(super) read_with: Table,
}

pub(in crate::command::data) fn run(args: &DataMake) -> Result<ExitCode, Failure> {
    let kinds = known::drawn();
    if !kinds.contains(&args.kind.as_str()) {
        return Err(unknown(&args.kind, &kinds));
    }
    let table = settings::table(&args.kind, &given(args))?;
    let wrong = |error: cenote_spec::Error| Failure::Usage(error.to_string());
    let refused = |error: cenote_datasets::Error| Failure::Usage(error.to_string());
    let site = Site::check(&args.out)?;
    // All that can be refused is refused before anything is written, and while a set is drawn Ctrl-C simply ends it.
    let begin = || {
        let draft = Draft::begin(site, args.quiet)?;
        draft.text("drawn.toml", &note(&table))?;
        Ok::<Draft, Failure>(draft)
    };
    let (made, draft) = if let Some(kind) = KINDS.iter().find(|kind| kind.name == args.kind) {
        let source = cenote_spec::parse(&[KINDS], table.clone()).map_err(wrong)?;
        let (set, draft) = (source.load().map_err(refused)?, begin()?);
        (classes::write(&set, kind.name, &draft)?, draft)
    } else if DETECTION_KINDS.iter().any(|kind| kind.name == args.kind) {
        let source = cenote_spec::parse(&[DETECTION_KINDS], table.clone()).map_err(wrong)?;
        let (set, draft) = (source.load().map_err(refused)?, begin()?);
        (boxes::write(&set, &draft)?, draft)
    } else {
        let source = cenote_spec::parse(&[TEXT_KINDS], table.clone()).map_err(wrong)?;
        let (set, draft) = (source.load().map_err(refused)?, begin()?);
        (texts::write(&set, &draft)?, draft)
    };
    let written = draft.finish()?;
    let text =
        if args.json { document(&table, &made, written) } else { words(args, &made, written) };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// All settings that were given, by flags of their own too.
fn given(args: &DataMake) -> Vec<(String, String)> {
    let mut set = args.set.clone();
    let flags = [
        ("seed", args.seed.map(|seed| seed.to_string())),
        ("train", args.train.map(|count| count.to_string())),
        ("test", args.test.map(|count| count.to_string())),
    ];
    for (key, value) in flags {
        set.extend(value.map(|value| (key.to_owned(), value)));
    }
    set
}

/// What is needed to draw the set again.
fn note(table: &Table) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!("# Drawn by cenote {version} (cenote data make) from these settings.\n{table}")
}

fn words(args: &DataMake, made: &Made, written: Written) -> String {
    let fields = made.read_with.iter().map(|(key, value)| format!("{key} = {value}"));
    format!(
        "{}: {} + {} images, {} files, {:.1} MB in {}\nto read them: {{ {} }}\n",
        args.kind,
        made.train,
        made.test,
        written.files,
        written.bytes as f64 / 1e6,
        args.out.display(),
        fields.collect::<Vec<_>>().join(", "),
    )
}

fn document(table: &Table, made: &Made, written: Written) -> String {
    let document: Value = json!({
        "schema": "cenote.data.make/1", "drawn": table, "train": made.train, "test": made.test,
        "files": written.files, "bytes": written.bytes, "read_with": made.read_with,
    });
    format!("{document}\n")
}

fn unknown(kind: &str, drawn: &[&str]) -> Failure {
    let all = KINDS
        .iter()
        .map(|kind| kind.name)
        .chain(DETECTION_KINDS.iter().map(|kind| kind.name))
        .chain(TEXT_KINDS.iter().map(|kind| kind.name));
    let expected = drawn.join(", ");
    if all.into_iter().any(|name| name == kind) {
        return Failure::Usage(format!("`{kind}` is read, not drawn; expected one of {expected}"));
    }
    let hint = nearest(kind, drawn.iter().copied());
    let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Failure::Usage(format!("unknown kind `{kind}`; expected one of {expected}{hint}"))
}
