//! The image of one letter as a network takes it.

use image::imageops::{FilterType, resize};
use image::{GrayImage, Luma};

use super::{Piece, Segmented};

/// Paper around a letter, as a share of its longer side.
const MARGIN: f64 = 0.1;

/// The letter in its own grey on white paper, in the middle of a square of `side` pixels, with its proportions.
///
/// Only pixels of the piece and their neighbours are taken, so that what reaches into the same rows and columns from a
/// letter beside it stays out.
///
/// # Panics
///
/// When the piece has no pixel or lies outside of the image that was segmented.
pub fn letter(segmented: &Segmented, piece: &Piece, side: u32) -> Vec<u8> {
    let grey = &segmented.grey;
    let [top, left, bottom, right] = piece.bounds();
    let longer = (bottom - top).max(right - left);
    let margin = ((longer as f64 * MARGIN).round() as usize).max(1);
    let square = longer + 2 * margin;
    // Where the piece begins in the square.
    let down = margin + (longer - (bottom - top)) / 2;
    let across = margin + (longer - (right - left)) / 2;
    let mut canvas = GrayImage::from_pixel(square as u32, square as u32, Luma([255]));
    for &[row, column] in &piece.pixels {
        for row in row.saturating_sub(1)..(row + 2).min(grey.rows()) {
            for column in column.saturating_sub(1)..(column + 2).min(grey.columns()) {
                let own = piece.pixels.binary_search(&[row, column]).is_ok();
                if own || !segmented.ink.at(row, column) {
                    let (y, x) = (row + down - top, column + across - left);
                    canvas.put_pixel(x as u32, y as u32, Luma([grey.at(row, column)]));
                }
            }
        }
    }
    resize(&canvas, side, side, FilterType::Triangle).into_raw()
}
