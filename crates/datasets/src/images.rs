//! Images of one size, in memory or in their files.

use std::fmt::Debug;
use std::sync::Arc;

use rayon::prelude::*;

use crate::synthetic::Drawing;
use crate::{Composition, Error};

/// Images of one size as bytes, row-major `(N, C, H, W)`; cloning shares the pixels.
///
/// They lie in memory, or stay in their files and are decoded one by one when somebody reads them.
#[derive(Clone, Debug)]
pub struct Images {
    shape: [usize; 3],
    pixels: Pixels,
    drawn: Option<Drawn>,
}

/// How images were drawn: by what, and which of those that it draws.
#[derive(Clone, Debug)]
struct Drawn {
    by: Arc<dyn Drawing>,
    which: Arc<Vec<usize>>,
}

#[derive(Clone, Debug)]
enum Pixels {
    Memory(Arc<Vec<u8>>),
    /// Encoded images, and which of them are meant.
    Files(Arc<dyn Encoded>, Arc<Vec<usize>>),
}

/// Images that are decoded one at a time, all to the same shape.
pub trait Encoded: Debug + Send + Sync {
    /// Number of images.
    fn len(&self) -> usize;

    /// Whether there is no image.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the pixels of one image, channel after channel, behind what `pixels` holds.
    ///
    /// # Errors
    ///
    /// When the image cannot be read or decoded; the error names the file.
    fn decode(&self, index: usize, pixels: &mut Vec<u8>) -> Result<(), Error>;

    /// SHA-256 of one image as it is stored, without decoding it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    fn digest(&self, index: usize) -> Result<[u8; 32], Error>;
}

impl Images {
    /// Holds `pixels` as images of the shape `[c, h, w]`.
    ///
    /// # Errors
    ///
    /// When a size is zero or the pixels do not fill a whole number of images.
    pub fn new(shape: [usize; 3], pixels: Vec<u8>) -> Result<Self, Error> {
        let area = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        match area {
            Some(area) if area > 0 && pixels.len().is_multiple_of(area) => {
                Ok(Self { shape, pixels: Pixels::Memory(Arc::new(pixels)), drawn: None })
            }
            _ => Err(Error::Setting {
                what: "images: shape (channels, rows, columns)",
                got: format!("{shape:?} for {} bytes", pixels.len()),
                expected: "sizes above zero whose product divides the number of bytes".to_owned(),
            }),
        }
    }

    /// Leaves images where they are; each is decoded to the shape `[c, h, w]` whenever it is read.
    ///
    /// # Errors
    ///
    /// When a size is zero.
    pub fn on_demand(shape: [usize; 3], encoded: Arc<dyn Encoded>) -> Result<Self, Error> {
        let Self { shape, .. } = Self::new(shape, Vec::new())?;
        let all = Arc::new((0..encoded.len()).collect());
        Ok(Self { shape, pixels: Pixels::Files(encoded, all), drawn: None })
    }

    /// Draws all images of a part side by side, and remembers how.
    pub(crate) fn drawn(by: Arc<dyn Drawing>) -> Result<Self, Error> {
        let shape = by.shape();
        let area: usize = shape.iter().product();
        let mut pixels = vec![0; by.len() * area];
        let images = pixels.par_chunks_exact_mut(area).enumerate();
        images.try_for_each(|(index, pixels)| {
            pixels.copy_from_slice(&by.compose(index)?.image());
            Ok::<(), Error>(())
        })?;
        let which = Arc::new((0..by.len()).collect());
        Ok(Self { drawn: Some(Drawn { by, which }), ..Self::new(shape, pixels)? })
    }

