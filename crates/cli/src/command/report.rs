//! `cenote report`: from records to verdicts, without training.

use std::process::ExitCode;

use cenote_evidence::{Analysis, json, terminal, write_report};

use crate::args::Report;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Report) -> Result<ExitCode, Failure> {
    let analysis = Analysis::read(&args.folder)?;
    write_report(&args.folder, &analysis)?;
    let text = if args.json { json(&analysis) } else { terminal(&analysis) };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
