//! Gaussian blur: every channel smoothed, with deviations from .4 to 1 pixel; the outermost pixels continue.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::{Corruption, Facts, Family, by_severity};
use crate::smooth::{Gaussian, edge, gaussian};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "smooths by a Gaussian",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [0.4, 0.6, 0.7, 0.8, 1.0], blur),
};

const NAME: &str = "gaussian_blur";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Blur, channels: None, constants: "deviation in pixels" };

fn blur(image: &mut [u8], shape: [usize; 3], sigma: f64, _: &mut Stream) {
    each_plane(image, shape, |x, size| {
        gaussian(&x, size, Gaussian { sigma, truncate: 4.0, outside: edge })
    });
}
