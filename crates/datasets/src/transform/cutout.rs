//! Covers a square of the image.
//!
//! The square has sides of `size` pixels and is centred at a pixel that is drawn from all of them, so part of it may lie
//! outside: it reaches from `centre − ⌊size/2⌋` to `centre − ⌊size/2⌋ + size`, clipped to the image. It is filled with the
//! byte `fill`, 0 unless it is given. `DeVries` and Taylor (2017), arXiv:1708.04552, fill with the mean of the data after
//! scaling; `fill` near the mean byte is that.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::{Motion, Transform};
use crate::order::below;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "covers a square of `size` pixels with `fill`, which is 0",
    example: "size = 3",
    notes: None,
    parse: |table| {
        let cutout: Cutout = params(NAME, table)?;
        within(NAME, "size", cutout.size, [1, 8192])?;
        Ok(Box::new(cutout))
    },
};

const NAME: &str = "cutout";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cutout {
    size: usize,
    #[serde(default)]
    fill: u8,
}

impl Transform for Cutout {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        let [_, height, width] = shape;
        let mut side = |count: usize| {
            let start = below(count, stream) as isize - (self.size / 2) as isize;
            let inside = |at: isize| at.clamp(0, count as isize) as usize;
            [inside(start), inside(start + self.size as isize)]
        };
        let (rows, columns) = (side(height), side(width));
        within_box(image, shape, [rows, columns], |part, _| part.fill(self.fill));
        Motion::Still
    }
}

/// Hands the part of every row of every channel that lies in a box to `change`, with the place where it starts.
pub(super) fn within_box(
    image: &mut [u8],
    [channels, height, width]: [usize; 3],
    [[top, bottom], [left, right]]: [[usize; 2]; 2],
    mut change: impl FnMut(&mut [u8], usize),
) {
    for channel in 0..channels {
        for row in top..bottom {
            let start = (channel * height + row) * width;
            change(&mut image[start + left..start + right], start + left);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cenote_tensor::Seed;

    use super::*;

    #[test]
    fn squares_are_centred_at_every_pixel_equally_often_and_clipped() {
        let cutout = Cutout { size: 3, fill: 9 };
        let mut seen = BTreeMap::new();
        for draw in 0..3_000 {
            let mut image = [1; 40];
            cutout.apply(&mut image, [2, 4, 5], &mut Seed(draw).stream("cutout"));
            assert_eq!(image[..20], image[20..]);
            *seen.entry(image).or_insert(0_u32) += 1;
        }
        for centre in 0..20 {
            let near = |at: usize| {
                (at / 5).abs_diff(centre / 5) <= 1 && (at % 5).abs_diff(centre % 5) <= 1
            };
            let expected: [u8; 40] = std::array::from_fn(|at| if near(at % 20) { 9 } else { 1 });
            // 150 expected, deviation 11.9.
            let count = seen.remove(&expected).unwrap_or(0);
            assert!(count.abs_diff(150) < 60, "{centre}: {count}");
        }
        assert!(seen.is_empty());
    }
}
