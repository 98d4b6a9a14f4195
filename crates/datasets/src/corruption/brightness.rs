//! Brightness: the value of every pixel, by hue, saturation and value, is raised by `c` and clipped.
//!
//! Of images that have no three channels every value is raised.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_value;
use super::saturate::each_hsv;
use super::{Corruption, Facts, Family, at_one_level, by_severity};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "raises the value of colours by .05 to .3",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [0.05, 0.1, 0.15, 0.2, 0.3], raise),
};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "raises all values by .5",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, 0.5, raise),
};

const NAME: &str = "brightness";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Weather, channels: None, constants: "what is added" };

fn raise(image: &mut [u8], [channels, ..]: [usize; 3], by: f64, _: &mut Stream) {
    if channels == 3 {
        each_hsv(image, |[hue, saturation, value]| [hue, saturation, (value + by).min(1.0)]);
    } else {
        each_value(image, |x| x + by);
    }
}
