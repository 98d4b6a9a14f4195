//! Gaussian noise: `y = x + N(0, c²)`, drawn for every value; `c` from .04 to .10.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_value;
use super::{Corruption, Facts, Family, by_severity};
use crate::draw::normal;

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "adds normal noise to every value",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [0.04, 0.06, 0.08, 0.09, 0.10], add),
};

const NAME: &str = "gaussian_noise";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Noise, channels: None, constants: "deviation" };

fn add(image: &mut [u8], _: [usize; 3], deviation: f64, stream: &mut Stream) {
    each_value(image, |x| x + deviation * normal(stream));
}
