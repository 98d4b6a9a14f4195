//! `cenote report`: from records to verdicts, without training.

use std::path::Path;
use std::process::ExitCode;

use cenote_evidence::{Report as Study, SideBySide, Store, json, side_by_side, terminal};

use crate::args::{PriceArgs, Report};
use crate::failure::Failure;
use crate::png::write_plots;
use crate::progress::cut_off;
use crate::screen;

pub(super) fn run(args: &Report) -> Result<ExitCode, Failure> {
    let study = read(&args.folder, &args.prices)?;
    let text = if let Some(second) = &args.second {
        compared(&study, &read(second, &args.prices)?, args.json)?
    } else {
        write(&args.folder, &study)?;
        if args.json { json(&study.analysis) } else { terminal(&study.analysis) }
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes everything that a report is made of into `folder`; returns the file names.
pub(super) fn write(folder: &Path, study: &Study) -> Result<Vec<String>, Failure> {
    let mut files = study.write(folder)?;
    files.extend(write_plots(folder, study)?);
    Ok(files)
}

fn read(folder: &Path, prices: &PriceArgs) -> Result<Study, Failure> {
    if !folder.join(Store::FILE).exists() {
        return Err(Failure::File(format!(
            "{} holds no {}; expected a folder that `cenote ablate` wrote (its --out)",
            folder.display(),
            Store::FILE
        )));
    }
    if let Some(torn) = Store::read(folder)?.torn {
        screen::say(&cut_off(torn));
    }
    Ok(Study::read_at(folder, |of_study| prices.over(of_study))?)
}

fn compared(first: &Study, second: &Study, as_json: bool) -> Result<String, Failure> {
    let both = SideBySide::of(&first.analysis, &second.analysis)?;
    if as_json {
        let text = serde_json::to_string_pretty(&both).expect("only strings, numbers and lists");
        Ok(text + "\n")
    } else {
        Ok(side_by_side(&both))
    }
}
