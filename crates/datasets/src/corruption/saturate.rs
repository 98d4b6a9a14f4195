//! Saturate: the saturation `s` of every pixel, by hue, saturation and value, becomes `a s + b`, clipped to `0..=1`.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::cut;
use super::{Corruption, Facts, Family, by_severity};
use crate::transform::{from_hsv, to_hsv};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "takes colour away at severity 1 and 2, adds it above",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, LEVELS, saturate),
};

const NAME: &str = "saturate";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Digital,
    channels: Some(3),
    constants: "factor of the saturation, and what is added",
};
const LEVELS: [[f64; 2]; 5] = [[0.3, 0.0], [0.1, 0.0], [1.5, 0.0], [2.0, 0.1], [2.5, 0.2]];

fn saturate(image: &mut [u8], _: [usize; 3], [factor, added]: [f64; 2], _: &mut Stream) {
    each_hsv(image, |[hue, saturation, value]| {
        [hue, (factor * saturation + added).clamp(0.0, 1.0), value]
    });
}

/// Changes hue, saturation and value of every pixel, all `0..=1`.
pub(super) fn each_hsv(image: &mut [u8], change: impl Fn([f64; 3]) -> [f64; 3]) {
    let (red, rest) = image.split_at_mut(image.len() / 3);
    let (green, blue) = rest.split_at_mut(rest.len() / 2);
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let colour = [*r, *g, *b].map(|value| f64::from(value) / 255.0);
        [*r, *g, *b] = from_hsv(change(to_hsv(colour))).map(cut);
    }
}
