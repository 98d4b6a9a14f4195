//! `cenote captcha segment`: one image cut into letters.

use std::fmt::Write;
use std::process::ExitCode;

use cenote_datasets::{Picture, Plane, draw, png};
use serde_json::{Value, json};

use super::data;
use crate::args::CaptchaSegment;
use crate::command::files;
use crate::failure::Failure;
use crate::screen;

/// Side of the letters in the picture.
const SIDE: u32 = 56;

pub(super) fn run(args: &CaptchaSegment) -> Result<ExitCode, Failure> {
    let grey = Plane::of(&Picture::file(args.image.clone())).map_err(data)?;
    let length = args.length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    let found = args.cut.settings().segment(&grey, length).map_err(data)?;
    if let Some(file) = &args.draw {
        files::make_folder_of(file)?;
        let (planes, shape) = draw(&found, SIDE);
        files::write(file, &png(shape, &planes))?;
    }
    let boxes: Vec<[usize; 4]> = found.pieces.iter().map(cenote_datasets::Piece::bounds).collect();
    let by = if found.line.is_some() { "columns" } else { "components" };
    let text = if args.json {
        let pieces: Vec<Value> = boxes
            .iter()
            .zip(&found.pieces)
            .map(|(&[top, left, bottom, right], piece)| {
                json!({ "box": [left, top, right - left, bottom - top], "pixels": piece.pixels.len() })
            })
            .collect();
        let document = json!({
            "schema": "cenote.captcha.segment/1", "image": args.image,
            "size": [grey.rows(), grey.columns()], "specks": found.specks,
            "components": found.components, "length": args.length, "by": by, "pieces": pieces,
        });
        format!("{document}\n")
    } else {
        let mut text = format!(
            "{}: {}x{} pixels, {} components and {} specks, cut by {by} into {} letters\n",
            args.image.display(),
            grey.rows(),
            grey.columns(),
            found.components,
            found.specks,
            boxes.len()
        );
        for (nth, [top, left, bottom, right]) in (1..).zip(&boxes) {
            writeln!(text, "letter {nth}: rows {top} to {bottom}, columns {left} to {right}")
                .expect("writing to a string does not fail");
        }
        if length.is_some_and(|length| length != boxes.len()) {
            text.push_str("that is not as many as were asked for: there is too little ink\n");
        }
        text
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
