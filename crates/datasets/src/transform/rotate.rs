//! Turns the image around its centre.
//!
//! The angle is uniform on `±max_degrees`; a positive one turns counter-clockwise as the image is seen. The image is read
//! back bilinearly, or by `interpolation = "nearest"`; beyond its border lies 0, or what `border` says (`edge`, `reflect`,
//! `circular`).

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::affine::{matrix, warp};
use super::bounds::within;
use super::{Border, Interpolation, Motion, Transform};
use crate::draw::uniform;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "turns the image around its centre by up to `max_degrees`, bilinearly",
    example: "max_degrees = 15.0",
    notes: None,
    parse: |table| {
        let rotate: Rotate = params(NAME, table)?;
        within(NAME, "max_degrees", rotate.max_degrees, [0.0, 180.0])?;
        Ok(Box::new(rotate))
    },
};

const NAME: &str = "rotate";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotate {
    max_degrees: f64,
    #[serde(default)]
    interpolation: Interpolation,
    #[serde(default)]
    border: Border,
}

impl Transform for Rotate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        let angle = uniform([-self.max_degrees, self.max_degrees], stream);
        let map = matrix(shape, [angle, 0.0], 1.0, [0.0, 0.0]);
        warp(image, shape, (self.interpolation, self.border), map)
    }
}
