//! The image of one letter as a network takes it.

use image::imageops::{FilterType, resize};
use image::{GrayImage, Luma};

use super::{Piece, Segmented};

/// Paper around a letter, as a share of its longer side.
const MARGIN: f64 = 0.1;

/// The letter in its own grey on white paper, in the middle of a square of `side` pixels, with its proportions.
///
/// Letters of a line that was cut by its columns are all drawn at one scale and stand where they stood in its rows: a stroke that
/// a cut left at a letter then changes neither, and an `m` is wider than an `n`.
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
    let [top, bottom] = segmented.line.unwrap_or([top, bottom]);
    let widest = match segmented.line {
        Some(_) => segmented.pieces.iter().map(Piece::width).max().unwrap_or(0),
        None => right - left,
    };
    let longer = (bottom - top).max(widest);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cut, Plane, Segmentation};

    /// Columns of a letter's image that hold ink.
    fn inked(letter: &[u8], side: usize) -> usize {
        (0..side).filter(|&column| (0..side).any(|row| letter[row * side + column] < 128)).count()
    }

    #[test]
    fn letters_of_a_line_cut_by_its_columns_are_drawn_at_one_scale_where_they_stood_in_its_rows() {
        // A block of two rows and four columns on the line, and one of four rows and eight columns.
        let at = |row: usize, column: usize| match column {
            2..6 => (5..7).contains(&row),
            12..20 => (3..7).contains(&row),
            _ => false,
        };
        let values = (0..10 * 22).map(|i| if at(i / 22, i % 22) { 0 } else { 255 }).collect();
        let grey = Plane::new(10, 22, values).expect("as many values");
        let drawn = |cut: Cut| {
            let found = Segmentation { cut, ..Segmentation::default() }.segment(&grey, Some(2));
            let found = found.expect("usual settings");
            let letters = found.pieces.iter().map(|piece| letter(&found, piece, 20));
            let drawn = letters.map(|letter| {
                let first = letter.iter().position(|&grey| grey < 128).expect("some ink");
                [inked(&letter, 20), first / 20]
            });
            drawn.collect::<Vec<_>>()
        };
        assert_eq!(
            drawn(Cut::Columns),
            [[8, 10], [16, 6]],
            "columns, and the first row, of squares of 10"
        );
        assert_eq!(drawn(Cut::Components)[0][0], 14, "as large as it can be");
    }
}
