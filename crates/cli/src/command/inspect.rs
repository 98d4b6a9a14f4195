//! `cenote inspect`: one image through a trained network, as a sheet of pictures.

use std::process::ExitCode;

use cenote_datasets::{Tile, grid};
use cenote_evidence::write_file;
use cenote_experiment::{Inspection, Trained};

use super::predict::pixels;
use crate::args::Inspect;
use crate::failure::Failure;
use crate::screen;

/// Pictures in a row of the sheet.
const COLUMNS: usize = 8;

pub(super) fn run(args: &Inspect) -> Result<ExitCode, Failure> {
    let trained = Trained::read(&args.checkpoint)?;
    let image = pixels(&trained, &args.image)?;
    let inspection = trained.inspect(&image, &trained.data()?)?;
    let shape = trained.model.input().dims().try_into().expect("pixels are of images");
    let sheet = grid(&tiles(&inspection, image, shape, args.maps), COLUMNS);
    let name = args.out.file_name().and_then(|name| name.to_str());
    let name = name
        .ok_or_else(|| Failure::Usage(format!("--out {}: expected a file", args.out.display())))?;
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    write_file(folder.unwrap_or_else(|| std::path::Path::new(".")), name, &sheet)?;
    let seen = &inspection.prediction;
    let text = format!(
        "{}: {} {:.1} %\n{}: the image, what the answer hangs on, the receptive field, and up to {} maps of each of {} layers\n",
        args.image.display(),
        seen.class,
        100.0 * seen.probability,
        args.out.display(),
        args.maps,
        inspection.layers.len()
    );
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The image, its maps of evidence, the field, and the first maps of each layer.
fn tiles(seen: &Inspection, image: Vec<u8>, shape: [usize; 3], maps: usize) -> Vec<Tile> {
    let [_, rows, columns] = shape;
    let tile = |planes, shape, words: &str| Tile {
        planes,
        shape,
        words: words.to_owned(),
        boxes: Vec::new(),
        mask: None,
    };
    let plane = |values: &[f64], words: &str| tile(bytes(values), [1, rows, columns], words);
    let mut tiles = vec![tile(image, shape, &seen.prediction.class)];
    tiles.extend(seen.saliency.iter().map(|(method, map)| plane(map, method)));
    tiles.push(plane(&seen.field, "field"));
    for layer in &seen.layers {
        let [_, rows, columns] = layer.shape;
        for (nth, map) in layer.values.chunks(rows * columns).take(maps).enumerate() {
            let values: Vec<f64> = map.iter().map(|&value| f64::from(value)).collect();
            tiles.push(tile(bytes(&values), [1, rows, columns], &format!("{} {nth}", layer.path)));
        }
    }
    tiles
}

/// Values as brightness, from the smallest to the largest.
fn bytes(values: &[f64]) -> Vec<u8> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let range = values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low;
    let byte =
        |value: &f64| if range > 0.0 { (255.0 * (value - low) / range).round() as u8 } else { 0 };
    values.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_bytes_from_the_smallest_to_the_largest() {
        assert_eq!(bytes(&[-1.0, 0.0, 3.0]), [0, 64, 255]);
        assert_eq!(bytes(&[2.0, 2.0]), [0, 0]);
    }
}
