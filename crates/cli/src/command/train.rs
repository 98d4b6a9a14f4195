//! `cenote train`: one arm, one seed, one checkpoint.

use std::process::ExitCode;

use cenote_evidence::EpochPoint;
use cenote_experiment::{Trained, find};
use serde_json::json;

use super::evaluate::scores_text;
use super::interrupt::listen;
use super::training::Job;
use crate::args::Train;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(Train { study, training: words }: &Train) -> Result<ExitCode, Failure> {
    let study = find(study)?;
    study.must_classify()?;
    let job = Job::new(study, words, &words.out)?;
    let earlier = if words.resume { Some(Trained::read(&words.out)?) } else { None };
    let line = |epoch: &str, point: &EpochPoint| {
        let right = 100.0 * point.train_accuracy;
        format!("{epoch}: loss {:.4}, training accuracy {right:.2} %", point.train_loss)
    };
    let (trained, judged) = job.train(earlier, &*listen()?, line, |trained| {
        let judged = trained.evaluate(&job.plan.data)?;
        Ok((trained, judged))
    })?;
    let text = if words.json {
        let scores = judged.scores();
        let (study, digest) = (&job.plan.study.name, trained.used().digest());
        let document = json!({
            "schema": "cenote.train/1", "study": study, "arm": job.arm, "seed": words.seed,
            "checkpoint": words.out, "weights": digest, "scores": scores,
        });
        format!("{document}\n")
    } else {
        format!("{}checkpoint {}\n", scores_text(&judged), words.out.display())
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
