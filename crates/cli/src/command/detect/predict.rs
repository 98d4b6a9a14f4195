//! `cenote detect predict`: objects found in image files.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use cenote_datasets::{Channels, Label, Picture, labelled};
use cenote_experiment::{Error, Found, TrainedDetector, found_objects};
use cenote_metrics::write_coco_results;
use serde_json::json;

use super::data::on_threads;
use crate::args::DetectPredict;
use crate::command::op;
use crate::failure::Failure;
use crate::screen;

/// Endings of the names of images in folders.
const ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];

pub(super) fn run(args: &DetectPredict) -> Result<ExitCode, Failure> {
    let mut trained = TrainedDetector::read(&args.checkpoint)?;
    let reading = &mut trained.notes.detector.reading;
    reading.least_score = args.least_score;
    reading.nms = args.nms.or(reading.nms);
    let files = files(&args.images)?;
    if let Some(folder) = &args.draw {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::File(format!("{}: cannot be made: {error}", folder.display()))
        })?;
    }
    let begun = Instant::now();
    let found = on_threads(args.threads, || {
        files.iter().map(|file| find(&trained, file)).collect::<Result<Vec<_>, _>>()
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let classes = &trained.notes.classes;
    let mut text = String::new();
    for (file, objects) in files.iter().zip(&found) {
        text.push_str(&if args.json {
            document(file, objects, classes)
        } else {
            words(file, objects, classes)
        });
    }
    if let Some(folder) = &args.draw {
        for (number, (file, objects)) in (1..).zip(files.iter().zip(&found)) {
            draw(folder, number, file, objects, classes)?;
        }
    }
    if let Some(path) = &args.results {
        let detections = found_objects(&found).map_err(|error| Failure::Data(error.to_string()))?;
        let written = write_coco_results(path, &detections);
        written.map_err(|error| Failure::File(error.to_string()))?;
    }
    screen::print(&text).map_err(Failure::Output)?;
    screen::say(&format!(
        "{} images in {seconds:.2} s: {:.1} images a second, decoding included",
        files.len(),
        files.len() as f64 / seconds.max(1e-9)
    ));
    Ok(ExitCode::SUCCESS)
}

/// The files that are named, and in order of names the images of the folders that are.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let refuse = |words: String| Failure::Data(format!("{}: {words}", path.display()));
        let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.map_err(|error| refuse(format!("cannot be read: {error}")))?;
        let mut images: Vec<PathBuf> =
            entries.iter().map(std::fs::DirEntry::path).filter(|path| is_image(path)).collect();
        if images.is_empty() {
            return Err(refuse(format!(
                "holds no image; expected files of {}",
                ENDINGS.join(", ")
            )));
        }
        images.sort();
        files.extend(images);
    }
    Ok(files)
}

fn is_image(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn find(trained: &TrainedDetector, file: &Path) -> Result<Vec<Found>, Failure> {
    let picture = Picture::file(file.to_owned());
    let notes = &trained.notes;
    let (planes, size) =
        picture.scaled(notes.detector.channels, notes.size).map_err(Error::from)?;
    Ok(trained.find(&planes, size)?)
}

fn words(file: &Path, objects: &[Found], classes: &[String]) -> String {
    let mut text = format!("{}: {} objects\n", file.display(), objects.len());
    for Found { class, score, corners: [x1, y1, x2, y2] } in objects {
        let line = writeln!(
            text,
            "  {} {:.1} % at {x1:.1},{y1:.1} to {x2:.1},{y2:.1}",
            classes[*class],
            100.0 * score
        );
        line.expect("writing to a string does not fail");
    }
    text
}

fn document(file: &Path, objects: &[Found], classes: &[String]) -> String {
    let objects = objects.iter().map(|Found { class, score, corners: [x1, y1, x2, y2] }| {
        let bbox = [*x1, *y1, x2 - x1, y2 - y1];
        json!({ "class": classes[*class], "score": score, "bbox": bbox })
    });
    let objects: Vec<_> = objects.collect();
    format!(
        "{}\n",
        json!({ "schema": "cenote.detect.predict/1", "image": file, "objects": objects })
    )
}

/// Writes an image with its boxes; its number keeps images of one name in several folders apart.
fn draw(
    folder: &Path,
    number: usize,
    file: &Path,
    objects: &[Found],
    classes: &[String],
) -> Result<(), Failure> {
    let picture = Picture::file(file.to_owned());
    let (planes, [rows, columns]) = picture.decode(Channels::Rgb).map_err(Error::from)?;
    let labels: Vec<Label> = objects
        .iter()
        .map(|Found { class, score, corners }| Label {
            corners: *corners,
            words: format!("{} {score:.2}", classes[*class]),
            colour: *class,
        })
        .collect();
    let png = labelled([3, rows as usize, columns as usize], &planes, &labels);
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    op::files::write(&folder.join(format!("{number:04}-{stem}.png")), &png)
}
