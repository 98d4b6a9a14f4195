//! `cenote report`: from records to verdicts, without training.

use std::process::ExitCode;

use cenote_evidence::{Analysis, Store, json, terminal, write_report};

use crate::args::Report;
use crate::failure::Failure;
use crate::progress::cut_off;
use crate::screen;

pub(super) fn run(args: &Report) -> Result<ExitCode, Failure> {
    if !args.folder.join(Store::FILE).exists() {
        return Err(Failure::File(format!(
            "{} holds no {}; expected a folder that `cenote ablate` wrote (its --out)",
            args.folder.display(),
            Store::FILE
        )));
    }
    if let Some(torn) = Store::read(&args.folder)?.torn {
        screen::say(&cut_off(torn));
    }
    let analysis = Analysis::read(&args.folder)?;
    write_report(&args.folder, &analysis)?;
    let text = if args.json { json(&analysis) } else { terminal(&analysis) };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
