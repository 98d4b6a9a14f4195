//! `cenote report`: from records to verdicts, without training.

use std::path::Path;
use std::process::ExitCode;

use cenote_evidence::{
    Design, Report as Study, ScoreNote, SideBySide, Store, json, side_by_side, terminal,
};

use crate::args::{Beside, PriceArgs, Report};
use crate::failure::Failure;
use crate::png::write_plots;
use crate::progress::cut_off;
use crate::screen;

pub(super) fn run(args: &Report) -> Result<ExitCode, Failure> {
    let study = read(&args.folder, &args.prices, &args.also)?;
    let text = if let Some(second) = &args.second {
        compared(&study, &read(second, &args.prices, &[])?, args.json)?
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

fn read(folder: &Path, prices: &PriceArgs, also: &[Beside]) -> Result<Study, Failure> {
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
    Ok(Study::read_with(folder, |design| {
        design.prices = prices.over(design.prices.take());
        judge_also(design, also);
    })?)
}

/// Has a study judged by other scores too. One that was planned with this margin stays planned.
fn judge_also(design: &mut Design, also: &[Beside]) {
    for Beside { metric, margin } in also {
        let planned = design.also.iter().position(|note| note.metric == *metric);
        match (planned, margin) {
            (Some(_), None) => continue,
            (Some(place), Some(margin)) if design.also[place].margin.total_cmp(margin).is_eq() => {
                continue;
            }
            (Some(place), Some(_)) => drop(design.also.remove(place)),
            (None, _) => {}
        }
        let margin = margin.unwrap_or(design.margin);
        design.also.push(ScoreNote { metric: metric.clone(), margin, afterwards: true });
    }
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
