//! `cenote detect train`: one detector, one arm, one seed, one checkpoint.

use std::process::ExitCode;
use std::time::Instant;

use cenote_datasets::Channels;
use cenote_experiment::{Detector, DetectorPlan, DetectorPoint, Error, TrainedDetector, Workers};
use serde_json::json;

use super::data::table;
use super::scores::Judged;
use crate::args::{DetectTrain, Pixels};
use crate::command::files::make_folder_of;
use crate::command::interrupt::listen;
use crate::command::training::bar;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &DetectTrain) -> Result<ExitCode, Failure> {
    let detector = described(args)?;
    let stop = listen()?;
    let bar = bar(args.training.quiet);
    let epochs = detector.training.epochs;
    let begun = Instant::now();
    let watch = |[epoch, step, steps]: [u64; 3], point: Option<&DetectorPoint>| {
        bar.set_length(epochs * steps);
        bar.set_position(epoch * steps + step);
        let Some(point) = point else { return };
        let line = format!(
            "epoch {}/{epochs}: loss {:.4} (heat {:.4}, L1 {:.4}, GIoU {:.4}), {:.0} s",
            point.epoch,
            point.loss,
            point.heat,
            point.l1,
            point.giou,
            begun.elapsed().as_secs_f64()
        );
        match (args.training.quiet, bar.is_hidden()) {
            (true, _) => {}
            (false, true) => screen::say(&line),
            (false, false) => bar.println(line),
        }
    };
    let work = || -> Result<_, Failure> {
        let arm = args.training.arm.clone().unwrap_or_else(|| detector.baseline.clone());
        let plan = DetectorPlan::new(detector, &arm)?;
        let earlier = if args.training.resume {
            Some(TrainedDetector::read(&args.training.out)?)
        } else {
            None
        };
        make_folder_of(&args.training.out)?;
        if !args.training.quiet {
            screen::say(&planned(&plan));
        }
        let trained = TrainedDetector::train(
            &plan,
            args.training.seed,
            &args.training.out,
            earlier,
            &stop,
            watch,
        )?;
        let seconds = begun.elapsed().as_secs_f64();
        let judged = Judged::new(&trained, &plan.data.test, &plan.judged_by)?;
        Ok((trained, judged, seconds, plan.data.train.len()))
    };
    let outcome = Workers::on_threads(args.training.threads, work);
    bar.finish_and_clear();
    let (trained, judged, seconds, scenes) = outcome.map_err(|failure| match failure {
        Failure::Experiment(Error::Interrupted) => Failure::Interrupted(format!(
            "interrupted: {} holds the last whole epoch; --resume goes on from there",
            args.training.out.display()
        )),
        failure => failure,
    })?;
    let text = if args.training.json {
        let mut document = judged.document();
        document.insert("schema".to_owned(), json!("cenote.detect.train/1"));
        document.insert("arm".to_owned(), json!(trained.notes.arm));
        document.insert("seed".to_owned(), json!(args.training.seed));
        document.insert("checkpoint".to_owned(), json!(args.training.out));
        document.insert("weights".to_owned(), json!(trained.average.digest()));
        document.insert("training_seconds".to_owned(), json!(seconds));
        format!("{}\n", serde_json::Value::Object(document))
    } else {
        format!(
            "{}\ntrained in {seconds:.0} s on {scenes} images\ncheckpoint {}\n",
            judged.words(),
            args.training.out.display()
        )
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The detector of the file, with what the flags say in place of it.
fn described(args: &DetectTrain) -> Result<Detector, Failure> {
    let mut detector = match &args.detector {
        Some(file) => Detector::read(file)?,
        None => Detector::usual(),
    };
    if let Some(table) = table(&args.data)? {
        detector.dataset = Some(table);
    }
    if let Some(epochs) = args.training.epochs {
        detector.training.epochs = epochs;
    }
    if let Some(channels) = args.channels {
        detector.channels = match channels {
            Pixels::Rgb => Channels::Rgb,
            Pixels::Grey => Channels::Grey,
        };
    }
    detector.input = args.input.or(detector.input);
    Ok(detector)
}

fn planned(plan: &DetectorPlan) -> String {
    format!(
        "{} images to learn from, {} to judge by, {} classes; input {}, output {}; {} parameters, {:.2} G multiply-adds",
        plan.data.train.len(),
        plan.data.test.len(),
        plan.data.classes.len(),
        plan.model.input(),
        plan.model.output(),
        plan.model.trained(),
        plan.model.cost().macs as f64 / 1e9
    )
}
