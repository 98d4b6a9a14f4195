//! Shear: rows move sideways in proportion to their distance from the middle.
//!
//! Measured from the centre, the pixel at `(x, y)` shows what was at `(x − y sin a, y cos a)`, `a` being 0.4 or −0.4 radians
//! with equal chance; 0 lies beyond the border. It is the map that scikit-image called a shear when the files were made.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::warp::{around_centre, warp};
use super::{Corruption, Facts, Family, at_one_level};
use crate::draw::happens;
use crate::transform::Border;

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "moves rows sideways, by 0.4 radians to a side that is drawn",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 0.4, shear),
};

const NAME: &str = "shear";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Geometry, channels: None, constants: "radians" };

fn shear(image: &mut [u8], shape: [usize; 3], radians: f64, stream: &mut Stream) {
    let (sin, cos) = if happens(0.5, stream) { radians } else { -radians }.sin_cos();
    each_plane(image, shape, |x, size| {
        let back = around_centre(size, [1.0, -sin, 0.0, cos]);
        warp(&x, size, Border::Zero, |column, row| back.point([column, row]))
    });
}
