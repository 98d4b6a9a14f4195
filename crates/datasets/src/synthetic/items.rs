//! The images that objects and clutter are cut out of.

use std::sync::OnceLock;

use super::Cutout;
use super::cutout::{cut, silhouette};
use crate::{Error, Images};

/// Images of one part, whose silhouettes are looked for once.
#[derive(Debug)]
pub(crate) struct Items {
    images: Images,
    /// What values are multiplied by.
    stretch: u8,
    /// What the object of each image covers. Images that stay in their files are looked at each time: there may be more of
    /// them than memory has room for.
    coverage: Vec<OnceLock<Vec<u8>>>,
}

impl Items {
    pub(crate) fn new(images: Images, stretch: u8) -> Self {
        let kept = if images.in_memory() { images.len() } else { 0 };
        Self { images, stretch, coverage: vec![OnceLock::new(); kept] }
    }

    /// Number of images.
    pub(crate) fn len(&self) -> usize {
        self.images.len()
    }

    /// `[c, h, w]` of every image.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.images.shape()
    }

    /// The object of an image.
    ///
    /// # Errors
    ///
    /// When the image stays in its file and that cannot be read.
    pub(crate) fn object(&self, index: usize) -> Result<Cutout, Error> {
        let [_, rows, columns] = self.shape();
        self.part(index, [0, 0, rows, columns])
    }

    /// What of an object is within rows `top..bottom` and columns `left..right` of its image.
    ///
    /// # Errors
    ///
    /// When the image stays in its file and that cannot be read.
    pub(crate) fn part(
        &self,
        index: usize,
        part @ [top, left, bottom, right]: [usize; 4],
    ) -> Result<Cutout, Error> {
        let Some(coverage) = self.coverage.get(index) else {
            return Ok(Cutout::of(&self.images, index, self.stretch)?.part(part));
        };
        let (image, shape) = (self.images.image(index), self.shape());
        let coverage = coverage.get_or_init(|| silhouette(image, shape));
        let mut colours = cut(image, [shape[1], shape[2]], part);
        for value in &mut colours {
            *value = value.saturating_mul(self.stretch);
        }
        let coverage = cut(coverage, [shape[1], shape[2]], part);
        Ok(Cutout { size: [bottom - top, right - left], colours, coverage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_an_object_is_cut_from_the_whole_of_it() {
        // Black but for a ring, of which the lower half is brighter; two channels.
        let ring = |value: u8| [[0; 4], [0, 9, 9, 0], [0, 0, value, 0], [0, 9, value, 0]].concat();
        let pixels = [ring(20), ring(0), vec![0; 16], ring(9)].concat();
        let images = Images::new([2, 4, 4], pixels).unwrap();
        let items = Items::new(images.clone(), 3);
        for index in [0, 1, 0] {
            let whole = Cutout::of(&images, index, 3).unwrap();
            assert_eq!(items.object(index).unwrap(), whole);
            for part in [[0, 0, 4, 4], [1, 1, 3, 4], [2, 0, 2, 1]] {
                assert_eq!(items.part(index, part).unwrap(), whole.part(part));
            }
        }
        assert_eq!(items.part(0, [2, 2, 3, 3]).unwrap().colours, [60, 0]);
    }
}
