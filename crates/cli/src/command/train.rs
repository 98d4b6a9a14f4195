//! `cenote train`: one arm, one seed, one checkpoint.

use std::path::Path;
use std::process::ExitCode;

use cenote_experiment::{Error, Evaluation, Plan, Trained, Watch, Workers};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::ablate::study_of;
use super::evaluate::scores_text;
use super::interrupt::listen;
use crate::args::Train;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Train) -> Result<ExitCode, Failure> {
    let mut study = study_of(&args.study)?;
    let arm = args.arm.clone().unwrap_or_else(|| study.baseline.clone());
    study.must_classify()?;
    study.filling(&arm)?;
    study.with_seeds(1);
    let plan = Plan::new(study)?;
    let earlier = if args.resume { Some(Trained::read(&args.out)?) } else { None };
    make_folder_of(&args.out)?;
    let stop = listen()?;
    let bar = bar(args.quiet);
    let epochs = plan.recipe.epochs;
    let watch = |seen: Watch<'_>| match seen {
        Watch::Step { epoch, step, steps } => {
            bar.set_length(epochs * steps);
            bar.set_position(epoch * steps + step);
        }
        Watch::Epoch(point) => {
            let line = format!(
                "epoch {}/{epochs}: loss {:.4}, training accuracy {:.2} %",
                point.epoch,
                point.train_loss,
                100.0 * point.train_accuracy
            );
            match (args.quiet, bar.is_hidden()) {
                (true, _) => {}
                (false, true) => screen::say(&line),
                (false, false) => bar.println(line),
            }
        }
    };
    let work = || -> Result<(Trained, Evaluation), Error> {
        let trained = Trained::train(&plan, &arm, args.seed, &args.out, earlier, &stop, watch)?;
        let judged = trained.evaluate(&plan.data)?;
        Ok((trained, judged))
    };
    let outcome = Workers::on_threads(args.threads, work);
    bar.finish_and_clear();
    let (trained, judged) = outcome.map_err(|error| match error {
        Error::Interrupted => Failure::Interrupted(format!(
            "interrupted: {} holds the last whole epoch; --resume goes on from there",
            args.out.display()
        )),
        error => error.into(),
    })?;
    let text = if args.json {
        let scores = judged.scores();
        let (study, digest) = (&plan.study.name, trained.params.digest());
        let document = json!({
            "schema": "cenote.train/1", "study": study, "arm": arm, "seed": args.seed,
            "checkpoint": args.out, "weights": digest, "scores": scores,
        });
        format!("{document}\n")
    } else {
        format!("{}checkpoint {}\n", scores_text(&judged), args.out.display())
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder that a file will stand in.
pub(super) fn make_folder_of(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), std::fs::create_dir_all).map_err(|error| {
        let words = format!("--out {}: its folder cannot be made: {error}", file.display());
        Failure::File(words)
    })
}

pub(super) fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(1), target);
    let template = "[{bar:20}] step {pos}/{len}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    bar.set_style(style.progress_chars("=> "));
    bar
}
