//! Dotted line: a soft bright line from the first to the last column, of which every other pair of columns is left out.
//!
//! Its ends are in rows that are drawn, below the last.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::line::{add, line};
use super::plane::each_plane;
use super::{Corruption, Facts, Family, at_one_level};
use crate::order::below;

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "a dotted line across the image",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, (), dot),
};

const NAME: &str = "dotted_line";
const FACTS: Facts = Facts { name: NAME, family: Family::Marks, channels: None, constants: "" };

fn dot(image: &mut [u8], shape: [usize; 3], (): (), stream: &mut Stream) {
    each_plane(image, shape, |x, [height, width]| {
        let mut row = || below(height - 1, stream) as f64;
        let (start, end) = (row(), row());
        let mut bright = line([height, width], [0.0, start], [(width - 1) as f64, end]);
        let dark = bright.iter_mut().enumerate().filter(|(at, _)| at % width / 2 % 2 == 0);
        dark.for_each(|(_, brightness)| *brightness = 0.0);
        add(&x, &bright)
    });
}
