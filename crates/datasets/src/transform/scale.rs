//! Makes what the image shows larger or smaller around its centre; the image keeps its size.
//!
//! The factor is uniform on `range = [low, high]`: above 1 the outer parts are lost, below 1 a frame of 0, or of what
//! `border` says, appears. The image is read back bilinearly, or by `interpolation = "nearest"`, without smoothing first:
//! far below a factor of 1/2 pixels are skipped.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::affine::{matrix, warp};
use super::bounds::range_within;
use super::{Border, Interpolation, Motion, Transform};
use crate::draw::uniform;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "makes what is shown larger or smaller by a factor from `range`, bilinearly; the size stays",
    example: "range = [0.8, 1.2]",
    notes: None,
    parse: |table| {
        let scale: Scale = params(NAME, table)?;
        range_within(NAME, "range", scale.range, [0.01, 100.0])?;
        Ok(Box::new(scale))
    },
};

const NAME: &str = "scale";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    range: [f64; 2],
    #[serde(default)]
    interpolation: Interpolation,
    #[serde(default)]
    border: Border,
}

impl Transform for Scale {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        let map = matrix(shape, [0.0, 0.0], uniform(self.range, stream), [0.0, 0.0]);
        warp(image, shape, (self.interpolation, self.border), map)
    }
}
