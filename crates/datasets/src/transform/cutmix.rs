//! Covers a rectangle of the image with the same rectangle of another one.
//!
//! The rectangle has the sides `√(1 − λ) · (h, w)`, cut to whole pixels, with `λ ~ Beta(alpha, alpha)`, and is centred at a
//! pixel that is drawn from all of them; what lies outside is clipped. The image keeps the share of its pixels that are
//! left, and so does its label: `loss = share · loss(label) + (1 − share) · loss(label')`.
//!
//! Yun et al. (2019), arXiv:1905.04899. There the partner comes from the same batch; here it is drawn from the whole
//! training part, so that batches do not matter.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::cutout::within_box;
use super::{Motion, Transform};
use crate::draw::beta;
use crate::order::below;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "puts a rectangle of another image into this one, and its share of the label",
    example: "alpha = 1.0",
    notes: None,
    parse: |table| {
        let cutmix: Cutmix = params(NAME, table)?;
        within(NAME, "alpha", cutmix.alpha, [0.001, 1000.0])?;
        Ok(Box::new(cutmix))
    },
};

const NAME: &str = "cutmix";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cutmix {
    alpha: f64,
}

impl Transform for Cutmix {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, _: &mut [u8], _: [usize; 3], _: &mut Stream) -> Motion {
        Motion::Still
    }

    fn mixes(&self) -> bool {
        true
    }

    fn mix(&self, image: &mut [u8], partner: &[u8], shape: [usize; 3], stream: &mut Stream) -> f64 {
        let [_, height, width] = shape;
        let side = (1.0 - beta(self.alpha, stream)).sqrt();
        let mut range = |count: usize| {
            let length = (side * count as f64) as isize;
            let centre = below(count, stream) as isize;
            let inside = |at: isize| at.clamp(0, count as isize) as usize;
            [inside(centre - length / 2), inside(centre - length / 2 + length)]
        };
        let (rows, columns) = (range(height), range(width));
        within_box(image, shape, [rows, columns], |part, start| {
            part.copy_from_slice(&partner[start..][..part.len()]);
        });
        let covered = (rows[1] - rows[0]) * (columns[1] - columns[0]);
        1.0 - covered as f64 / (height * width) as f64
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    #[test]
    fn the_share_is_that_of_the_pixels_that_are_left() {
        let mut sizes = Vec::new();
        for draw in 0..300 {
            let mut image = vec![1; 2 * 9 * 7];
            let stream = &mut Seed(draw).stream("mix");
            let share = Cutmix { alpha: 1.0 }.mix(&mut image, &[2; 126], [2, 9, 7], stream);
            let left = 63 - image[..63].iter().map(|&pixel| usize::from(pixel - 1)).sum::<usize>();
            assert!((share - left as f64 / 63.0).abs() < 1e-12);
            assert_eq!(image[..63], image[63..]);
            sizes.push(left);
        }
        sizes.sort_unstable();
        sizes.dedup();
        assert!(sizes.len() > 15, "{sizes:?}");
    }
}
