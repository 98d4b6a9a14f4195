//! Every image of a part looked at once: sizes, statistics of the channels, digests.

use rayon::prelude::*;

use super::digest;
use crate::{Channels, Error, Normalization, Picture, PixelCounts, Split};

/// What the images of a part are like.
#[derive(Clone, Debug)]
pub struct Survey {
    /// `[rows, columns]` of each image.
    pub sizes: Vec<[u32; 2]>,
    /// Mean and deviation of each channel over all pixels.
    pub statistics: Normalization,
    /// The digest of each image.
    pub digests: Vec<[u8; 32]>,
}

impl Survey {
    /// Looks at the images of a split, all of one size.
    ///
    /// # Errors
    ///
    /// When an image stays in its file and that cannot be read or decoded.
    pub fn of_split(split: &Split) -> Result<Self, Error> {
        let shape @ [channels, rows, columns] = split.shape();
        let seen = (0..split.len()).into_par_iter().map(|index| {
            let mut planes = Vec::new();
            split.images().read(index, &mut planes)?;
            let mut counts = PixelCounts::new(channels);
            counts.add(&planes);
            Ok(([rows as u32, columns as u32], digest(shape, &planes), counts))
        });
        Self::of_all(seen, channels)
    }

    /// Decodes images side by side, each in its own size, and keeps none.
    ///
    /// # Errors
    ///
    /// When one cannot be read or is no whole image.
    pub fn of_pictures(pictures: &[&Picture], channels: Channels) -> Result<Self, Error> {
        let seen = pictures.par_iter().map(|picture| {
            let (planes, size) = picture.decode(channels)?;
            let mut counts = PixelCounts::new(channels.count());
            counts.add(&planes);
            let shape = [channels.count(), size[0] as usize, size[1] as usize];
            Ok((size, digest(shape, &planes), counts))
        });
        Self::of_all(seen, channels.count())
    }

    /// Puts together what was seen of each image: its size, digest and pixels.
    fn of_all(
        seen: impl ParallelIterator<Item = Result<([u32; 2], [u8; 32], PixelCounts), Error>>,
        channels: usize,
    ) -> Result<Self, Error> {
        let nothing = || (Vec::new(), Vec::new(), PixelCounts::new(channels));
        let (sizes, digests, counts) = seen
            .try_fold(nothing, |mut all, one| {
                let (size, digest, counts) = one?;
                all.0.push(size);
                all.1.push(digest);
                all.2.merge(&counts);
                Ok::<_, Error>(all)
            })
            // The counts are whole numbers, so the order in which they are added cannot matter.
            .try_reduce(nothing, |mut all, more| {
                all.0.extend(more.0);
                all.1.extend(more.1);
                all.2.merge(&more.2);
                Ok(all)
            })?;
        Ok(Self { sizes, statistics: counts.normalization(), digests })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, GrayImage, ImageFormat, Luma};

    use super::*;

    fn picture(rows: u32, columns: u32, value: u8) -> Picture {
        let mut bytes = Cursor::new(Vec::new());
        let image = DynamicImage::from(GrayImage::from_pixel(columns, rows, Luma([value])));
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        Picture::bytes(format!("{value}.png"), bytes.into_inner())
    }

    #[test]
    fn images_of_all_sizes_are_seen_in_their_order() {
        let pictures = [picture(2, 3, 0), picture(1, 1, 255), picture(2, 3, 0)];
        let survey = Survey::of_pictures(&pictures.each_ref(), Channels::Grey).unwrap();
        assert_eq!(survey.sizes, [[2, 3], [1, 1], [2, 3]]);
        assert_eq!(survey.digests[0], survey.digests[2]);
        assert_ne!(survey.digests[0], survey.digests[1]);
        // One pixel of 13 is white.
        let mean = f64::from(survey.statistics.mean[0]);
        assert!((mean - 1.0 / 13.0).abs() < 1e-7, "{mean}");
        let broken = Picture::bytes("x".to_owned(), b"no image".to_vec());
        assert!(Survey::of_pictures(&[&broken], Channels::Grey).is_err());
    }
}
