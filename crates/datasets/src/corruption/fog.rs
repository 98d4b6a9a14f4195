//! Fog: a cloud is added and the image darkened to make room.
//!
//! ```text
//! y = (x + c · cloud) · m / (m + c)          m the largest value of the image
//! ```
//!
//! The cloud is a diamond-square plane of the next power of two, cut to the size of the image.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::{numbers, put};
use super::plasma::plasma;
use super::{Corruption, Facts, Family, at_one_level, by_severity};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "a random cloud in front of the image",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, LEVELS, cover),
};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "a random cloud in front of the image",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, [3.0, 1.4], cover),
};

const NAME: &str = "fog";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Weather,
    channels: None,
    constants: "strength of the cloud and decay of its roughness",
};
const LEVELS: [[f64; 2]; 5] = [[0.2, 3.0], [0.5, 3.0], [0.75, 2.5], [1.0, 2.0], [1.5, 1.75]];

fn cover(image: &mut [u8], shape: [usize; 3], [strength, decay]: [f64; 2], stream: &mut Stream) {
    let [_, height, width] = shape;
    let side = height.max(width).next_power_of_two();
    let cloud = plasma(side, decay, stream);
    let x = numbers(image);
    let most = x.iter().copied().fold(0.0, f64::max);
    let fogged = x.iter().enumerate().map(|(at, x)| {
        let place = at % (height * width);
        let cloud = cloud[place / width * side + place % width];
        (x + strength * cloud) * most / (most + strength)
    });
    put(image, fogged);
}
