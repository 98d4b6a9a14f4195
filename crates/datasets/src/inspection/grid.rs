//! Some images of a set side by side, each with words under it.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops;
use image::{Rgb, RgbImage};

use super::font;
use crate::Mask;

/// The longest side of a tile, and of one that is drawn larger than it is.
const SIDE: u32 = 160;
const LARGE: u32 = 96;
/// Room for the words, and between tiles.
const WORDS: u32 = 16;
const GAP: u32 = 4;
/// Sides of boxes, and of masks.
const MARK: Rgb<u8> = Rgb([255, 32, 32]);

/// An image of a grid.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Bytes `(C, H, W)` of 1 or 3 channels; others are shown by their first.
    pub planes: Vec<u8>,
    /// `[c, h, w]`.
    pub shape: [usize; 3],
    /// What stands under it.
    pub words: String,
    /// Boxes on it, `[x1, y1, x2, y2]` in pixels.
    pub boxes: Vec<[f32; 4]>,
    /// What is object in it: its outline is drawn.
    pub mask: Option<Mask>,
}

/// Draws tiles row by row, `columns` of them in each, as a PNG.
///
/// Small images are enlarged by a whole number without smoothing, large ones made smaller. Where no value of any tile
/// reaches half of the range, as of sets that count from 0 to 16, all are stretched to it: else nothing would be seen.
pub fn grid(tiles: &[Tile], columns: usize) -> Vec<u8> {
    let columns = columns.clamp(1, tiles.len().max(1)) as u32;
    let largest = tiles.iter().flat_map(|tile| &tile.planes).copied().max().unwrap_or(0);
    let white = if (1..128).contains(&largest) { largest } else { 255 };
    let drawn: Vec<RgbImage> = tiles.iter().map(|tile| drawn(tile, white)).collect();
    let cell = |side: fn(&RgbImage) -> u32| drawn.iter().map(side).max().unwrap_or(0);
    let (width, height) = (cell(RgbImage::width).max(48) + GAP, cell(RgbImage::height) + WORDS);
    let rows = (tiles.len() as u32).div_ceil(columns);
    let mut sheet = RgbImage::from_pixel(columns * width + GAP, rows * height + GAP, Rgb([255; 3]));
    for ((index, tile), image) in (0_u32..).zip(tiles).zip(&drawn) {
        let left = index % columns * width + GAP;
        let top = index / columns * height + GAP;
        imageops::replace(&mut sheet, image, left.into(), top.into());
        let baseline = top + image.height() + WORDS - GAP;
        font::write(&mut sheet, &tile.words, [left, baseline], width - GAP);
    }
    // Sheets are kept in records and pages, where half the size is worth the time.
    let mut bytes = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    sheet.write_with_encoder(encoder).expect("a Vec takes any bytes");
    bytes
}

fn drawn(tile: &Tile, white: u8) -> RgbImage {
    let [c, h, w] = tile.shape;
    let value = |channel: usize, x: u32, y: u32| {
        let channel = if c == 3 { channel } else { 0 };
        let value = tile.planes[(channel * h + y as usize) * w + x as usize];
        (u16::from(value) * 255 / u16::from(white)) as u8
    };
    let image =
        RgbImage::from_fn(w as u32, h as u32, |x, y| Rgb([0, 1, 2].map(|k| value(k, x, y))));
    let longest = image.width().max(image.height()).max(1);
    let scale = if longest > SIDE {
        f64::from(SIDE) / f64::from(longest)
    } else {
        f64::from((LARGE / longest).max(1))
    };
    let size = [image.width(), image.height()].map(|side| (f64::from(side) * scale).round() as u32);
    let filter =
        if scale < 1.0 { imageops::FilterType::Triangle } else { imageops::FilterType::Nearest };
    let [width, height] = size.map(|side| side.max(1));
    let mut image = imageops::resize(&image, width, height, filter);
    if let Some(mask) = &tile.mask {
        outline(&mut image, mask);
    }
    for corners in &tile.boxes {
        mark(&mut image, corners.map(|side| f64::from(side) * scale));
    }
    image
}

