//! A picture of what a segmentation did.

use super::{Segmented, letter};

/// Colours of pieces, in turn.
const COLOURS: [[u8; 3]; 6] =
    [[214, 39, 40], [31, 119, 180], [44, 160, 44], [255, 127, 14], [148, 103, 189], [23, 190, 207]];
/// Pixels between the parts.
const SPACE: usize = 4;

/// The grey image, the ink in the colours of its pieces with their bounds, and the letters, one below the other.
///
/// Ink that belongs to no piece is grey. Returns bytes `(C, H, W)` of three channels, and their shape.
///
/// ```
/// use cenote_datasets::{Plane, Segmentation, draw, png};
///
/// let grey = Plane::new(3, 5, vec![9, 0, 9, 0, 9, 9, 0, 9, 0, 9, 9, 0, 9, 0, 9])?;
/// let found = Segmentation::default().segment(&grey, None)?;
/// let (planes, shape) = draw(&found, 12);
/// assert!(png(shape, &planes).starts_with(b"\x89PNG"));
/// # Ok::<(), cenote_datasets::Error>(())
/// ```
pub fn draw(segmented: &Segmented, side: u32) -> (Vec<u8>, [usize; 3]) {
    let (rows, columns) = (segmented.grey.rows(), segmented.grey.columns());
    // Small images are drawn larger, so that one sees single pixels.
    let scale = (480 / columns).clamp(1, 4);
    let side = side as usize;
    let per_line = ((columns * scale + SPACE) / (side + SPACE)).max(1);
    let lines = segmented.pieces.len().div_ceil(per_line);
    let width = (columns * scale).max(side);
    let height = 2 * rows * scale + SPACE + lines * (side + SPACE);
    let mut canvas = Canvas { size: [height, width], planes: vec![255; 3 * height * width] };
    let below = rows * scale + SPACE;
    for row in 0..rows {
        for column in 0..columns {
            canvas.block([0, 0], [row, column], scale, [segmented.grey.at(row, column); 3]);
            if segmented.ink.at(row, column) {
                canvas.block([below, 0], [row, column], scale, [190; 3]);
            }
        }
    }
    for (nth, piece) in segmented.pieces.iter().enumerate() {
        let colour = COLOURS[nth % COLOURS.len()];
        for &pixel in &piece.pixels {
            canvas.block([below, 0], pixel, scale, colour);
        }
        let [top, left, bottom, right] = piece.bounds().map(|place| place * scale);
        canvas.frame([below + top, left, below + bottom, right], colour);
        canvas.frame([top, left, bottom, right], colour);
        let corner = [
            2 * rows * scale + 2 * SPACE + nth / per_line * (side + SPACE),
            nth % per_line * (side + SPACE),
        ];
        for (at, grey) in letter(segmented, piece, side as u32).into_iter().enumerate() {
            canvas.put([corner[0] + at / side, corner[1] + at % side], [grey; 3]);
        }
    }
    (canvas.planes, [3, height, width])
}

struct Canvas {
    size: [usize; 2],
    planes: Vec<u8>,
}

impl Canvas {
    fn put(&mut self, [row, column]: [usize; 2], colour: [u8; 3]) {
        let [height, width] = self.size;
        if row < height && column < width {
            for (channel, value) in colour.into_iter().enumerate() {
                self.planes[(channel * height + row) * width + column] = value;
            }
        }
    }

    /// A pixel of the image as a square.
    fn block(&mut self, from: [usize; 2], pixel: [usize; 2], scale: usize, colour: [u8; 3]) {
        for at in 0..scale * scale {
            let [row, column] = [at / scale, at % scale];
            self.put(
                [from[0] + pixel[0] * scale + row, from[1] + pixel[1] * scale + column],
                colour,
            );
        }
    }

    fn frame(&mut self, [top, left, bottom, right]: [usize; 4], colour: [u8; 3]) {
        for column in left..right {
            self.put([top, column], colour);
            self.put([bottom - 1, column], colour);
        }
        for row in top..bottom {
            self.put([row, left], colour);
            self.put([row, right - 1], colour);
        }
    }
}
