//! `cenote ablate`: run a study and print its verdicts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use cenote_evidence::{Report, Store, bytes, grouped, terminal};
use cenote_experiment::{Error, Plan, Stop, Study, Workers, find, run_all};
use serde_json::json as document;

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
    study.check()?;
    if args.until_decided {
        study.until_decided(args.max_seeds.unwrap_or(study.seeds.count))?;
    }
    let plan = Plan::new(study)?;
    let asked = workers(args);
    let workers = plan.admit(asked, args.memory_limit)?;
    if workers.jobs < asked.jobs && !args.quiet {
        screen::say(&format!("memory is for {} of {} runs at a time", workers.jobs, asked.jobs));
    }
    let sweep = plan.study.sweep().map(Plan::new).transpose()?;
    if args.plan {
        let peaks = plan.peaks()?;
        let text = if args.json {
            plan_document(&plan, sweep.as_ref(), &peaks)
        } else {
            planned(&plan, sweep.as_ref(), &peaks)
        };
        screen::print(&text).map_err(Failure::Output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&plan.study.name));
    let stop = listen()?;
    let plan = match sweep {
        None => plan,
        Some(sweep) => {
            let watch = Watch::new(folder.join(TUNING), args.quiet, args.json);
            tuned(&plan.study, &sweep, workers, &stop, &watch.without_verdicts())?
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
    let (study, note) = study.tuned(sweep, &Store::read(folder)?.records)?;
    for arm in &note.arms {
        watch.tuned(arm);
    }
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

fn plan_document(plan: &Plan, sweep: Option<&Plan>, peaks: &[u64]) -> String {
    let design = plan.design();
    let arms: Vec<_> = plan
        .arms
        .iter()
        .zip(&design.arms)
        .zip(peaks)
        .map(|((arm, note), peak)| {
            document!({
                "name": arm.name, "parameters": arm.model.trained(),
                "macs": arm.model.cost().macs, "peak_bytes": peak, "against": note.against,
            })
        })
        .collect();
    let mut text = document!({
        "schema": "cenote.plan/1", "study": design.name, "question": design.question,
        "arms": arms, "seeds": design.seeds, "runs": plan.cells.len(), "budget": design.budget,
        "dataset": design.dataset, "corruptions": design.corruptions, "metric": design.metric,
        "margin": design.margin, "plan": design.plan, "looks": design.looks,
    });
    if let (Some(sweep), Some(tuning)) = (sweep, &plan.study.tuning) {
        let sweep_design = sweep.design();
        text["tuning"] = document!({
            "learning_rate": tuning.learning_rate, "seeds": sweep_design.seeds,
            "runs": sweep.cells.len(), "budget": sweep_design.budget,
        });
    }
    format!("{text}\n")
}

fn planned(plan: &Plan, sweep: Option<&Plan>, peaks: &[u64]) -> String {
    let design = plan.design();
    let heads = ["arm", "parameters", "MACs", "memory", "against"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for ((arm, note), &peak) in plan.arms.iter().zip(&design.arms).zip(peaks) {
        let against = if note.against == note.name { "–" } else { &note.against };
        rows.push(vec![
            arm.name.clone(),
            grouped(arm.model.trained() as u64),
            grouped(arm.model.cost().macs),
            bytes(peak),
            against.to_owned(),
        ]);
    }
    let division =
        design.dataset.division.map_or_else(String::new, |words| format!("validation: {words}\n"));
    let tuning = match (sweep, &plan.study.tuning) {
        (Some(sweep), Some(tuning)) => {
            let rates: Vec<String> = tuning.learning_rate.iter().map(f64::to_string).collect();
            format!(
                "tuning: {} runs before: {} arms x {} learning rates ({}) x {} seeds, each {}; judged by validation images\n",
                sweep.cells.len(),
                plan.arms.len(),
                rates.len(),
                rates.join(", "),
                tuning.seeds,
                sweep.design().budget,
            )
        }
        _ => String::new(),
    };
    let robustness = match plan.trials.len() {
        0 => String::new(),
        trials => format!(
            "robustness: each network judged {trials} times more, by the test images under {} corruptions\n",
            design.corruptions.len()
        ),
    };
    let measures = match design.measures.len() {
        0 => String::new(),
        values => format!("measures: {values} values of every trained network\n"),
    };
    format!(
        "{}\n\n{}\n{}{} runs: {} arms x {} seeds, each {}{}\ndata: {}, {} test images; margin \u{b1}{:.2} points of {}\n{division}{tuning}{robustness}{measures}plan {}\n",
        design.question,
        screen::table(&rows),
        if design.looks.is_empty() { "" } else { "at most " },
        plan.cells.len(),
        plan.arms.len(),
        design.seeds.len(),
        design.budget,
        looks(&design.looks),
        design.dataset.name,
        design.dataset.test,
        100.0 * design.margin,
        design.metric,
        design.plan,
    )
}

/// When the study is judged, as a line of its own; nothing where that is at its end only.
fn looks(looks: &[usize]) -> String {
    if looks.is_empty() {
        return String::new();
    }
    let seeds: Vec<String> = looks.iter().map(usize::to_string).collect();
    format!("\nlooks after {} seeds, the first that decides everything ends it", seeds.join(", "))
}
