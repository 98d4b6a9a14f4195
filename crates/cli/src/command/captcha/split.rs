//! `cenote captcha split`: a set of texts as a set of letters.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use cenote_datasets::{Plane, captchas, letter, png};
use serde_json::json;

use super::{data, write};
use crate::args::CaptchaSplit;
use crate::failure::Failure;
use crate::screen;

/// The longest side of a letter.
const MOST: u64 = 512;

pub(super) fn run(args: &CaptchaSplit) -> Result<ExitCode, Failure> {
    if args.side > MOST {
        return Err(Failure::Usage(format!("--side {}; expected at most {MOST}", args.side)));
    }
    let side = args.side as u32;
    let images = captchas(&args.images, args.separator.as_deref()).map_err(data)?;
    let unmade = |error| Failure::File(format!("--out {}: {error}", args.out.display()));
    if args.out.exists() && fs::read_dir(&args.out).map_err(unmade)?.next().is_some() {
        let words = format!("--out {} is not empty; expected a new folder", args.out.display());
        return Err(Failure::Usage(words));
    }
    let settings = args.cut.settings();
    let mut written: BTreeMap<char, u64> = BTreeMap::new();
    let mut left_out = Vec::new();
    for image in &images {
        let grey = Plane::of(&image.picture).map_err(data)?;
        let length = image.text.chars().count();
        let found = settings.segment(&grey, Some(length)).map_err(data)?;
        if found.pieces.len() != length {
            left_out.push(image.picture.name());
            continue;
        }
        for (character, piece) in image.text.chars().zip(&found.pieces) {
            let folder = args.out.join(folder_of(character));
            let count = written.entry(character).or_default();
            *count += 1;
            fs::create_dir_all(&folder).map_err(unmade)?;
            let pixels = letter(&found, piece, side);
            let shape = [1, side as usize, side as usize];
            write(&folder.join(format!("{count:06}.png")), &png(shape, &pixels))?;
        }
    }
    let letters: u64 = written.values().sum();
    let text = if args.json {
        let counts: BTreeMap<String, u64> =
            written.iter().map(|(character, &count)| (character.to_string(), count)).collect();
        let document = json!({
            "schema": "cenote.captcha.split/1", "images": images.len(), "left_out": left_out,
            "letters": counts, "out": args.out,
        });
        format!("{document}\n")
    } else {
        format!(
            "{letters} letters of {} characters from {} of {} images in {}; {} could not be cut into as many pieces as their text has\n",
            written.len(),
            images.len() - left_out.len(),
            images.len(),
            args.out.display(),
            left_out.len()
        )
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The folder of a character: itself where every system takes it, else its number.
///
/// Capitals have a number too, since some systems take them for small letters.
fn folder_of(character: char) -> String {
    if character.is_ascii_lowercase() || character.is_ascii_digit() {
        character.to_string()
    } else {
        format!("u{:04x}", u32::from(character))
    }
}
