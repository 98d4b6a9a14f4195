//! `cenote ablate`: run a study and print its verdicts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use cenote_evidence::{Report, Store, terminal};
use cenote_experiment::{Error, Plan, Stop, Study, Workers, find, run_all};

use super::forecast::{Forecast, Sweep};
use super::interrupt::listen;
use crate::args::{Ablate, StudyArgs};
use crate::failure::Failure;
use crate::screen;
use crate::watch::Watch;

pub(super) fn run(args: &Ablate) -> Result<ExitCode, Failure> {
    let mut study = study_of(&args.study)?;
    if let Some(count) = args.seeds {
        study.with_seeds(count);
    }
    if !args.arms.is_empty() {
        study.keep_arms(&args.arms)?;
    }
    study.prices = args.prices.over(study.prices);
    study.check()?;
    if args.until_decided {
        study.until_decided(args.max_seeds.unwrap_or(study.seeds.count))?;
    }
    let plan = Plan::new(study)?;
    let asked = workers(args);
    let mut workers = plan.admit(asked, args.memory_limit)?;
    if workers.jobs < asked.jobs && !args.quiet {
        screen::say(&format!("memory is for {} of {} runs at a time", workers.jobs, asked.jobs));
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&plan.study.name));
    let stop = listen()?;
    let sweep = plan.study.sweep().map(Plan::new).transpose()?;
    let untuned = plan.study.clone();
    let plan = match &sweep {
        // What is left to run is known by the rates that were chosen.
        Some(sweep) if sweep.pending(&folder.join(TUNING))?.is_empty() => {
            chosen(&untuned, sweep, &folder.join(TUNING))?
        }
        _ => plan,
    };
    if args.jobs.is_none() && args.threads.is_none() {
        let tries = |Workers { jobs, threads, .. }| {
            if !args.quiet {
                screen::say(&format!(
                    "seeing how fast training is: {jobs} at a time, threads of each: {threads}"
                ));
            }
        };
        workers = Workers::measured(&plan, &folder, workers, &stop, tries)?;
    }
    if args.plan {
        let sweep = sweep.as_ref().zip(untuned.tuning).map(|(sweep, tuning)| Sweep {
            plan: sweep,
            tuning,
            folder: folder.join(TUNING),
        });
        let forecast = Forecast::of(&plan, &folder, sweep, workers, &stop)?;
        let text = if args.json { forecast.document(&plan) } else { forecast.text(&plan) };
        screen::print(&text).map_err(Failure::Output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = match sweep {
        None => plan,
        Some(sweep) => {
            let watch = Watch::new(folder.join(TUNING), args.quiet, args.json);
            tuned(&untuned, &sweep, workers, &stop, &watch.without_verdicts())?
        }
    };
    let watch = Watch::new(folder.clone(), args.quiet, args.json);
    let ended = run_all(&plan, &folder, workers, &stop, &watch);
    watch.progress.end();
    let ended = ended.map_err(|error| interrupted(error, &watch, &plan, &folder))?;

    let report = Report::read(&folder)?;
    let files = super::report::write(&folder, &report)?;
    match &watch.events {
        Some(events) => events.ended(ended, &report.analysis).map_err(Failure::Output)?,
        None => screen::print(&terminal(&report.analysis)).map_err(Failure::Output)?,
    }
    if !args.quiet {
        screen::say(&format!(
            "\nwritten to {}: {}, {}",
            folder.display(),
            Store::FILE,
            files.join(", ")
        ));
    }
    Ok(if ended.failed > 0 { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

/// Runs the sweep of a study, as far as it is not done, and plans the study with the learning rates that it finds best.
fn tuned(
    study: &Study,
    sweep: &Plan,
    workers: Workers,
    stop: &Stop,
    watch: &Watch,
) -> Result<Plan, Failure> {
    let folder = watch.folder();
    let ended = run_all(sweep, folder, workers, stop, watch);
    watch.progress.end();
    ended.map_err(|error| interrupted(error, watch, sweep, folder))?;
    let plan = chosen(study, sweep, folder)?;
    for arm in plan.tuning.iter().flat_map(|note| &note.arms) {
        watch.tuned(arm);
    }
    Ok(plan)
}

/// Plans a study with the learning rates that the runs of its sweep, which lie in `folder`, found best.
fn chosen(study: &Study, sweep: &Plan, folder: &Path) -> Result<Plan, Failure> {
    let (study, note) = study.tuned(sweep, &Store::read(folder)?.records)?;
    Ok(Plan { tuning: Some(note), ..Plan::new(study)? })
}

/// The study that the flags name, with the settings they change.
pub(super) fn study_of(args: &StudyArgs) -> Result<Study, Failure> {
    let mut study = find(&args.study)?;
    if let Some(epochs) = args.epochs {
        study.training.epochs = epochs;
    }
    study.check()?;
    Ok(study)
}

/// Folder of a sweep within that of its study.
const TUNING: &str = "tuning";

/// Results are kept apart from what `cargo clean` removes.
fn default_folder(name: &str) -> PathBuf {
    Path::new("runs").join(name)
}

fn workers(args: &Ablate) -> Workers {
    let per_core = Workers::per_core();
    let threads = args.threads.unwrap_or(per_core.threads);
    let jobs = args.jobs.unwrap_or_else(|| (per_core.jobs / threads.max(1)).max(1));
    Workers { jobs, threads, save_every: Duration::from_secs(args.save_every) }
}

/// An interruption told with what is left to do; any other error as it is.
fn interrupted(error: Error, watch: &Watch, plan: &Plan, folder: &Path) -> Failure {
    let Error::Interrupted = error else { return error.into() };
    let (kept, runs) = (watch.progress.kept(), plan.cells.len());
    if let Some(events) = &watch.events {
        events.interrupted(kept, runs);
    }
    Failure::Interrupted(format!(
        "interrupted: {kept} of {runs} runs are finished and kept in {}; the same command goes on from there",
        folder.display()
    ))
}
