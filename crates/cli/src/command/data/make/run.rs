//! Which set is made, and what is said of it.

use std::process::ExitCode;

use serde_json::{Value, json};
use toml::Table;

use super::{boxes, classes, texts};
use crate::args::DataMake;
use crate::command::data::known::{Known, Set, unknown};
use crate::command::draft::{Draft, Site, Written};
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
    let kind = drawn(&args.kind)?;
    let table = settings::table(&args.kind, &given(args))?;
    let site = Site::check(&args.out)?;
    // All that can be refused is refused before anything is written, and while a set is drawn Ctrl-C simply ends it.
    let (set, all) = kind.load(table, Failure::Usage)?;
    let all = all.expect("only kinds that are drawn are made");
    let draft = Draft::begin(site, args.quiet)?;
    draft.text("drawn.toml", &note(&all))?;
    let made = match &set {
        Set::Classes(set) => classes::write(set, kind.name(), &draft)?,
        Set::Boxes(set) => boxes::write(set, &draft)?,
        Set::Texts(set) => texts::write(set, &draft)?,
    };
    let written = draft.finish()?;
    let text = if args.json { document(&all, &made, written) } else { words(args, &made, written) };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The kind of this name, which has to be one that is drawn.
fn drawn(name: &str) -> Result<Known, Failure> {
    let kind = Known::find(name);
    if let Some(kind) = kind.filter(|kind| kind.is_drawn()) {
        return Ok(kind);
    }
    let drawn = Known::all().filter(|kind| kind.is_drawn()).map(Known::name);
    let drawn: Vec<&str> = drawn.collect();
    if kind.is_some() {
        let expected = drawn.join(", ");
        return Err(Failure::Usage(format!(
            "`{name}` is read, not drawn; expected one of {expected}"
        )));
    }
    Err(unknown("kind", name, &drawn))
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
