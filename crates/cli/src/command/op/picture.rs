//! Pictures in and out: an image file as one example of maps, and maps as a PNG.

use std::io::Cursor;
use std::path::Path;

use cenote_tensor::{Scalar, Tensor};
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, RgbImage};

use crate::command::files::refused;
use crate::failure::Failure;

/// The most pixels on a side of a picture that is written.
const MOST_SIDE: usize = 16_384;

/// Reads the bytes of an image file.
pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<DynamicImage, Failure> {
    let mut reader = image::ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .expect("reading from memory does not fail");
    // Far beyond any photograph, and small enough that a made-up header cannot take the memory.
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(512 << 20);
    reader.limits(limits);
    reader.decode().map_err(|error| {
        let fits = "expected a .npy array or a whole PNG, JPEG, BMP or PNM image";
        refused(path, format!("{error}; {fits}"))
    })
}

/// The image as a batch of one: a plane of values from 0 to 1 per channel, grey or RGB.
pub(super) fn planes(image: &DynamicImage) -> Tensor {
    let (rows, columns) = (image.height() as usize, image.width() as usize);
    let (channels, pixels) = if image.color().has_color() {
        (3, image.to_rgb8().into_raw())
    } else {
        (1, image.to_luma8().into_raw())
    };
    let area = rows * columns;
    Tensor::from_fn([1, channels, rows, columns], |i| {
        Scalar::from(pixels[(i % area) * channels + i / area]) / 255.0
    })
}

/// The image made smaller until no side is longer than `most`, and sides cut to a multiple of `unit`.
pub(super) fn fitted(image: &DynamicImage, most: u32, unit: u32) -> DynamicImage {
    let longest = image.width().max(image.height()).max(1);
    let side = |side: u32| {
        let scaled = f64::from(side) * f64::from(most.min(longest)) / f64::from(longest);
        (scaled.round() as u32 / unit).max(1) * unit
    };
    image.resize_exact(side(image.width()), side(image.height()), FilterType::Triangle)
}

/// How values become brightness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// 0 is black and 1 is white.
    Unit,
    /// From the smallest value to the largest.
    Range(Scalar, Scalar),
    /// 0 is mid grey, and this magnitude black or white.
    Signed(Scalar),
}

impl Scale {
    /// The unit scale where it holds all values, else their range.
    pub(super) fn of(values: &[Scalar]) -> Self {
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let low = finite().fold(Scalar::INFINITY, Scalar::min);
        let high = finite().fold(Scalar::NEG_INFINITY, Scalar::max);
        // Weights that add up to 1 may do so up to rounding.
        if low >= -1e-5 && high <= 1.0 + 1e-5 || low > high {
            Self::Unit
        } else {
            Self::Range(low, high)
        }
    }

    /// Mid grey for 0, for gradients.
    pub(super) fn signed(values: &[Scalar]) -> Self {
        let finite = values.iter().map(|value| value.abs()).filter(|value| value.is_finite());
        Self::Signed(finite.fold(0.0, Scalar::max))
    }

    fn brightness(self, value: Scalar) -> u8 {
        let share = match self {
            Self::Unit => value,
            Self::Range(low, high) => (value - low) / (high - low),
            Self::Signed(0.0) => 0.5,
            Self::Signed(most) => 0.5 + 0.5 * value / most,
        };
        // A value that is no number is black.
        (255.0 * share.clamp(0.0, 1.0)).round() as u8
    }
}

/// The first example of a batch as a PNG: one or three channels as grey or RGB, more of them as grey
/// tiles from left to right and top to bottom, a vector as one line of pixels.
pub(super) fn png(batch: &Tensor, scale: Scale) -> Result<Vec<u8>, String> {
    let (channels, rows, columns) = match *batch.dims() {
        [n, channels, rows, columns] if n > 0 => (channels, rows, columns),
        [n, channels] if n > 0 => (channels, 1, 1),
        _ => return Err(format!("{} is no picture", batch.shape())),
    };
    let tiles = if channels == 3 { 1 } else { channels };
    // Vectors lie in one line, maps in a block that is about as wide as high.
    let across = if rows * columns == 1 { tiles } else { (tiles as f64).sqrt().ceil() as usize };
    let down = tiles.div_ceil(across);
    let (width, height) = (across * columns, down * rows);
    if width.max(height) > MOST_SIDE {
        return Err(format!("{} makes a picture of more than {MOST_SIDE} pixels", batch.shape()));
    }
    let values = &batch.as_slice()[..channels * rows * columns];
    let pixels = RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let (x, y) = (x as usize, y as usize);
        let tile = y / rows * across + x / columns;
        let at = |channel: usize| {
            let cell = (channel * rows + y % rows) * columns + x % columns;
            values.get(cell).map_or(0, |&value| scale.brightness(value))
        };
        image::Rgb(if channels == 3 { [at(0), at(1), at(2)] } else { [at(tile); 3] })
    });
    let image = DynamicImage::ImageRgb8(pixels);
    let image = if channels == 3 { image } else { DynamicImage::ImageLuma8(image.to_luma8()) };
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).map_err(|error| error.to_string())?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_survives_being_a_tensor() {
        let pixels = vec![0, 51, 102, 153, 204, 255, 1, 2, 3, 250, 251, 252];
        let image = RgbImage::from_vec(2, 2, pixels.clone()).expect("12 bytes");
        let x = planes(&DynamicImage::ImageRgb8(image));
        assert_eq!(x.dims(), [1, 3, 2, 2]);
        assert_eq!(x.as_slice()[..2], [0.0, 0.6], "red of the first row");
        let bytes = png(&x, Scale::of(x.as_slice())).expect("a picture");
        let back = decode(&bytes, Path::new("x.png")).expect("just written");
        assert_eq!(back.to_rgb8().into_raw(), pixels);
    }

    #[test]
    fn channels_that_are_no_colours_lie_side_by_side() {
        let x = Tensor::from_fn([1, 2, 1, 2], |i| i as Scalar / 3.0);
        let bytes = png(&x, Scale::Unit).expect("a picture");
        let back = decode(&bytes, Path::new("x.png")).expect("just written");
        assert_eq!((back.width(), back.height()), (4, 1));
        assert_eq!(back.to_luma8().into_raw(), [0, 85, 170, 255]);
        let vector = Tensor::from_fn([1, 5], |i| i as Scalar);
        let bytes = png(&vector, Scale::of(vector.as_slice())).expect("a picture");
        let back = decode(&bytes, Path::new("x.png")).expect("just written");
        assert_eq!((back.width(), back.height()), (5, 1));
    }

    #[test]
    fn values_that_are_no_numbers_are_black() {
        assert_eq!(Scale::Unit.brightness(Scalar::NAN), 0);
        assert_eq!(Scale::of(&[Scalar::NAN, 3.0, -1.0]), Scale::Range(-1.0, 3.0));
        assert_eq!(Scale::of(&[Scalar::NAN]), Scale::Unit);
        assert_eq!(Scale::signed(&[0.0]).brightness(0.0), 128);
    }

    #[test]
    fn a_large_image_is_made_smaller_and_keeps_its_proportions() {
        let image = DynamicImage::new_rgb8(1000, 500);
        let small = fitted(&image, 128, 8);
        assert_eq!((small.width(), small.height()), (128, 64));
        let tiny = fitted(&DynamicImage::new_luma8(3, 90), 128, 8);
        assert_eq!((tiny.width(), tiny.height()), (8, 88));
    }
}
