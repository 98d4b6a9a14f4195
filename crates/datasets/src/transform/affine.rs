//! Turns, scales, shears and moves the image at random.
//!
//! ```text
//! (x, y) ↦ c + t + R(angle) · S · factor · ((x, y) − c)         c = (w/2, h/2)
//!
//! R(a) = (  cos a  sin a )      S = ( 1  −tan shear )      angle  uniform on ±max_degrees
//!        ( −sin a  cos a )          ( 0       1     )      shear  uniform on ±max_shear_degrees
//!                                                          factor uniform on scale = [low, high]
//! ```
//!
//! The shift `t` is uniform on `±max_shift · (w, h)`, and a positive angle turns counter-clockwise as the image is seen
//! (`y` points down). The image is read back bilinearly, or by `interpolation = "nearest"`; beyond its border lies 0, or
//! what `border` says.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::{range_within, within};
use super::{Border, Interpolation, Matrix, Motion, Transform, resample};
use crate::draw::uniform;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "turns, scales, shears and moves the image around its centre, bilinearly",
    example: "max_degrees = 10.0\nmax_shift = 0.1\nscale = [0.9, 1.1]\nmax_shear_degrees = 5.0",
    notes: None,
    parse: |table| {
        let affine: Affine = params(NAME, table)?;
        within(NAME, "max_degrees", affine.max_degrees, [0.0, 180.0])?;
        within(NAME, "max_shift", affine.max_shift, [0.0, 1.0])?;
        within(NAME, "max_shear_degrees", affine.max_shear_degrees, [0.0, 80.0])?;
        range_within(NAME, "scale", affine.scale, [0.01, 100.0])?;
        Ok(Box::new(affine))
    },
};

const NAME: &str = "affine";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Affine {
    #[serde(default)]
    max_degrees: f64,
    /// As a share of width and height.
    #[serde(default)]
    max_shift: f64,
    #[serde(default = "unchanged")]
    scale: [f64; 2],
    #[serde(default)]
    max_shear_degrees: f64,
    #[serde(default)]
    interpolation: Interpolation,
    #[serde(default)]
    border: Border,
}

fn unchanged() -> [f64; 2] {
    [1.0, 1.0]
}

impl Transform for Affine {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        let mut within = |most: f64| uniform([-most, most], stream);
        let (angle, shear) = (within(self.max_degrees), within(self.max_shear_degrees));
        let [_, height, width] = shape.map(|size| size as f64);
        let shift = [within(self.max_shift) * width, within(self.max_shift) * height];
        let factor = uniform(self.scale, stream);
        let map = matrix(shape, [angle, shear], factor, shift);
        warp(image, shape, (self.interpolation, self.border), map)
    }
}

/// The map of the module's formula.
pub(super) fn matrix(
    [_, height, width]: [usize; 3],
    [angle, shear]: [f64; 2],
    factor: f64,
    [right, down]: [f64; 2],
) -> Matrix {
    let ((sin, cos), tan) = (angle.to_radians().sin_cos(), shear.to_radians().tan());
    let linear = [cos, sin - cos * tan, -sin, cos + sin * tan].map(|entry| entry * factor);
    let centre = [width as f64 / 2.0, height as f64 / 2.0];
    Matrix::shift(right, down).after(&Matrix::around(centre, linear))
}

/// Redraws the image with its points moved by `map`.
pub(super) fn warp(
    image: &mut [u8],
    shape: [usize; 3],
    how: (Interpolation, Border),
    map: Matrix,
) -> Motion {
    let back = map.inverse();
    resample(image, shape, how, |point| back.point(point));
    Motion::Linear(map)
}
