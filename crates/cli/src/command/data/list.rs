//! `cenote data list`.

use std::path::Path;
use std::process::ExitCode;

use cenote_datasets::PublishedSet;
use serde_json::json;

use super::known::{self, Known};
use crate::args::DataList;
use crate::failure::Failure;
use crate::screen;

/// One set.
struct Row {
    name: &'static str,
    task: &'static str,
    state: &'static str,
    bytes: Option<u64>,
    about: &'static str,
    /// Settings, as lines of TOML.
    example: &'static str,
}

pub(super) fn run(args: &DataList) -> Result<ExitCode, Failure> {
    let root = known::root()?;
    let rows: Vec<Row> = Known::all().map(|kind| row(&root, kind)).collect();
    let text = if args.json { document(&root, &rows) } else { words(&root, &rows) };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn row(root: &Path, known: Known) -> Row {
    let usual = if known.is_drawn() { "drawn" } else { "your files" };
    let of = |task, about, example| Row {
        name: known.name(),
        task,
        state: usual,
        bytes: None,
        about,
        example,
    };
    match known {
        Known::Classes(kind) => {
            let set = known::of(kind);
            let state = match &set {
                Some(set) => state(root, set),
                None if known::is_embedded(kind) => "embedded",
                None => usual,
            };
            let bytes = set.map(|set| set.files.iter().map(|file| file.bytes).sum());
            Row { state, bytes, ..of("classes", kind.about, kind.example) }
        }
        Known::Boxes(kind) => of("boxes", kind.about, kind.example),
        Known::Texts(kind) => of("texts", kind.about, kind.example),
    }
}

/// Whether files of the right length are there; `cenote data verify` looks at their bytes.
fn state(root: &Path, set: &PublishedSet) -> &'static str {
    let folder = root.join(set.folder);
    let is_there = |name: &str, bytes: u64| {
        folder.join(name).metadata().is_ok_and(|file| file.is_file() && file.len() == bytes)
    };
    match set.files.iter().filter(|file| is_there(file.name, file.bytes)).count() {
        0 => "absent",
        some if some < set.files.len() => "in part",
        _ => "there",
    }
}

fn words(root: &Path, rows: &[Row]) -> String {
    let head = ["name", "has", "state", "MB", "about"].map(str::to_owned).to_vec();
    let line = |row: &Row| {
        let size = row.bytes.map_or(String::new(), |bytes| format!("{:.1}", bytes as f64 / 1e6));
        vec![row.name.into(), row.task.into(), row.state.into(), size, row.about.into()]
    };
    let table: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().map(line)).collect();
    format!("{}\nfolder: {}\n", screen::table(&table), root.display())
}

fn document(root: &Path, rows: &[Row]) -> String {
    let row = |row: &Row| {
        json!({
            "name": row.name, "has": row.task, "state": row.state, "bytes": row.bytes,
            "about": row.about, "example": row.example.replace('\n', ", "),
        })
    };
    let sets: Vec<_> = rows.iter().map(row).collect();
    let document = json!({ "schema": "cenote.data.list/1", "folder": root.display().to_string(), "sets": sets });
    format!("{document}\n")
}
