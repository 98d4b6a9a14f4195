//! A list of transforms, and the random draws of one epoch.

use std::sync::Arc;

use cenote_spec::Error as SpecError;
use cenote_tensor::{Seed, Stream};
use toml::Table;

use crate::{Error, Motion, Split, TRANSFORMS, Transform};

/// Transforms that change training images at random, applied in order.
///
/// Each transform draws from a stream named after its kind, the epoch and the index of the example. Adding a
/// transform of another kind to the list changes nothing that the others draw.
///
/// One transform of the list may mix images in pairs. The partner is drawn from the whole split, again from the stream of
/// the example; it is changed by the transforms before that one as it is itself in this epoch, and the transforms after it
/// change the mixture. So a mixture depends on seed, epoch and example like everything else, not on who shares its batch.
#[derive(Clone, Debug, Default)]
pub struct Augmentation {
    transforms: Arc<Vec<Box<dyn Transform>>>,
}

impl Augmentation {
    /// Reads a list of tables, each of a kind in [`TRANSFORMS`].
    ///
    /// # Errors
    ///
    /// When a kind or one of its fields is unknown or has no usable value, and when two transforms of the list mix.
    pub fn parse(tables: Vec<Table>) -> Result<Self, SpecError> {
        let transforms: Result<Vec<Box<dyn Transform>>, _> =
            tables.into_iter().map(|table| cenote_spec::parse(&[TRANSFORMS], table)).collect();
        let transforms = transforms?;
        let mut mixing = transforms.iter().filter(|transform| transform.mixes());
        if let (Some(first), Some(second)) = (mixing.next(), mixing.next()) {
            let message = format!("{} mixes pairs already; expected one that mixes", first.name());
            return Err(SpecError::Params { kind: second.name(), message });
        }
        Ok(Self { transforms: Arc::new(transforms) })
    }

    /// Whether images stay as they are.
    pub fn is_empty(&self) -> bool {
        self.transforms.is_empty()
    }

    /// Refuses images that a transform cannot change.
    ///
    /// # Errors
    ///
    /// When a setting is out of range for images of the shape `[c, h, w]`.
    pub fn fits(&self, shape: [usize; 3]) -> Result<(), Error> {
        self.transforms.iter().try_for_each(|transform| transform.fits(shape))
    }

    /// Changes one image of shape `[c, h, w]` as the example at `index` is changed in `epoch`, and says where its points
    /// went, one motion after the other: boxes move by [`Motion::bbox`].
    ///
    /// # Errors
    ///
    /// When a transform does not fit the image, or mixes: a mixture has no boxes of its own.
    pub fn change(
        &self,
        image: &mut [u8],
        shape: [usize; 3],
        seed: Seed,
        [epoch, index]: [usize; 2],
    ) -> Result<Vec<Motion>, Error> {
        self.fits(shape)?;
        self.mixes_nothing()?;
        let draws = self.draws(seed, epoch);
        let places = 0..self.transforms.len();
        Ok(places.map(|place| draws.alone(place, image, shape, index)).collect())
    }

    /// Refuses a transform that mixes images in pairs: a mixture has neither boxes nor a text of its own.
    ///
    /// # Errors
    ///
    /// Naming the transform.
    pub fn mixes_nothing(&self) -> Result<(), Error> {
        let Some(mixing) = self.transforms.iter().find(|transform| transform.mixes()) else {
            return Ok(());
        };
        Err(Error::Setting {
            what: "transform of images with boxes or texts",
            got: mixing.name().to_owned(),
            expected: "one that changes an image by itself".to_owned(),
        })
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
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    transforms: Arc<Vec<Box<dyn Transform>>>,
    streams: Vec<Stream>,
}

impl Draws {
    /// Whether one of the transforms mixes images in pairs.
    pub(crate) fn mixes(&self) -> bool {
        self.transforms.iter().any(|transform| transform.mixes())
    }

    /// Changes the image of the example at `index`, and tells `moved` where its points went; returns its partner and its own
    /// share where it was mixed.
    pub(crate) fn apply(
        &self,
        image: &mut [u8],
        split: &Split,
        index: usize,
        mut moved: impl FnMut(&Motion),
    ) -> Result<Option<(usize, f64)>, Error> {
        let shape = split.shape();
        let mut pair = None;
        for (place, transform) in self.transforms.iter().enumerate() {
            if transform.mixes() {
                let mut stream = self.stream(place, index);
                let partner = crate::order::below(split.len(), &mut stream);
                let mut other = Vec::with_capacity(image.len());
                split.images().read(partner, &mut other)?;
                for before in 0..place {
                    self.alone(before, &mut other, shape, partner);
                }
                pair = Some((partner, transform.mix(image, &other, shape, &mut stream)));
            } else {
                moved(&self.alone(place, image, shape, index));
            }
        }
        Ok(pair)
    }

    fn alone(&self, place: usize, image: &mut [u8], shape: [usize; 3], index: usize) -> Motion {
        self.transforms[place].apply(image, shape, &mut self.stream(place, index))
    }

    /// `ChaCha` has 2^64 independent sequences per key: one for each example.
    fn stream(&self, place: usize, index: usize) -> Stream {
        let mut stream = self.streams[place].clone();
        stream.set_stream(index as u64);
        stream
    }
}
