//! Speckle noise: `y = x + x · N(0, c²)`, drawn for every value; `c` from .06 to .2.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_value;
use super::{Corruption, Facts, Family, by_severity};
use crate::draw::normal;

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "adds normal noise in proportion to every value",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [0.06, 0.1, 0.12, 0.16, 0.2], multiply),
};

const NAME: &str = "speckle_noise";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Noise,
    channels: None,
    constants: "deviation as a share of the value",
};

fn multiply(image: &mut [u8], _: [usize; 3], deviation: f64, stream: &mut Stream) {
    each_value(image, |x| x + x * deviation * normal(stream));
}
