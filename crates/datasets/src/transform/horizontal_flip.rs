//! Mirrors the image left to right.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use rand_chacha::rand_core::RngCore;
use serde::Deserialize;

use super::bounds::within;
use super::{Matrix, Motion, Transform};

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "mirrors the image left to right, half of the time unless `probability` is given",
    example: "probability = 0.5",
    notes: None,
    parse: |table| {
        let flip: HorizontalFlip = params(NAME, table)?;
        within(NAME, "probability", flip.probability, [0.0, 1.0])?;
        Ok(Box::new(flip))
    },
};

const NAME: &str = "horizontal_flip";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HorizontalFlip {
    #[serde(default = "half")]
    probability: f64,
}

fn half() -> f64 {
    0.5
}

impl Transform for HorizontalFlip {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], [_, _, width]: [usize; 3], stream: &mut Stream) -> Motion {
        if f64::from(stream.next_u32()) >= self.probability * 2.0_f64.powi(32) {
            return Motion::Still;
        }
        image.chunks_exact_mut(width).for_each(mirror);
        Motion::Linear(Matrix([-1.0, 0.0, width as f64, 0.0, 1.0, 0.0]))
    }
}

/// Reverses a row, eight bytes of either end at a time.
fn mirror(row: &mut [u8]) {
    let half = row.len() / 2;
    let (left, right) = row.split_at_mut(half);
    let middle = right.len() - half;
    let (lefts, left) = left.as_chunks_mut::<8>();
    let (right, rights) = right[middle..].as_rchunks_mut::<8>();
    for (a, b) in lefts.iter_mut().zip(rights.iter_mut().rev()) {
        let swapped = [*b, *a].map(|bytes| u64::from_ne_bytes(bytes).swap_bytes().to_ne_bytes());
        [*a, *b] = swapped;
    }
    left.swap_with_slice(right);
    left.reverse();
    right.reverse();
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    fn flipped(probability: f64, draws: u64) -> usize {
        let flip = HorizontalFlip { probability };
        let flips = (0..draws).filter(|&draw| {
            let mut image = [1, 2, 3, 4, 5, 6];
            flip.apply(&mut image, [1, 2, 3], &mut Seed(draw).stream("flip"));
            assert!(image == [1, 2, 3, 4, 5, 6] || image == [3, 2, 1, 6, 5, 4], "{image:?}");
            image[0] == 3
        });
        flips.count()
    }

    #[test]
    fn every_row_is_mirrored_or_none() {
        assert_eq!(flipped(0.0, 50), 0);
        assert_eq!(flipped(1.0, 50), 50);
    }

    #[test]
    fn a_row_of_any_length_is_mirrored() {
        for length in 0..50 {
            let row: Vec<u8> = (0..length).collect();
            let mut mirrored = row.clone();
            mirror(&mut mirrored);
            assert!(mirrored.iter().eq(row.iter().rev()), "{mirrored:?}");
        }
    }

    #[test]
    fn images_are_mirrored_as_often_as_asked() {
        // 2,000 draws at 0.3: deviation 20.5, five of them allowed.
        let flips = flipped(0.3, 2_000);
        assert!(flips.abs_diff(600) < 103, "{flips}");
    }

    #[test]
    fn a_probability_outside_zero_to_one_is_refused() {
        for text in ["probability = 1.5", "probability = -0.1", "probability = nan"] {
            let error = (KIND.parse)(text.parse().unwrap()).unwrap_err().to_string();
            assert!(error.starts_with("horizontal_flip: probability is "), "{error}");
        }
    }
}
