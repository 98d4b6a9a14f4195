//! `cenote detect train`: one detector, one arm, one seed, one checkpoint.

use std::process::ExitCode;
use std::time::Instant;

use cenote_datasets::Channels;
use cenote_evidence::EpochPoint;
use cenote_experiment::{Finder, Study, Task, Trained, find};
use serde_json::json;

use super::data::table;
use super::scores::Judged;
use crate::args::{DetectTrain, Pixels};
use crate::command::interrupt::listen;
use crate::command::training::Job;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &DetectTrain) -> Result<ExitCode, Failure> {
    let words = &args.training;
    let job = Job::new(study(args)?, words, &words.out)?;
    let earlier = if words.resume { Some(Trained::read(&words.out)?) } else { None };
    if !words.quiet {
        screen::say(&planned(&job));
    }
    let begun = Instant::now();
    let line = |epoch: &str, point: &EpochPoint| {
        format!("{epoch}: loss {:.4}, {:.0} s", point.train_loss, begun.elapsed().as_secs_f64())
    };
    let (finder, judged, seconds) = job.train(earlier, &*listen()?, line, |trained| {
        let seconds = begun.elapsed().as_secs_f64();
        let finder = Finder::of(trained)?;
        let judged = Judged::new(&finder, &job.plan.data.test, &finder.scenes()?)?;
        Ok((finder, judged, seconds))
    })?;
    let text = if words.json {
        let mut document = judged.document();
        document.insert("schema".to_owned(), json!("cenote.detect.train/1"));
        document.insert("study".to_owned(), json!(job.plan.study.name));
        document.insert("arm".to_owned(), json!(job.arm));
        document.insert("seed".to_owned(), json!(words.seed));
        document.insert("checkpoint".to_owned(), json!(words.out));
        document.insert("weights".to_owned(), json!(finder.trained().used().digest()));
        document.insert("training_seconds".to_owned(), json!(seconds));
        format!("{}\n", serde_json::Value::Object(document))
    } else {
        let images = job.plan.data.train.len();
        format!(
            "{}\ntrained in {seconds:.0} s on {images} images\ncheckpoint {}\n",
            judged.words(),
            words.out.display()
        )
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The study that is named, with what the flags say in place of it.
fn study(args: &DetectTrain) -> Result<Study, Failure> {
    let mut study = find(&args.study)?;
    let Task::Detect(task) = &mut study.task else {
        let words = "is not about boxes; expected a study of the task `detect`";
        return Err(Failure::Usage(format!("study {} {words}", study.name)));
    };
    task.size = args.input.or(task.size);
    if let Some(channels) = args.channels {
        task.channels = match channels {
            Pixels::Rgb => Channels::Rgb,
            Pixels::Grey => Channels::Grey,
        };
    }
    if let Some(table) = table(&args.data)? {
        study.dataset = table;
    }
    Ok(study)
}

fn planned(Job { plan, arm, .. }: &Job<'_>) -> String {
    let arm = plan.arms.iter().find(|one| one.name == *arm).expect("it is planned");
    format!(
        "{} images to learn from, {} to judge by, {} classes; input {}, output {}; {} parameters, {:.2} G multiply-adds",
        plan.data.train.len(),
        plan.data.test.len(),
        plan.data.classes.len(),
        arm.model.input(),
        arm.model.output(),
        arm.model.trained(),
        arm.model.cost().macs as f64 / 1e9
    )
}
