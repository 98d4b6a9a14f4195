//! Random changes of training images.
//!
//! # Conventions
//!
//! - A transform changes bytes and rounds what it computes to the nearest byte, halves to the even one.
//! - Points are measured in pixels from the top left corner of the image: the pixel in row `i` and column `j` covers
//!   `[j, j + 1) × [i, i + 1)` and its centre is `(j + 1/2, i + 1/2)`. The centre of an image is `(w/2, h/2)`.
//! - Angles are degrees; a positive one turns counter-clockwise as the image is seen.
//! - A transform that moves points returns the [`Motion`], so that boxes move with the image.

mod affine;
mod bounds;
mod brightness;
mod contrast;
mod cutmix;
mod cutout;
mod elastic;
mod grey;
mod horizontal_flip;
mod hue;
mod mixup;
mod motion;
mod pad_and_crop;
mod random_erasing;
mod random_shift;
mod resample;
mod rotate;
mod saturation;
mod scale;
mod vertical_flip;

use std::fmt::Debug;

use cenote_spec::Kind;
use cenote_tensor::Stream;

use crate::Error;

pub use motion::{Field, Matrix, Motion};

pub(crate) use grey::luma;
pub(crate) use hue::{from_hsv, to_hsv};
pub(crate) use resample::{Border, Interpolation, byte, resample};

/// A random change of one image of bytes, or of one with a partner.
pub trait Transform: Debug + Send + Sync {
    /// The kind, as study files spell it.
    fn name(&self) -> &'static str;

    /// Refuses a shape `[c, h, w]` that the transform cannot change; by default every shape fits.
    ///
    /// # Errors
    ///
    /// When a setting is out of range for images of this size.
    fn fits(&self, _shape: [usize; 3]) -> Result<(), Error> {
        Ok(())
    }

    /// Changes `image`, the pixels of shape `[c, h, w]`, by draws from `stream`, and says where its points went.
    ///
    /// A transform that mixes leaves an image without a partner as it is.
    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion;

    /// Whether the transform mixes images in pairs, by [`Transform::mix`].
    fn mixes(&self) -> bool {
        false
    }

    /// Mixes `partner`, of the same shape `[c, h, w]`, into `image` and returns the share that `image` keeps, `0..=1`:
    /// the weight of its label. By default it keeps all.
    fn mix(
        &self,
        _image: &mut [u8],
        _partner: &[u8],
        _shape: [usize; 3],
        _stream: &mut Stream,
    ) -> f64 {
        1.0
    }
}

/// Every transform that a study file can name.
pub const TRANSFORMS: &[Kind<dyn Transform>] = &[
    horizontal_flip::KIND,
    vertical_flip::KIND,
    random_shift::KIND,
    pad_and_crop::KIND,
    rotate::KIND,
    scale::KIND,
    affine::KIND,
    elastic::KIND,
    brightness::KIND,
    contrast::KIND,
    saturation::KIND,
    hue::KIND,
    cutout::KIND,
    random_erasing::KIND,
    mixup::KIND,
    cutmix::KIND,
];

#[cfg(test)]
mod laws;
#[cfg(test)]
mod references;
