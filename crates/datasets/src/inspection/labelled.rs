//! An image with boxes on it, and words at each.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use super::font;

/// A box to be drawn.
#[derive(Clone, Debug)]
pub struct Label {
    /// `[x1, y1, x2, y2]` in pixels.
    pub corners: [f64; 4],
    /// What stands above it.
    pub words: String,
    /// Which of eight colours it has, again from the first behind the last.
    pub colour: usize,
}

/// Height of the bar that words stand on.
const BAR: u32 = 13;

/// Okabe and Ito's colours, which colour-blind people can tell apart, without black and with a light grey.
const COLOURS: [[u8; 3]; 8] = [
    [213, 94, 0],
    [86, 180, 233],
    [240, 228, 66],
    [0, 158, 115],
    [204, 121, 167],
    [230, 159, 0],
    [0, 114, 178],
    [200, 200, 200],
];

/// Draws boxes and words on an image of bytes `(C, H, W)` of 1 or 3 channels, the last label first, as a PNG.
///
/// Words stand on a bar above their box, or within it where there is no room. Small images are made larger by a whole
/// number, so that words can be read.
///
/// # Panics
///
/// When the bytes are not of the shape `[c, h, w]`, or it has another number of channels or no pixel.
pub fn labelled(shape: [usize; 3], planes: &[u8], labels: &[Label]) -> Vec<u8> {
    let [channels, rows, columns] = shape;
    let area = rows * columns;
    assert!(
        matches!(channels, 1 | 3) && area > 0 && planes.len() == channels * area,
        "{} bytes are no image of {shape:?}",
        planes.len()
    );
    let scale = (400 / rows.max(columns)).clamp(1, 6);
    let [high, wide] = [rows, columns].map(|side| (side * scale) as u32);
    let mut image = RgbImage::from_fn(wide, high, |x, y| {
        let at = (y as usize / scale) * columns + x as usize / scale;
        Rgb([0, 1, 2].map(|channel| planes[(channel % channels) * area + at]))
    });
    for label in labels.iter().rev() {
        draw(&mut image, label, scale as f64);
    }
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("a Vec takes any bytes");
    bytes.into_inner()
}

fn draw(image: &mut RgbImage, label: &Label, scale: f64) {
    let (across, down) = (image.width() - 1, image.height() - 1);
    let place = |side: f64, most: u32| ((side * scale).max(0.0) as u32).min(most);
    let [x1, y1, x2, y2] = label.corners;
    let [left, right] = [place(x1, across), place(x2 - 1.0 / scale, across)];
    let [top, bottom] = [place(y1, down), place(y2 - 1.0 / scale, down)];
    let (right, bottom) = (right.max(left), bottom.max(top));
    let colour = Rgb(COLOURS[label.colour % COLOURS.len()]);
    for x in left..=right {
        image.put_pixel(x, top, colour);
        image.put_pixel(x, bottom, colour);
    }
    for y in top..=bottom {
        image.put_pixel(left, y, colour);
        image.put_pixel(right, y, colour);
    }
    let room = image.width() - left;
    let wide = (font::width(&label.words).ceil() as u32 + 4).min(room);
    let bar = if top >= BAR { top - BAR } else { top };
    for y in bar..(bar + BAR).min(image.height()) {
        for x in left..left + wide {
            image.put_pixel(x, y, colour);
        }
    }
    font::write(image, &label.words, [left + 2, bar + BAR - 3], wide.saturating_sub(3));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channels, Picture};

    #[test]
    fn sides_are_drawn_where_the_box_is_and_nothing_far_from_it() {
        let label = |corners| Label { corners, words: "cell 0.97".to_owned(), colour: 0 };
        let png = labelled([1, 400, 400], &vec![7; 160_000], &[label([100.0, 50.0, 200.0, 90.0])]);
        let (planes, size) = Picture::bytes("p".to_owned(), png).decode(Channels::Rgb).unwrap();
        assert_eq!(size, [400, 400]);
        let at = |x: usize, y: usize| [0, 1, 2].map(|c| planes[c * 160_000 + y * 400 + x]);
        for (x, y) in [(100, 50), (199, 50), (100, 89), (199, 89), (150, 89), (102, 38)] {
            assert_eq!(at(x, y), COLOURS[0], "({x}, {y})");
        }
        for (x, y) in [(99, 60), (200, 60), (150, 60), (150, 90), (300, 300)] {
            assert_eq!(at(x, y), [7; 3], "({x}, {y})");
        }
    }

    #[test]
    fn boxes_beyond_the_image_and_without_area_are_drawn_within_it() {
        let corners = [[-9.0, -9.0, 99.0, 99.0], [5.0, 5.0, 5.0, 5.0], [99.0, 99.0, 120.0, 120.0]];
        let label =
            |corners| Label { corners, words: "a long name of a class".to_owned(), colour: 9 };
        let png = labelled([3, 2, 3], &[0; 18], &corners.map(label));
        assert_eq!(Picture::bytes("p".to_owned(), png).size().unwrap(), [12, 18]);
    }
}
