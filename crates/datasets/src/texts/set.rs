//! Images with the text that stands in each.

use std::collections::BTreeSet;

use cenote_tensor::Tensor;
use rayon::prelude::*;

use crate::tensors::scaled_tensor;
use crate::{Channels, Error, Normalization, Picture};

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

/// Images of texts scaled to one size, as a network takes them.
#[derive(Clone, Debug)]
pub struct TextBatch {
    /// Scaled pixels, `(N, C, H, W)`.
    pub images: Tensor,
    /// The text in each image.
    pub texts: Vec<String>,
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
}

impl TextBatch {
    /// Decodes images side by side and scales them to `[rows, columns]`, whatever their proportions.
    ///
    /// # Errors
    ///
    /// When an image cannot be read, or `normalization` has another number of channels.
    pub fn of(
        images: &[TextImage],
        channels: Channels,
        size: [u32; 2],
        normalization: &Normalization,
    ) -> Result<Self, Error> {
        let planes = images.par_iter().map(|image| Ok(image.picture.scaled(channels, size)?.0));
        let planes: Vec<_> = planes.collect::<Result<_, Error>>()?;
        let texts = images.iter().map(|image| image.text.clone()).collect();
        Ok(Self { images: scaled_tensor(&planes, channels, size, normalization)?, texts })
    }
}
