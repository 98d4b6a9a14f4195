//! Single images, of files or of archives or drawn, decoded when they are asked for.
//!
//! PNG, JPEG, WebP and BMP are read, known by their first bytes whatever they are called, and become bytes, 8 bits a
//! channel:
//!
//! | what the file holds | what becomes of it |
//! |---|---|
//! | a palette | its colours |
//! | 16 bits a channel | the nearest of 256 values |
//! | CMYK or YCCK (JPEG) | red, green and blue, `(255 − C)(255 − K) / 255` and so on, without a colour profile |
//! | transparency | dropped; the colour under it stays |
//! | several frames | the first |
//! | an orientation in EXIF | left alone: pixels stay as they are stored |
//!
//! Sizes are looked at before anything is decoded: a side has at most 16,384 pixels, and an image takes at most 512 MiB and
//! at most 4 MiB and 2,048 times the length of its file, more than any photo is packed.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, ImageFormat, ImageReader, Limits, RgbImage};
use serde::{Deserialize, Serialize};

use crate::synthetic::Drawing;
use crate::{Composition, Error};

/// Endings of the names of images, in lower case.
pub(crate) const ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];
/// The longest side of an image.
const MOST_SIDE: u32 = 16_384;
/// What decoding one image may take.
const MOST_BYTES: u64 = 512 << 20;
/// What an image of any file may take, and how much more for each byte of its file.
const PLAIN_BYTES: u64 = 4 << 20;
const EXPANSION: u64 = 2_048;

/// What a pixel is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// Red, green and blue; grey images have the same three times.
    #[default]
    Rgb,
    /// The luma of colours.
    Grey,
}

impl Channels {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Self::Rgb => 3,
            Self::Grey => 1,
        }
    }
}

/// An image that is decoded when it is asked for.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What errors call it.
    name: String,
    stored: Stored,
}

#[derive(Clone, Debug)]
enum Stored {
    File(PathBuf),
    Bytes(Arc<[u8]>),
    /// An image that is drawn, and which.
    Drawn(Arc<dyn Drawing>, usize),
}

impl Picture {
    /// The image in a file.
    pub fn file(path: PathBuf) -> Self {
        Self { name: path.display().to_string(), stored: Stored::File(path) }
    }

    /// The image in the bytes of a file; `name` is what errors call it.
    pub fn bytes(name: String, bytes: Vec<u8>) -> Self {
        Self { name, stored: Stored::Bytes(bytes.into()) }
    }

    /// An image that is drawn each time it is asked for.
    pub(crate) fn drawn(name: String, by: Arc<dyn Drawing>, index: usize) -> Self {
        Self { name, stored: Stored::Drawn(by, index) }
    }

    /// How it was put together, drawn again; `None` if it is not drawn.
    pub fn composition(&self) -> Option<Result<Composition, Error>> {
        match &self.stored {
            Stored::Drawn(by, index) => Some(by.compose(*index)),
            Stored::File(_) | Stored::Bytes(_) => None,
        }
    }

    /// What errors call it: its path, or the archive and the name in it, or what it is drawn as.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `[rows, columns]` as its header says.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no image, or has no pixel or a side that is too long.
    pub fn size(&self) -> Result<[u32; 2], Error> {
        let size = match &self.stored {
            Stored::File(path) => dimensions(&self.name, open(path)?),
            Stored::Bytes(bytes) => dimensions(&self.name, Cursor::new(bytes)),
            Stored::Drawn(by, _) => Ok([1, 2].map(|axis| by.shape()[axis] as u32)),
        };
        let [rows, columns] = size?;
        if (1..=MOST_SIDE).contains(&rows) && (1..=MOST_SIDE).contains(&columns) {
            return Ok([rows, columns]);
        }
        Err(Error::Format {
            file: self.name.clone(),
            what: "size",
            got: format!("{rows}x{columns}"),
            expected: format!("sides of 1 to {MOST_SIDE} pixels"),
        })
    }

