//! A list of transforms, and the random draws of one epoch.

use std::sync::Arc;

use cenote_tensor::{Seed, Stream};
use toml::Table;

use crate::{Error, TRANSFORMS, Transform};

/// Transforms that change training images at random, applied in order.
///
/// Each transform draws from a stream named after its kind, the epoch and the index of the example. Adding a
/// transform of another kind to the list changes nothing that the others draw.
#[derive(Clone, Debug, Default)]
pub struct Augmentation {
    transforms: Arc<Vec<Box<dyn Transform>>>,
}

impl Augmentation {
    /// Reads a list of tables, each of a kind in [`TRANSFORMS`].
    ///
    /// # Errors
    ///
    /// When a kind or one of its fields is unknown or has no usable value.
    pub fn parse(tables: Vec<Table>) -> Result<Self, cenote_spec::Error> {
        let transforms: Result<_, _> =
            tables.into_iter().map(|table| cenote_spec::parse(&[TRANSFORMS], table)).collect();
        Ok(Self { transforms: Arc::new(transforms?) })
    }

    /// Whether images stay as they are.
    pub fn is_empty(&self) -> bool {
        self.transforms.is_empty()
    }

    /// Refuses images that a transform cannot change.
    pub(crate) fn fits(&self, shape: [usize; 3]) -> Result<(), Error> {
        self.transforms.iter().try_for_each(|transform| transform.fits(shape))
    }

    /// Opens the streams of one epoch.
    pub(crate) fn draws(&self, seed: Seed, epoch: usize) -> Draws {
        let streams = (0..self.transforms.len())
            .map(|position| {
                let name = self.transforms[position].name();
                let before = &self.transforms[..position];
                let nth = before.iter().filter(|earlier| earlier.name() == name).count();
                seed.stream(&format!("augment/{name}.{nth}/epoch{epoch}"))
            })
            .collect();
        Draws { transforms: Arc::clone(&self.transforms), streams }
    }
}

/// The transforms with their streams in one epoch.
#[derive(Debug)]
pub(crate) struct Draws {
    transforms: Arc<Vec<Box<dyn Transform>>>,
    streams: Vec<Stream>,
}

impl Draws {
    /// Changes the image of the example at `index`.
    pub(crate) fn apply(&self, image: &mut [u8], shape: [usize; 3], index: usize) {
        for (transform, stream) in self.transforms.iter().zip(&self.streams) {
            // ChaCha has 2^64 independent sequences per key: one for each example.
            let mut stream = stream.clone();
            stream.set_stream(index as u64);
            transform.apply(image, shape, &mut stream);
        }
    }
}
