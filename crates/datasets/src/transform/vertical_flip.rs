//! Mirrors the image top to bottom.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::{Matrix, Motion, Transform};
use crate::draw::happens;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "mirrors the image top to bottom, half of the time unless `probability` is given",
    example: "probability = 0.5",
    notes: None,
    parse: |table| {
        let flip: VerticalFlip = params(NAME, table)?;
        within(NAME, "probability", flip.probability, [0.0, 1.0])?;
        Ok(Box::new(flip))
    },
};

const NAME: &str = "vertical_flip";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VerticalFlip {
    #[serde(default = "half")]
    probability: f64,
}

fn half() -> f64 {
    0.5
}

impl Transform for VerticalFlip {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(
        &self,
        image: &mut [u8],
        [_, height, width]: [usize; 3],
        stream: &mut Stream,
    ) -> Motion {
        if !happens(self.probability, stream) {
            return Motion::Still;
        }
        for plane in image.chunks_exact_mut(height * width) {
            for row in 0..height / 2 {
                let (upper, lower) = plane.split_at_mut((height - 1 - row) * width);
                upper[row * width..][..width].swap_with_slice(&mut lower[..width]);
            }
        }
        Motion::Linear(Matrix([1.0, 0.0, 0.0, 0.0, -1.0, height as f64]))
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    #[test]
    fn every_column_is_mirrored_or_none() {
        let mut flips = 0;
        for draw in 0..200 {
            let mut image = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
            VerticalFlip { probability: 0.5 }.apply(
                &mut image,
                [2, 3, 2],
                &mut Seed(draw).stream("flip"),
            );
            if image != [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] {
                assert_eq!(image, [5, 6, 3, 4, 1, 2, 11, 12, 9, 10, 7, 8]);
                flips += 1;
            }
        }
        // 100 expected, deviation 7.1.
        assert!((65..=135).contains(&flips), "{flips}");
    }
}
