//! Makes the image brighter or darker.
//!
//! ```text
//! y = f · x            f uniform on 1 ± max_change, at least 0
//! ```
//!
//! Values above 255 become 255.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::resample::each_byte;
use super::{Motion, Transform};
use crate::draw::uniform;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "multiplies all values by 1 plus or minus up to `max_change`",
    example: "max_change = 0.4",
    notes: None,
    parse: |table| {
        let brightness: Brightness = params(NAME, table)?;
        within(NAME, "max_change", brightness.max_change, [0.0, 10.0])?;
        Ok(Box::new(brightness))
    },
};

const NAME: &str = "brightness";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Brightness {
    max_change: f64,
}

impl Transform for Brightness {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], _: [usize; 3], stream: &mut Stream) -> Motion {
        brighten(image, factor(self.max_change, stream));
        Motion::Still
    }
}

/// A factor of `1 ± max_change` that is not negative.
pub(super) fn factor(max_change: f64, stream: &mut Stream) -> f64 {
    uniform([(1.0 - max_change).max(0.0), 1.0 + max_change], stream)
}

pub(super) fn brighten(image: &mut [u8], factor: f64) {
    each_byte(image, |x| factor * x);
}
