//! Translate: moved by 3 pixels along rows and columns, each to a side that is drawn; 0 moves in.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::warp::warp;
use super::{Corruption, Facts, Family, at_one_level};
use crate::draw::happens;
use crate::transform::Border;

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "moves by 3 pixels along rows and columns",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 3.0, translate),
};

const NAME: &str = "translate";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Geometry, channels: None, constants: "pixels" };

fn translate(image: &mut [u8], shape: [usize; 3], pixels: f64, stream: &mut Stream) {
    let mut side = || if happens(0.5, stream) { pixels } else { -pixels };
    let (right, down) = (side(), side());
    each_plane(image, shape, |x, size| {
        warp(&x, size, Border::Zero, |column, row| [column + right, row + down])
    });
}
