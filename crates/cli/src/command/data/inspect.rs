//! `cenote data inspect`: a set of any kind, seen from outside.

use std::process::ExitCode;

use cenote_datasets::{Tile, grid};

use super::known::{Known, Set, unknown};
use super::{boxes, classes, texts};
use crate::args::DataInspect;
use crate::command::{files, settings};
use crate::failure::Failure;
use crate::screen;

/// What is said of a set, and some of its images.
pub(super) struct Inspected {
    pub(super) words: String,
    pub(super) document: serde_json::Value,
    pub(super) tiles: Vec<Tile>,
}

pub(super) fn run(args: &DataInspect) -> Result<ExitCode, Failure> {
    let kind = Known::find(&args.kind).ok_or_else(|| {
        let names: Vec<&str> = Known::all().map(Known::name).collect();
        unknown("kind", &args.kind, &names)
    })?;
    let table = settings::table(&args.kind, &args.set)?;
    let rows = args.grid.as_ref().map_or(0, |_| args.columns);
    let (set, _) = kind.load(table, Failure::Data)?;
    let inspected = match &set {
        Set::Classes(set) => classes::inspect(set, rows),
        Set::Boxes(set) => boxes::inspect(set, rows),
        Set::Texts(set) => texts::inspect(set, rows),
    };
    let inspected = inspected.map_err(|error| Failure::Data(error.to_string()))?;
    if let Some(path) = &args.grid {
        files::write(path, &grid(&inspected.tiles, args.columns))?;
    }
    let Inspected { words, document, .. } = inspected;
    let text = if args.json { format!("{document}\n") } else { words };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
