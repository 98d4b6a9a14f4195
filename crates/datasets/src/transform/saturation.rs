//! Moves colours away from their grey, or towards it; for images of three channels.
//!
//! ```text
//! y = f · x + (1 − f) · luma(x)         luma = 0.299 R + 0.587 G + 0.114 B, f uniform on 1 ± max_change, at least 0
//! ```
//!
//! Values below 0 and above 255 are clipped.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::brightness::factor;
use super::grey::{each_colour, luma};
use super::hue::coloured;
use super::{Motion, Transform};
use crate::Error;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "multiplies the distance of colours from grey by 1 plus or minus up to `max_change`",
    example: "max_change = 0.4",
    notes: None,
    parse: |table| {
        let saturation: Saturation = params(NAME, table)?;
        within(NAME, "max_change", saturation.max_change, [0.0, 10.0])?;
        Ok(Box::new(saturation))
    },
};

const NAME: &str = "saturation";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saturation {
    max_change: f64,
}

impl Transform for Saturation {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, shape: [usize; 3]) -> Result<(), Error> {
        coloured("saturation: channels of the images", shape)
    }

    fn apply(&self, image: &mut [u8], _: [usize; 3], stream: &mut Stream) -> Motion {
        saturate(image, factor(self.max_change, stream));
        Motion::Still
    }
}

pub(super) fn saturate(image: &mut [u8], factor: f64) {
    each_colour(image, |colour| {
        let grey = (1.0 - factor) * luma(colour);
        colour.map(|value| factor * value + grey)
    });
}