/// Draws the pixels of a mask that have a neighbour outside of it, however large the image was made.
fn outline(image: &mut RgbImage, mask: &Mask) {
    let [rows, columns] = mask.size();
    let (width, height) = image.dimensions();
    let inside = |x: u32, y: u32| {
        let column = u64::from(x) * columns as u64 / u64::from(width);
        let row = u64::from(y) * rows as u64 / u64::from(height);
        mask.pixels()[row as usize * columns + column as usize]
    };
    let at_edge = |x: u32, y: u32| {
        let last = x + 1 == width || y + 1 == height || x == 0 || y == 0;
        last || !(inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1))
    };
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        if inside(x, y) && at_edge(x, y) {
            *pixel = MARK;
        }
    }
}

/// Draws the four sides of a box.
fn mark(image: &mut RgbImage, [x1, y1, x2, y2]: [f64; 4]) {
    let (across, down) = (image.width() - 1, image.height() - 1);
    let at = |side: f64, most: u32| (side.max(0.0) as u32).min(most);
    let (x1, x2) = (at(x1, across), at(x2 - 1.0, across));
    let (y1, y2) = (at(y1, down), at(y2 - 1.0, down));
    for x in x1..=x2.max(x1) {
        image.put_pixel(x, y1, MARK);
        image.put_pixel(x, y2.max(y1), MARK);
    }
    for y in y1..=y2.max(y1) {
        image.put_pixel(x1, y, MARK);
        image.put_pixel(x2.max(x1), y, MARK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_would_hardly_be_seen_are_stretched() {
        for (largest, seen) in [(16, 255), (127, 255), (128, 128), (255, 255)] {
            let planes = vec![0, largest];
            let tile = Tile {
                planes,
                shape: [1, 1, 2],
                words: String::new(),
                boxes: Vec::new(),
                mask: None,
            };
            let sheet = image::load_from_memory(&grid(&[tile], 1)).unwrap().into_rgb8();
            assert_eq!(
                (sheet.get_pixel(4, 4), sheet.get_pixel(60, 4)),
                (&Rgb([0; 3]), &Rgb([seen; 3]))
            );
        }
    }

    fn tile(shape: [usize; 3], words: &str) -> Tile {
        let planes = vec![200; shape.iter().product()];
        Tile { planes, shape, words: words.to_owned(), boxes: Vec::new(), mask: None }
    }

    #[test]
    fn tiles_stand_in_rows_with_their_words_under_them() {
        let tiles = [tile([1, 8, 8], "zero"), tile([3, 8, 8], "ünïcode"), tile([1, 8, 8], "")];
        let sheet = image::load_from_memory(&grid(&tiles, 2)).unwrap().into_rgb8();
        // 8 pixels become 96; two columns and two rows.
        assert_eq!(sheet.dimensions(), (2 * 100 + 4, 2 * 112 + 4));
        assert_eq!(sheet.get_pixel(4, 4), &Rgb([200; 3]));
        let dark = |rows: std::ops::Range<u32>, columns: std::ops::Range<u32>| {
            let cells = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
            cells.filter(|&(x, y)| sheet.get_pixel(x, y).0[0] < 100).count()
        };
        assert!(dark(100..116, 0..100) > 20, "words are drawn");
        assert_eq!(dark(212..228, 0..100), 0, "no words, no ink");
    }

    #[test]
    fn masks_are_drawn_as_their_outline() {
        let mut masked = tile([1, 4, 4], "mask");
        let inside = (0..16).map(|at| at / 4 > 0 && at % 4 > 0).collect();
        masked.mask = Some(Mask::new([4, 4], inside));
        let sheet = image::load_from_memory(&grid(&[masked], 1)).unwrap().into_rgb8();
        // Pixels of 24; the mask begins at 24 and ends at the side.
        let seen = [(23, 50), (24, 50), (25, 50), (95, 50), (60, 24)]
            .map(|(x, y)| sheet.get_pixel(4 + x, 4 + y) == &MARK);
        assert_eq!(seen, [false, true, false, true, true]);
    }

    #[test]
    fn boxes_are_marked_where_they_are() {
        let mut boxed = tile([1, 200, 320], "box");
        boxed.boxes = vec![[0.0, 0.0, 320.0, 200.0], [-5.0, 500.0, 900.0, 900.0]];
        let sheet = image::load_from_memory(&grid(&[boxed], 5)).unwrap().into_rgb8();
        assert_eq!(sheet.get_pixel(4, 4), &MARK);
        assert_eq!(sheet.get_pixel(4 + 159, 4 + 99), &MARK);
        assert!(!grid(&[], 3).is_empty());
    }
}
