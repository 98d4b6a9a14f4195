//! `cenote captcha split`: a set of texts as a set of letters.

use std::collections::BTreeMap;
use std::process::ExitCode;

use cenote_datasets::{Plane, TextImage, captchas, letter};
use serde_json::json;

use super::data;
use crate::args::CaptchaSplit;
use crate::command::draft::{Draft, Site};
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
    let draft = Draft::begin(Site::check(&args.out)?, false)?;
    let settings = args.cut.settings();
    let cut = draft.each(images.len(), |nth| {
        let TextImage { picture, text } = &images[nth];
        let grey = Plane::of(picture).map_err(data)?;
        let found = settings.segment(&grey, Some(text.chars().count())).map_err(data)?;
        if found.pieces.len() != text.chars().count() {
            return Ok(false);
        }
        for (at, (character, piece)) in (1..).zip(text.chars().zip(&found.pieces)) {
            let folder = folder_of(character);
            draft.folder(&folder)?;
            let name = format!("{folder}/{:06}_{at}.png", nth + 1);
            let shape = [1, side as usize, side as usize];
            draft.png(&name, &letter(&found, piece, side), shape)?;
        }
        Ok(true)
    })?;
    draft.finish()?;
    let mut written: BTreeMap<char, u64> = BTreeMap::new();
    let mut left_out = Vec::new();
    for (TextImage { picture, text }, whole) in images.iter().zip(cut) {
        if !whole {
            left_out.push(picture.name());
            continue;
        }
        for character in text.chars() {
            *written.entry(character).or_default() += 1;
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