    /// How an image was put together, drawn again; `None` where images were not drawn.
    ///
    /// # Panics
    ///
    /// When there is no such image.
    pub fn composition(&self, index: usize) -> Option<Result<Composition, Error>> {
        self.drawn.as_ref().map(|drawn| drawn.by.compose(drawn.which[index]))
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        match &self.pixels {
            Pixels::Memory(pixels) => pixels.len() / self.area(),
            Pixels::Files(_, which) => which.len(),
        }
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sizes `[c, h, w]` of every image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Whether the pixels lie in memory.
    pub fn in_memory(&self) -> bool {
        matches!(self.pixels, Pixels::Memory(_))
    }

    /// Puts the pixels of one image, channel after channel, behind what `pixels` holds.
    ///
    /// # Errors
    ///
    /// When the image stays in its file and that cannot be read or decoded.
    ///
    /// # Panics
    ///
    /// When there is no such image.
    pub fn read(&self, index: usize, pixels: &mut Vec<u8>) -> Result<(), Error> {
        match &self.pixels {
            Pixels::Memory(_) => pixels.extend_from_slice(self.image(index)),
            Pixels::Files(encoded, which) => {
                let start = pixels.len();
                encoded.decode(which[index], pixels)?;
                assert_eq!(pixels.len() - start, self.area(), "images are decoded to one shape");
            }
        }
        Ok(())
    }

    /// All pixels, image after image.
    ///
    /// # Panics
    ///
    /// When they are not in memory: [`Images::read`] reads any.
    pub fn pixels(&self) -> &[u8] {
        match &self.pixels {
            Pixels::Memory(pixels) => pixels,
            Pixels::Files(..) => {
                panic!("these images stay in their files; they are read one by one")
            }
        }
    }

    /// Pixels of one image, channel after channel.
    ///
    /// # Panics
    ///
    /// When there is no such image, or they are not in memory: [`Images::read`] reads any.
    pub fn image(&self, index: usize) -> &[u8] {
        let area = self.area();
        &self.pixels()[index * area..(index + 1) * area]
    }

    /// SHA-256 of one image as it is stored, where it stays in its file.
    pub(crate) fn digest(&self, index: usize) -> Option<Result<[u8; 32], Error>> {
        match &self.pixels {
            Pixels::Memory(_) => None,
            Pixels::Files(encoded, which) => Some(encoded.digest(which[index])),
        }
    }

    /// The images at `indices`, in that order: copied in memory, named again in files.
    pub(crate) fn subset(&self, indices: &[usize]) -> Self {
        let pixels = match &self.pixels {
            Pixels::Memory(_) => {
                let mut pixels = Vec::with_capacity(indices.len() * self.area());
                for &index in indices {
                    pixels.extend_from_slice(self.image(index));
                }
                Pixels::Memory(Arc::new(pixels))
            }
            Pixels::Files(encoded, which) => {
                let which = indices.iter().map(|&index| which[index]).collect();
                Pixels::Files(Arc::clone(encoded), Arc::new(which))
            }
        };
        let drawn = self.drawn.as_ref().map(|Drawn { by, which }| {
            let which = indices.iter().map(|&index| which[index]).collect();
            Drawn { by: Arc::clone(by), which: Arc::new(which) }
        });
        Self { shape: self.shape, pixels, drawn }
    }

    fn area(&self) -> usize {
        self.shape.iter().product()
    }
}

/// In memory equal pixels are equal; in files only the same images of the same files are.
impl PartialEq for Images {
    fn eq(&self, other: &Self) -> bool {
        let pixels = match (&self.pixels, &other.pixels) {
            (Pixels::Memory(a), Pixels::Memory(b)) => a == b,
            (Pixels::Files(a, places), Pixels::Files(b, others)) => {
                Arc::ptr_eq(a, b) && places == others
            }
            _ => false,
        };
        self.shape == other.shape && pixels
    }
}

impl Eq for Images {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_its_pixels_channel_after_channel() {
        let images = Images::new([2, 1, 3], (0..12).collect()).unwrap();
        assert_eq!((images.len(), images.shape(), images.in_memory()), (2, [2, 1, 3], true));
        assert_eq!(images.image(1), [6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn pixels_that_fill_no_whole_number_of_images_are_refused() {
        assert!(Images::new([1, 2, 2], vec![0; 6]).is_err());
        assert!(Images::new([1, 0, 2], vec![]).is_err());
        assert!(Images::new([usize::MAX, 2, 2], vec![]).is_err());
    }

    /// Images of two pixels that are their index.
    #[derive(Debug)]
    struct Counted(usize);

    impl Encoded for Counted {
        fn len(&self) -> usize {
            self.0
        }

        fn decode(&self, index: usize, pixels: &mut Vec<u8>) -> Result<(), Error> {
            pixels.extend([index as u8; 2]);
            Ok(())
        }

        fn digest(&self, index: usize) -> Result<[u8; 32], Error> {
            Ok([index as u8; 32])
        }
    }

    #[test]
    fn images_in_files_are_read_as_those_in_memory_and_their_parts_name_them_again() {
        let files = Images::on_demand([1, 1, 2], Arc::new(Counted(5))).unwrap();
        let memory = Images::new([1, 1, 2], vec![0, 0, 1, 1, 2, 2, 3, 3, 4, 4]).unwrap();
        assert!(!files.in_memory() && !files.is_empty());
        for indices in [&[4, 0, 4][..], &[1], &[]] {
            let (files, memory) = (files.subset(indices), memory.subset(indices));
            assert_eq!(files.len(), memory.len());
            let mut read = vec![9];
            (0..files.len()).for_each(|index| files.read(index, &mut read).unwrap());
            assert_eq!(read[1..], *memory.pixels());
        }
        assert_eq!(files, files.subset(&[0, 1, 2, 3, 4]));
        assert_ne!(files, files.subset(&[0, 1]));
        assert_ne!(files, memory);
    }
}
