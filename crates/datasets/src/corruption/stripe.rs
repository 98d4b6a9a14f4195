//! Stripe: the outer quarters are inverted, `y = 1 − x` for the first and the last `⌊w/4⌋` columns.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::{Corruption, Facts, Family, at_one_level};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "inverts the outer quarters",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, (), invert),
};

const NAME: &str = "stripe";
const FACTS: Facts = Facts { name: NAME, family: Family::Marks, channels: None, constants: "" };

fn invert(image: &mut [u8], [_, _, width]: [usize; 3], (): (), _: &mut Stream) {
    for row in image.chunks_exact_mut(width) {
        let quarter = width / 4;
        let (left, right) = row.split_at_mut(width - quarter);
        left[..quarter].iter_mut().chain(right).for_each(|pixel| *pixel = 255 - *pixel);
    }
}
