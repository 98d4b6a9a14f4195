//! `cenote detect evaluate`: a detector judged by the test images of its data, or of others.

use std::process::ExitCode;

use cenote_datasets::{DETECTION_KINDS, Scene, Split};
use cenote_experiment::{Error, Finder, Workers};
use cenote_metrics::write_coco_results;
use serde_json::json;

use super::data::table;
use super::scores::{Judged, annotations};
use crate::args::DetectEvaluate;
use crate::command::files;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &DetectEvaluate) -> Result<ExitCode, Failure> {
    let mut finder = Finder::open(&args.checkpoint)?;
    finder.reading.nms = args.nms.or(finder.reading.nms);
    let judged = Workers::on_threads(args.threads, || {
        let (images, scenes) = data(args, &finder)?;
        Judged::new(&finder, &images, &scenes)
    })?;
    if let Some(path) = &args.results {
        let written = write_coco_results(path, &judged.detections);
        written.map_err(|error| Failure::File(error.to_string()))?;
    }
    if let Some(path) = &args.truth {
        files::write(path, annotations(&judged.truth).as_bytes())?;
    }
    let text = if args.json {
        let notes = &finder.trained().notes;
        let mut document = judged.document();
        document.insert("schema".to_owned(), json!("cenote.detect.evaluate/1"));
        document.insert("study".to_owned(), json!(notes.study.name));
        document.insert("arm".to_owned(), json!(notes.arm));
        document.insert("seed".to_owned(), json!(notes.seed));
        format!("{}\n", serde_json::Value::Object(document))
    } else {
        judged.words()
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The set that the flags name, or else the one that the detector was trained on.
fn data(args: &DetectEvaluate, finder: &Finder) -> Result<(Split, Vec<Scene>), Failure> {
    let Some(table) = table(&args.data)? else { return Ok(finder.data()?) };
    let source = cenote_spec::parse(&[DETECTION_KINDS], table);
    let source = source.map_err(|error| Failure::Usage(format!("--data: {error}")))?;
    Ok(finder.scaled(source.load().map_err(Error::from)?)?)
}
