//! `cenote captcha read`: what stands in images.

use std::fmt::Write;
use std::process::ExitCode;

use cenote_experiment::{Error, Reader, Reading};
use serde_json::json;

use crate::args::CaptchaRead;
use crate::command::files::images;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &CaptchaRead) -> Result<ExitCode, Failure> {
    let reader = Reader::open(&args.checkpoint)?;
    let found = images(&args.images)?;
    let (mut text, mut failed) = (String::new(), None);
    for (picture, reading) in found.iter().zip(reader.read(&found)?) {
        match reading {
            Ok(reading) => line(&mut text, args.json, picture.name(), &reading),
            Err(error) => {
                // The others are read all the same; the last of the errors ends the program.
                screen::say(&format!("not read: {error}"));
                failed = Some(error);
            }
        }
    }
    screen::print(&text).map_err(Failure::Output)?;
    failed.map_or(Ok(ExitCode::SUCCESS), |error: Error| Err(error.into()))
}

fn line(text: &mut String, json: bool, name: &str, reading: &Reading) {
    let written = if json {
        let document = json!({
            "schema": "cenote.captcha.read/1", "image": name, "text": reading.text,
            "confidence": reading.confidence, "characters": reading.characters,
        });
        writeln!(text, "{document}")
    } else {
        let characters = reading.text.chars().zip(&reading.characters);
        let each: Vec<String> =
            characters.map(|(character, p)| format!("{character} {:.0}", 100.0 * p)).collect();
        let confidence = 100.0 * reading.confidence;
        writeln!(text, "{name}: {} {confidence:.1} % ({})", reading.text, each.join(", "))
    };
    written.expect("writing to a string does not fail");
}