    /// Decodes it; returns its bytes `(C, H, W)` and `[rows, columns]`.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is not a whole image.
    pub fn decode(&self, channels: Channels) -> Result<(Vec<u8>, [u32; 2]), Error> {
        let image = self.decoded()?;
        let size = [image.height(), image.width()];
        Ok((planes(image, channels), size))
    }

    /// Decodes it and scales it to `[rows, columns]` by a triangle filter, whatever its proportions; returns its bytes
    /// `(C, H, W)` and the size it had.
    ///
    /// # Errors
    ///
    /// As [`Picture::decode`].
    pub fn scaled(&self, channels: Channels, size: [u32; 2]) -> Result<(Vec<u8>, [u32; 2]), Error> {
        let mut image = self.decoded()?;
        let was = [image.height(), image.width()];
        if was != size {
            image = image.resize_exact(size[1], size[0], FilterType::Triangle);
        }
        Ok((planes(image, channels), was))
    }

    fn decoded(&self) -> Result<DynamicImage, Error> {
        match &self.stored {
            Stored::File(path) => {
                let unreadable = |source| Error::Read { file: self.name.clone(), source };
                self.check(path.metadata().map_err(unreadable)?.len())?;
                decode(&self.name, open(path)?)
            }
            Stored::Bytes(bytes) => {
                self.check(bytes.len() as u64)?;
                decode(&self.name, Cursor::new(bytes))
            }
            Stored::Drawn(by, index) => {
                let drawn = by.compose(*index)?;
                Ok(image(drawn.shape(), &drawn.image()))
            }
        }
    }

    /// Refuses a size that a file of this length cannot have.
    fn check(&self, length: u64) -> Result<(), Error> {
        let [rows, columns] = self.size()?;
        let most = length.saturating_mul(EXPANSION).saturating_add(PLAIN_BYTES).min(MOST_BYTES);
        if u64::from(rows) * u64::from(columns) * 3 > most {
            return Err(Error::Format {
                file: self.name.clone(),
                what: "size",
                got: format!("{rows}x{columns} in a file of {length} bytes"),
                expected: format!("at most {most} bytes of pixels"),
            });
        }
        Ok(())
    }
}

/// Bytes `(C, H, W)` of 1 or 3 channels as a PNG.
///
/// # Panics
///
/// When they are not of the shape `[c, h, w]`, or it has another number of channels or no pixel.
pub fn png(shape: [usize; 3], planes: &[u8]) -> Vec<u8> {
    assert!(
        matches!(shape[0], 1 | 3) && planes.len() == shape.iter().product::<usize>(),
        "{} bytes are no image of {shape:?}",
        planes.len()
    );
    let mut bytes = Cursor::new(Vec::new());
    image(shape, planes).write_to(&mut bytes, ImageFormat::Png).expect("a Vec takes any bytes");
    bytes.into_inner()
}

/// Whether a file is an image by its name.
pub(crate) fn is_image(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

/// Opens a plain file; a pipe or a device would keep its reader waiting.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, Error> {
    let unreadable = |source| Error::Read { file: path.display().to_string(), source };
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(Error::Format {
            file: path.display().to_string(),
            what: "entry",
            got: "a folder, a pipe or a device".to_owned(),
            expected: "a plain file".to_owned(),
        });
    }
    Ok(BufReader::new(File::open(path).map_err(unreadable)?))
}

fn reader<R: BufRead + Seek>(name: &str, bytes: R) -> Result<ImageReader<R>, Error> {
    let unreadable = |source| Error::Read { file: name.to_owned(), source };
    ImageReader::new(bytes).with_guessed_format().map_err(unreadable)
}

fn no_image(name: &str, error: &image::ImageError) -> Error {
    Error::Format {
        file: name.to_owned(),
        what: "image",
        got: error.to_string(),
        expected: "a whole PNG, JPEG, WebP or BMP".to_owned(),
    }
}

fn dimensions(name: &str, bytes: impl BufRead + Seek) -> Result<[u32; 2], Error> {
    let size = reader(name, bytes)?.into_dimensions();
    size.map(|(columns, rows)| [rows, columns]).map_err(|error| no_image(name, &error))
}

fn decode(name: &str, bytes: impl BufRead + Seek) -> Result<DynamicImage, Error> {
    let mut reader = reader(name, bytes)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| no_image(name, &error))
}

