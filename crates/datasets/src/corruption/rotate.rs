//! Rotate: turned by 0.4 radians around the centre, to a side that is drawn; 0 beyond the border.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::warp::{around_centre, warp};
use super::{Corruption, Facts, Family, at_one_level};
use crate::draw::happens;
use crate::transform::Border;

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "turns by 0.4 radians to a side that is drawn",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 0.4, rotate),
};

const NAME: &str = "rotate";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Geometry, channels: None, constants: "radians" };

fn rotate(image: &mut [u8], shape: [usize; 3], radians: f64, stream: &mut Stream) {
    let (sin, cos) = if happens(0.5, stream) { radians } else { -radians }.sin_cos();
    each_plane(image, shape, |x, size| {
        let back = around_centre(size, [cos, -sin, sin, cos]);
        warp(&x, size, Border::Zero, |column, row| back.point([column, row]))
    });
}
