//! Images with the text that stands in each.

use std::collections::BTreeSet;

use crate::pictures::usual_size;
use crate::{Channels, Dataset, Error, Images, Origin, Picture, Split};

/// Images with texts, split for training and testing.
#[derive(Clone, Debug)]
pub struct TextSet {
    /// Name for reports.
    pub name: String,
    /// Every character that occurs, in order.
    pub alphabet: Vec<char>,
    /// Images to learn from.
    pub train: Vec<TextImage>,
    /// Images to judge by.
    pub test: Vec<TextImage>,
    /// Terms under which the images are published.
    pub licence: &'static str,
    /// Where the images come from.
    pub source: &'static str,
}

/// An image and the text in it.
#[derive(Clone, Debug)]
pub struct TextImage {
    /// The image.
    pub picture: Picture,
    /// What stands in it.
    pub text: String,
}

/// Every character of some texts, in order.
pub(super) fn alphabet<'a>(images: impl Iterator<Item = &'a TextImage>) -> Vec<char> {
    let characters: BTreeSet<char> = images.flat_map(|image| image.text.chars()).collect();
    characters.into_iter().collect()
}

impl TextSet {
    /// How often each character of the alphabet occurs among `images`.
    pub fn character_counts(&self, images: &[TextImage]) -> Vec<usize> {
        let mut counts = vec![0; self.alphabet.len()];
        for character in images.iter().flat_map(|image| image.text.chars()) {
            if let Ok(at) = self.alphabet.binary_search(&character) {
                counts[at] += 1;
            }
        }
        counts
    }

    /// The size `[rows, columns]` that most training images have.
    ///
    /// # Errors
    ///
    /// When an image cannot be read.
    pub fn usual_size(&self) -> Result<[u32; 2], Error> {
        usual_size(self.train.iter().map(|image| &image.picture))
    }

    /// The set as a network takes it: all images scaled to `[rows, columns]`, whatever their proportions, and the characters of
    /// each text as positions in the alphabet.
    ///
    /// # Errors
    ///
    /// When an image cannot be read or a size is zero.
    pub fn scaled(&self, channels: Channels, size: [u32; 2]) -> Result<Dataset, Error> {
        let part = |images: &[TextImage]| {
            let pictures = images.iter().map(|image| image.picture.clone()).collect();
            let images_of_one_size = Images::of_pictures(pictures, channels, size)?;
            let texts = images.iter().map(|image| {
                let place = |character: char| {
                    let place = self.alphabet.binary_search(&character);
                    place.expect("the alphabet is of these texts")
                };
                image.text.chars().map(place).collect()
            });
            Split::of_texts(images_of_one_size, texts.collect())
        };
        let classes = self.alphabet.iter().map(char::to_string).collect();
        let Self { name, licence, source, .. } = self;
        let origin = Origin { name: name.clone(), licence, source };
        Dataset::new(origin, classes, part(&self.train)?, part(&self.test)?)
    }
}
