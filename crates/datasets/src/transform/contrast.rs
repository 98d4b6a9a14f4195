//! Moves all values away from the mean grey of the image, or towards it.
//!
//! ```text
//! y = f · x + (1 − f) · grey         f uniform on 1 ± max_change, at least 0
//! ```
//!
//! `grey` is the mean luma of an image of three channels (`0.299 R + 0.587 G + 0.114 B`) and the mean of all values of any
//! other. Values below 0 and above 255 are clipped.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::brightness::factor;
use super::grey::mean_grey;
use super::resample::each_byte;
use super::{Motion, Transform};

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "multiplies the distance from the mean grey by 1 plus or minus up to `max_change`",
    example: "max_change = 0.4",
    notes: None,
    parse: |table| {
        let contrast: Contrast = params(NAME, table)?;
        within(NAME, "max_change", contrast.max_change, [0.0, 10.0])?;
        Ok(Box::new(contrast))
    },
};

const NAME: &str = "contrast";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contrast {
    max_change: f64,
}

impl Transform for Contrast {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        stretch(image, shape, factor(self.max_change, stream));
        Motion::Still
    }
}

pub(super) fn stretch(image: &mut [u8], [channels, ..]: [usize; 3], factor: f64) {
    let grey = mean_grey(image, channels);
    each_byte(image, |x| factor * x + (1.0 - factor) * grey);
}
