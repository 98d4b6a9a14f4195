//! `cenote detect predict`: objects found in image files.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use cenote_datasets::{Channels, Label, Picture, labelled};
use cenote_experiment::{Error, Finder, Found, Workers, found_objects};
use cenote_metrics::write_coco_results;
use serde_json::json;

use crate::args::DetectPredict;
use crate::command::files;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &DetectPredict) -> Result<ExitCode, Failure> {
    let mut finder = Finder::open(&args.checkpoint)?;
    finder.reading.least_score = args.least_score;
    finder.reading.nms = args.nms.or(finder.reading.nms);
    let pictures = files::images(&args.images)?;
    if let Some(folder) = &args.draw {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::File(format!("{}: cannot be made: {error}", folder.display()))
        })?;
    }
    let begun = Instant::now();
    let found = Workers::on_threads(args.threads, || Ok::<_, Error>(finder.find(&pictures)))?;
    let seconds = begun.elapsed().as_secs_f64();
    let classes = finder.classes();
    let (mut text, mut failed): (_, Option<Error>) = (String::new(), None);
    let (mut all, mut unread) = (Vec::new(), 0);
    for (number, (picture, objects)) in (1..).zip(pictures.iter().zip(found)) {
        match objects {
            Ok(objects) => {
                text.push_str(&if args.json {
                    document(picture, &objects, classes)
                } else {
                    words(picture, &objects, classes)
                });
                if let Some(folder) = &args.draw {
                    draw(folder, number, picture, &objects, classes)?;
                }
                all.push(objects);
            }
            Err(error) => {
                // The others are looked at all the same; the last of the errors ends the program.
                if let Some(earlier) = failed.replace(error) {
                    screen::say(&format!("not read: {earlier}"));
                }
                unread += 1;
                // It keeps its number among the results.
                all.push(Vec::new());
            }
        }
    }
    if let Some(path) = &args.results {
        let detections = found_objects(&all).map_err(|error| Failure::Data(error.to_string()))?;
        let written = write_coco_results(path, &detections);
        written.map_err(|error| Failure::File(error.to_string()))?;
    }
    screen::print(&text).map_err(Failure::Output)?;
    let read = pictures.len() - unread;
    if read > 0 {
        screen::say(&format!(
            "{read} images in {seconds:.2} s: {:.1} images a second, decoding included",
            read as f64 / seconds.max(1e-9)
        ));
    }
    failed.map_or(Ok(ExitCode::SUCCESS), |error| Err(error.into()))
}

fn words(picture: &Picture, objects: &[Found], classes: &[String]) -> String {
    let mut text = format!("{}: {} objects\n", picture.name(), objects.len());
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

fn document(picture: &Picture, objects: &[Found], classes: &[String]) -> String {
    let objects = objects.iter().map(|Found { class, score, corners: [x1, y1, x2, y2] }| {
        let bbox = [*x1, *y1, x2 - x1, y2 - y1];
        json!({ "class": classes[*class], "score": score, "bbox": bbox })
    });
    let objects: Vec<_> = objects.collect();
    format!(
        "{}\n",
        json!({ "schema": "cenote.detect.predict/1", "image": picture.name(), "objects": objects })
    )
}

/// Writes an image with its boxes; its number keeps images of one name in several folders apart.
fn draw(
    folder: &Path,
    number: usize,
    picture: &Picture,
    objects: &[Found],
    classes: &[String],
) -> Result<(), Failure> {
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
    let stem = Path::new(picture.name()).file_stem().unwrap_or_default().to_string_lossy();
    files::write(&folder.join(format!("{number:04}-{stem}.png")), &png)
}
