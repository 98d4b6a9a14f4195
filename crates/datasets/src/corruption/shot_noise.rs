//! Shot noise: `y = Poisson(c · x) / c`, drawn for every value; the fewer counts `c` for white, the more noise.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_value;
use super::{Corruption, Facts, Family, at_one_level, by_severity};
use crate::draw::poisson;

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "counts photons, from 500 for white at severity 1 to 50 at severity 5",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [500.0, 250.0, 100.0, 75.0, 50.0], count),
};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "counts photons, 3 for white",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 3.0, count),
};

const NAME: &str = "shot_noise";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Noise, channels: None, constants: "photons for white" };

fn count(image: &mut [u8], _: [usize; 3], white: f64, stream: &mut Stream) {
    each_value(image, |x| f64::from(poisson(white * x, stream)) / white);
}
