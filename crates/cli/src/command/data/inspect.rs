//! `cenote data inspect`: a set of any kind, seen from outside.

use std::process::ExitCode;

use cenote_datasets::{DETECTION_KINDS, KINDS, TEXT_KINDS, Tile, grid};
use cenote_spec::nearest;

use super::{boxes, classes, texts};
use crate::args::DataInspect;
use crate::command::{op, settings};
use crate::failure::Failure;
use crate::screen;

/// What is said of a set, and some of its images.
pub(super) struct Inspected {
    pub(super) words: String,
    pub(super) document: serde_json::Value,
    pub(super) tiles: Vec<Tile>,
}

pub(super) fn run(args: &DataInspect) -> Result<ExitCode, Failure> {
    let table = settings::table(&args.kind, &args.set)?;
    let wrong = |error: cenote_spec::Error| Failure::Usage(error.to_string());
    let rows = args.grid.as_ref().map_or(0, |_| args.columns);
    let is = |name: &&str| *name == args.kind;
    let inspected = if DETECTION_KINDS.iter().map(|kind| kind.name).any(|name| is(&name)) {
        let set = cenote_spec::parse(&[DETECTION_KINDS], table).map_err(wrong)?.load();
        boxes::inspect(&set.map_err(|error| damaged(&error))?, rows)
            .map_err(|error| damaged(&error))?
    } else if TEXT_KINDS.iter().map(|kind| kind.name).any(|name| is(&name)) {
        let set = cenote_spec::parse(&[TEXT_KINDS], table).map_err(wrong)?.load();
        texts::inspect(&set.map_err(|error| damaged(&error))?, rows)
            .map_err(|error| damaged(&error))?
    } else if KINDS.iter().map(|kind| kind.name).any(|name| is(&name)) {
        let set = cenote_spec::parse(&[KINDS], table).map_err(wrong)?.load();
        classes::inspect(&set.map_err(|error| damaged(&error))?, rows)
            .map_err(|error| damaged(&error))?
    } else {
        return Err(unknown(&args.kind));
    };
    if let Some(path) = &args.grid {
        op::files::write(path, &grid(&inspected.tiles, args.columns))?;
    }
    let Inspected { words, document, .. } = inspected;
    let text = if args.json { format!("{document}\n") } else { words };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn damaged(error: &cenote_datasets::Error) -> Failure {
    Failure::Data(error.to_string())
}

fn unknown(kind: &str) -> Failure {
    let names: Vec<&str> = KINDS
        .iter()
        .map(|kind| kind.name)
        .chain(DETECTION_KINDS.iter().map(|kind| kind.name))
        .chain(TEXT_KINDS.iter().map(|kind| kind.name))
        .collect();
    let hint = nearest(kind, names.iter().copied());
    let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Failure::Usage(format!("unknown kind `{kind}`; expected one of {}{hint}", names.join(", ")))
}
