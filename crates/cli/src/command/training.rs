//! What the commands that train single networks share: from their words to a checkpoint that is judged.

use std::path::Path;

use cenote_evidence::EpochPoint;
use cenote_experiment::{Error, Plan, Stop, Study, Trained, Watch, Workers};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::files::make_folder_of;
use crate::args::Training;
use crate::failure::Failure;
use crate::screen;

/// One run of one arm of a study, which leaves a checkpoint.
pub(super) struct Job<'a> {
    pub(super) plan: Plan,
    pub(super) arm: String,
    words: &'a Training,
    file: &'a Path,
}

impl<'a> Job<'a> {
    /// Plans what the words ask of a study; the checkpoint is `file`.
    pub(super) fn new(
        mut study: Study,
        words: &'a Training,
        file: &'a Path,
    ) -> Result<Self, Failure> {
        if let Some(epochs) = words.epochs {
            study.training.epochs = epochs;
        }
        study.check()?;
        let arm = words.arm.clone().unwrap_or_else(|| study.baseline.clone());
        study.setup(&arm)?;
        study.with_seeds(1);
        Ok(Self { plan: Plan::new(study)?, arm, words, file })
    }

    /// Trains, from the start or from what was trained earlier, and judges what came of it. `line` says what is shown of an
    /// epoch, which is given in words too.
    pub(super) fn train<R: Send>(
        &self,
        earlier: Option<Trained>,
        stop: &Stop,
        line: impl Fn(&str, &EpochPoint) -> String + Sync,
        judge: impl FnOnce(Trained) -> Result<R, Failure> + Send,
    ) -> Result<R, Failure> {
        let Self { plan, arm, words, file } = self;
        make_folder_of(file)?;
        let bar = bar(words.quiet);
        let epochs = plan.recipe.epochs;
        let watch = |seen: Watch<'_>| match seen {
            Watch::Step { epoch, step, steps } => {
                bar.set_length(epochs * steps);
                bar.set_position(epoch * steps + step);
            }
            Watch::Epoch(point) => {
                let line = line(&format!("epoch {}/{epochs}", point.epoch), point);
                match (words.quiet, bar.is_hidden()) {
                    (true, _) => {}
                    (false, true) => screen::say(&line),
                    (false, false) => bar.println(line),
                }
            }
        };
        let work = || judge(Trained::train(plan, arm, words.seed, file, earlier, stop, watch)?);
        let outcome = Workers::on_threads(words.threads, work);
        bar.finish_and_clear();
        outcome.map_err(|failure| match failure {
            Failure::Experiment(Error::Interrupted) => Failure::Interrupted(format!(
                "interrupted: {} holds the last whole epoch; --resume goes on from there",
                file.display()
            )),
            failure => failure,
        })
    }
}

fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(1), target);
    let template = "[{bar:20}] step {pos}/{len}, {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    bar.set_style(style.progress_chars("=> "));
    bar
}
