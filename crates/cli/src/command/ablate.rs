//! `cenote ablate`: run a study and print its verdicts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cenote_evidence::{Analysis, Store, grouped, json, terminal, write_report};
use cenote_experiment::{Error, Plan, Study, Workers, find, run_all};
use serde_json::json as document;

use super::interrupt::listen;
use crate::args::{Ablate, StudyArgs};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen;

pub(super) fn run(args: &Ablate) -> Result<ExitCode, Failure> {
    let mut study = study_of(&args.study)?;
    if let Some(count) = args.seeds {
        study.seeds.count = count;
    }
    if !args.arms.is_empty() {
        study.keep_arms(&args.arms)?;
    }
    study.check()?;
    let plan = Plan::new(study)?;
    if args.plan {
        let text = if args.json { plan_document(&plan) } else { planned(&plan) };
        screen::print(&text).map_err(Failure::Output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = args.out.clone().unwrap_or_else(|| default_folder(&plan.study.name));
    let workers = workers(args.jobs, args.threads);
    let stop = listen()?;
    let progress = Progress::new(args.quiet);
    let ended = run_all(&plan, &folder, workers, &stop, &progress);
    progress.end();
    let ended = ended.map_err(|error| interrupted(error, &progress, &plan, &folder))?;

    let analysis = Analysis::read(&folder)?;
    let files = write_report(&folder, &analysis)?;
    let text = if args.json { json(&analysis) } else { terminal(&analysis) };
    screen::print(&text).map_err(Failure::Output)?;
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

/// The study that the flags name, with the settings they change.
pub(super) fn study_of(args: &StudyArgs) -> Result<Study, Failure> {
    let mut study = find(&args.study)?;
    if let Some(epochs) = args.epochs {
        study.training.epochs = epochs;
    }
    study.check()?;
    Ok(study)
}

/// Results are kept apart from what `cargo clean` removes.
fn default_folder(name: &str) -> PathBuf {
    Path::new("runs").join(name)
}

fn workers(jobs: Option<usize>, threads: Option<usize>) -> Workers {
    let per_core = Workers::per_core();
    let threads = threads.unwrap_or(per_core.threads);
    let jobs = jobs.unwrap_or_else(|| (per_core.jobs / threads.max(1)).max(1));
    Workers { jobs, threads }
}

/// An interruption told with what is left to do; any other error as it is.
fn interrupted(error: Error, progress: &Progress, plan: &Plan, folder: &Path) -> Failure {
    match error {
        Error::Interrupted => Failure::Interrupted(format!(
            "interrupted: {} of {} runs are finished and kept in {}; the same command goes on from there",
            progress.kept(),
            plan.cells.len(),
            folder.display()
        )),
        error => error.into(),
    }
}

fn plan_document(plan: &Plan) -> String {
    let design = plan.design();
    let arms: Vec<_> = plan
        .arms
        .iter()
        .zip(&design.arms)
        .map(|(arm, note)| {
            document!({
                "name": arm.name, "parameters": arm.model.trained(),
                "macs": arm.model.cost().macs, "against": note.against,
            })
        })
        .collect();
    let text = document!({
        "schema": "cenote.plan/1", "study": design.name, "question": design.question,
        "arms": arms, "seeds": design.seeds, "runs": plan.cells.len(), "budget": design.budget,
        "dataset": design.dataset, "corruptions": design.corruptions, "metric": design.metric, "margin": design.margin,
        "plan": design.plan,
    });
    format!("{text}\n")
}

fn planned(plan: &Plan) -> String {
    let design = plan.design();
    let mut rows = vec![["arm", "parameters", "MACs", "against"].map(str::to_owned).to_vec()];
    for (arm, note) in plan.arms.iter().zip(&design.arms) {
        let against = if note.against == note.name { "–" } else { &note.against };
        rows.push(vec![
            arm.name.clone(),
            grouped(arm.model.trained() as u64),
            grouped(arm.model.cost().macs),
            against.to_owned(),
        ]);
    }
    let division =
        design.dataset.division.map_or_else(String::new, |words| format!("validation: {words}\n"));
    let robustness = match plan.trials.len() {
        0 => String::new(),
        trials => format!(
            "robustness: each network judged {trials} times more, by the test images under {} corruptions\n",
            design.corruptions.len()
        ),
    };
    format!(
        "{}\n\n{}\n{} runs: {} arms x {} seeds, each {}\ndata: {}, {} test images; margin \u{b1}{:.2} points of {}\n{division}{robustness}plan {}\n",
        design.question,
        screen::table(&rows),
        plan.cells.len(),
        plan.arms.len(),
        design.seeds.len(),
        design.budget,
        design.dataset.name,
        design.dataset.test,
        100.0 * design.margin,
        design.metric,
        design.plan,
    )
}
