//! Impulse noise: a share `c` of all values becomes 0 or 1 with equal chance, each channel by itself.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_value;
use super::{Corruption, Facts, Family, at_one_level, by_severity};
use crate::draw::unit;

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "salt and pepper on 1 to 7 % of the values",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [0.01, 0.02, 0.03, 0.05, 0.07], salt),
};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "salt and pepper on 17 % of the values",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 0.17, salt),
};

const NAME: &str = "impulse_noise";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Noise, channels: None, constants: "share of the values" };

fn salt(image: &mut [u8], _: [usize; 3], share: f64, stream: &mut Stream) {
    each_value(image, |x| match unit(stream) {
        draw if draw < share / 2.0 => 0.0,
        draw if draw < share => 1.0,
        _ => x,
    });
}
