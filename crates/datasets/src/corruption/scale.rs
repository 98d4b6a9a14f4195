//! Scale: shrunk to 70 % around the centre; 0 beyond the border.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::warp::{around_centre, warp};
use super::{Corruption, Facts, Family, at_one_level};
use crate::transform::Border;

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "shrinks to 70 %",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 0.7, shrink),
};

const NAME: &str = "scale";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Geometry, channels: None, constants: "factor of the size" };

fn shrink(image: &mut [u8], shape: [usize; 3], factor: f64, _: &mut Stream) {
    each_plane(image, shape, |x, size| {
        let back = around_centre(size, [1.0 / factor, 0.0, 0.0, 1.0 / factor]);
        warp(&x, size, Border::Zero, |column, row| back.point([column, row]))
    });
}