/// Bytes `(C, H, W)` of 1 or 3 channels as an image.
fn image([channels, rows, columns]: [usize; 3], planes: &[u8]) -> DynamicImage {
    let (size, area) = ((columns as u32, rows as u32), rows * columns);
    let fits = "one or three planes of one size";
    if channels == 1 {
        return GrayImage::from_raw(size.0, size.1, planes.to_vec()).expect(fits).into();
    }
    let pixels = (0..area).flat_map(|at| [0, 1, 2].map(|channel| planes[channel * area + at]));
    RgbImage::from_raw(size.0, size.1, pixels.collect()).expect(fits).into()
}

/// The bytes `(C, H, W)` of an image.
fn planes(image: DynamicImage, channels: Channels) -> Vec<u8> {
    match channels {
        Channels::Grey => image.into_luma8().into_raw(),
        Channels::Rgb => {
            let pixels = image.into_rgb8().into_raw();
            (0..3).flat_map(|channel| pixels.iter().skip(channel).step_by(3)).copied().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgba, RgbaImage};

    use super::*;

    fn stored(image: impl Into<DynamicImage>, format: ImageFormat) -> Picture {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, format).unwrap();
        Picture::bytes("a".to_owned(), bytes.into_inner())
    }

    #[test]
    fn depth_and_transparency_follow_the_table() {
        let deep = stored(ImageBuffer::from_pixel(1, 1, Luma([0x80FF_u16])), ImageFormat::Png);
        assert_eq!(deep.decode(Channels::Grey).unwrap(), (vec![0x80], [1, 1]));
        let clear = stored(RgbaImage::from_pixel(1, 1, Rgba([9, 8, 7, 0])), ImageFormat::Png);
        assert_eq!(clear.decode(Channels::Rgb).unwrap().0, [9, 8, 7]);
    }

    #[test]
    fn planes_are_the_same_after_a_png() {
        let planes: Vec<u8> = (0..18).map(|at| at * 14).collect();
        for (shape, channels) in [([1, 6, 3], Channels::Grey), ([3, 2, 3], Channels::Rgb)] {
            let read = Picture::bytes("a".to_owned(), png(shape, &planes)).decode(channels);
            assert_eq!(read.unwrap(), (planes.clone(), [shape[1] as u32, 3]));
        }
    }

    #[test]
    fn palettes_and_cmyk_become_the_colours_that_pillow_sees() {
        // Written by Pillow 13 in tests/pictures/pictures.py, which prints what Pillow reads from them.
        let palette = Picture::bytes(
            "p".to_owned(),
            include_bytes!("../tests/pictures/palette.png").to_vec(),
        );
        assert_eq!(palette.decode(Channels::Rgb).unwrap().0, [250, 10, 20, 130, 30, 240]);
        let cmyk =
            Picture::bytes("c".to_owned(), include_bytes!("../tests/pictures/cmyk.jpg").to_vec());
        let (planes, size) = cmyk.decode(Channels::Rgb).unwrap();
        assert_eq!(size, [8, 16]);
        let seen = [planes[0], planes[128], planes[256]].map(i32::from);
        let expected = include!("../tests/pictures/cmyk.txt");
        assert!(seen.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 2), "{seen:?}");
    }

    #[test]
    fn a_size_that_a_file_of_this_length_cannot_have_is_refused() {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(GrayImage::new(64, 64)).write_to(&mut bytes, ImageFormat::Png).unwrap();
        let mut bytes = bytes.into_inner();
        // Width and height of the header, whose checksum is then made to fit.
        bytes[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = Picture::bytes("a".to_owned(), bytes).decode(Channels::Grey).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("a: size is 16384x16384 in a file of"), "{error}");
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Picture::file(folder.path().to_owned()).size().unwrap_err().to_string();
        assert!(error.ends_with("entry is a folder, a pipe or a device; expected a plain file"));
        let absent = Picture::file(folder.path().join("no.png")).decode(Channels::Rgb);
        assert!(absent.unwrap_err().to_string().contains("no.png: cannot be read"));
    }
}
