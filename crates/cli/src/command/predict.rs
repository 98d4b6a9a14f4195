//! `cenote predict`: what a checkpoint sees in images.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use cenote_experiment::{Prediction, Trained};
use image::DynamicImage;
use image::imageops::FilterType;
use serde_json::json;

use crate::args::Predict;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Predict) -> Result<ExitCode, Failure> {
    let trained = Trained::read(&args.checkpoint)?;
    let mut text = String::new();
    for file in &args.images {
        let prediction = trained.predict(&pixels(&trained, file)?)?;
        line(&mut text, args.json, &file.display().to_string(), &prediction, None);
    }
    if !args.test.is_empty() {
        let data = trained.data()?;
        for &position in &args.test {
            let index = usize::try_from(position).ok().filter(|&index| index < data.test.len());
            let Some(index) = index else {
                let last = data.test.len() - 1;
                let words = format!("--test {position}: {} has test images 0 to {last}", data.name);
                return Err(Failure::Usage(words));
            };
            let mut image = Vec::new();
            data.test.images().read(index, &mut image).map_err(cenote_experiment::Error::from)?;
            let prediction = trained.predict(&image)?;
            let truth = data.classes[data.test.labels()[index]].as_str();
            line(&mut text, args.json, &format!("test {index}"), &prediction, Some(truth));
        }
    }
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// An image file as the bytes `(C, H, W)` that the network takes: grey or RGB, scaled to its size.
pub(super) fn pixels(trained: &Trained, file: &Path) -> Result<Vec<u8>, Failure> {
    let refuse = |words: String| Failure::File(format!("{}: {words}", file.display()));
    let [channels, rows, columns] =
        trained.model.input().dims().try_into().map_err(|_| {
            refuse(format!("the network takes {}, not images", trained.model.input()))
        })?;
    let mut reader = image::ImageReader::open(file)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|error| refuse(format!("cannot be read: {error}")))?;
    // Far beyond any photograph, and small enough that a made-up header cannot take the memory.
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(512 << 20);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| {
        refuse(format!("{error}; expected a whole PNG, JPEG, BMP or PNM image"))
    })?;
    if (image.height() as usize, image.width() as usize) != (rows, columns) {
        screen::say(&format!(
            "{}: {}x{} pixels scaled to the network's {rows}x{columns}",
            file.display(),
            image.height(),
            image.width()
        ));
    }
    let fitted = image.resize_exact(columns as u32, rows as u32, FilterType::Triangle);
    planes(&fitted, channels)
        .ok_or_else(|| refuse(format!("the network takes {channels} channels")))
}

/// One plane of bytes per channel, for networks of grey or RGB images.
fn planes(image: &DynamicImage, channels: usize) -> Option<Vec<u8>> {
    match channels {
        1 => Some(image.to_luma8().into_raw()),
        3 => {
            let pixels = image.to_rgb8().into_raw();
            Some((0..3).flat_map(|c| pixels.iter().skip(c).step_by(3).copied()).collect())
        }
        _ => None,
    }
}

fn line(text: &mut String, json: bool, what: &str, seen: &Prediction, truth: Option<&str>) {
    let written = if json {
        let document = json!({
            "schema": "cenote.predict/1", "image": what, "label": seen.label, "class": seen.class,
            "probability": seen.probability, "probabilities": seen.probabilities, "truth": truth,
        });
        writeln!(text, "{document}")
    } else {
        let truth = truth.map_or_else(String::new, |truth| format!(" (it is {truth})"));
        writeln!(text, "{what}: {} {:.1} %{truth}", seen.class, 100.0 * seen.probability)
    };
    written.expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_image_becomes_one_plane_per_channel() {
        let image = image::RgbImage::from_vec(2, 1, vec![1, 2, 3, 4, 5, 6]).expect("6 bytes");
        let image = DynamicImage::ImageRgb8(image);
        assert_eq!(planes(&image, 3), Some(vec![1, 4, 2, 5, 3, 6]));
        assert_eq!(planes(&image, 4), None);
    }
}
