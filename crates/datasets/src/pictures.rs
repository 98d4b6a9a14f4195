//! Pictures as images of one size.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::{Channels, Encoded, Error, Images, Picture, digest};

/// What decoded images may take; more of them stay in their files.
const MOST_IN_MEMORY: usize = 512 << 20;

/// Pictures that are decoded one by one and scaled to one size, whatever their proportions.
#[derive(Debug)]
struct Scaled {
    pictures: Vec<Picture>,
    channels: Channels,
    size: [u32; 2],
}

impl Encoded for Scaled {
    fn len(&self) -> usize {
        self.pictures.len()
    }

    fn decode(&self, index: usize, pixels: &mut Vec<u8>) -> Result<(), Error> {
        pixels.extend(self.pictures[index].scaled(self.channels, self.size)?.0);
        Ok(())
    }

    fn digest(&self, index: usize) -> Result<[u8; 32], Error> {
        let (planes, [rows, columns]) = self.pictures[index].decode(self.channels)?;
        Ok(digest([self.channels.count(), rows as usize, columns as usize], &planes))
    }
}

impl Images {
    /// Pictures scaled to `[rows, columns]`, whatever their proportions: decoded side by side into memory where 512 MiB hold
    /// all of them, else whenever one is read.
    ///
    /// # Errors
    ///
    /// When a size is zero, or a picture that is decoded now cannot be.
    pub fn of_pictures(
        pictures: Vec<Picture>,
        channels: Channels,
        size: [u32; 2],
    ) -> Result<Self, Error> {
        let shape = [channels.count(), size[0] as usize, size[1] as usize];
        let area = shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let all = area.and_then(|area| area.checked_mul(pictures.len()));
        let scaled = Scaled { pictures, channels, size };
        match (area, all) {
            (Some(area), Some(all)) if area > 0 && all <= MOST_IN_MEMORY => {
                let mut pixels = vec![0; all];
                let images = pixels.par_chunks_exact_mut(area).enumerate();
                images.try_for_each(|(index, image)| {
                    let planes = scaled.pictures[index].scaled(channels, size)?.0;
                    image.copy_from_slice(&planes);
                    Ok::<(), Error>(())
                })?;
                Self::new(shape, pixels)
            }
            _ => Self::on_demand(shape, std::sync::Arc::new(scaled)),
        }
    }
}

/// The size `[rows, columns]` that most pictures have, as their headers say; of equally frequent ones the first that is met.
///
/// # Errors
///
/// When a header cannot be read, or there is no picture.
pub(crate) fn usual_size<'a>(
    pictures: impl Iterator<Item = &'a Picture>,
) -> Result<[u32; 2], Error> {
    let mut counts: HashMap<[u32; 2], (usize, usize)> = HashMap::new();
    for (place, picture) in pictures.enumerate() {
        let (count, _) = counts.entry(picture.size()?).or_insert((0, place));
        *count += 1;
    }
    let most = counts.into_iter().max_by_key(|&(_, (count, first))| (count, usize::MAX - first));
    most.map(|(size, _)| size).ok_or_else(|| Error::Setting {
        what: "pictures",
        got: "0".to_owned(),
        expected: "at least 1".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;

    fn picture(rows: u32, columns: u32) -> Picture {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = DynamicImage::from(RgbImage::from_pixel(columns, rows, image::Rgb([9, 8, 7])));
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        Picture::bytes("a.png".to_owned(), bytes.into_inner())
    }

    #[test]
    fn pictures_of_any_size_become_images_of_one() {
        let images =
            Images::of_pictures(vec![picture(4, 6), picture(2, 3)], Channels::Rgb, [2, 3]).unwrap();
        assert_eq!((images.shape(), images.len(), images.in_memory()), ([3, 2, 3], 2, true));
        let expected: Vec<u8> = [9, 8, 7].into_iter().flat_map(|value| [value; 6]).collect();
        assert_eq!((images.image(0), images.image(1)), (&expected[..], &expected[..]));
        assert!(Images::of_pictures(vec![picture(2, 2)], Channels::Rgb, [0, 3]).is_err());
        let files =
            Images::of_pictures(vec![picture(2, 3); 2], Channels::Rgb, [16_384; 2]).unwrap();
        assert!(!files.in_memory(), "1.6 GB stay where they are");
    }

    #[test]
    fn the_usual_size_is_the_most_frequent_and_of_equals_the_first() {
        let size = |sizes: &[[u32; 2]]| {
            let pictures: Vec<_> = sizes.iter().map(|&[h, w]| picture(h, w)).collect();
            usual_size(pictures.iter())
        };
        assert_eq!(size(&[[4, 6], [2, 3], [2, 3]]).unwrap(), [2, 3]);
        assert_eq!(size(&[[4, 6], [2, 3], [2, 3], [4, 6]]).unwrap(), [4, 6]);
        assert!(size(&[]).is_err());
    }
}
