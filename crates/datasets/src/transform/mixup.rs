//! Blends the image with another one.
//!
//! ```text
//! y = λ · x + (1 − λ) · x'         λ ~ Beta(alpha, alpha)
//! ```
//!
//! The loss is `λ · loss(label) + (1 − λ) · loss(label')`. Zhang et al. (2018), arXiv:1710.09412. There the partner comes
//! from the same batch; here it is drawn from the whole training part, so that batches do not matter.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::resample::byte;
use super::{Motion, Transform};
use crate::draw::beta;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "blends the image and its label with another one's, by a share from Beta(alpha, alpha)",
    example: "alpha = 0.2",
    notes: None,
    parse: |table| {
        let mixup: Mixup = params(NAME, table)?;
        within(NAME, "alpha", mixup.alpha, [0.001, 1000.0])?;
        Ok(Box::new(mixup))
    },
};

const NAME: &str = "mixup";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mixup {
    alpha: f64,
}

impl Transform for Mixup {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, _: &mut [u8], _: [usize; 3], _: &mut Stream) -> Motion {
        Motion::Still
    }

    fn mixes(&self) -> bool {
        true
    }

    fn mix(&self, image: &mut [u8], partner: &[u8], _: [usize; 3], stream: &mut Stream) -> f64 {
        let share = beta(self.alpha, stream);
        for (pixel, &other) in image.iter_mut().zip(partner) {
            *pixel = byte(share * f64::from(*pixel) + (1.0 - share) * f64::from(other));
        }
        share
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    #[test]
    fn pixels_tell_the_share() {
        let mut shares = Vec::new();
        for draw in 0..500 {
            let mut image = [200, 0, 77];
            let mixup = Mixup { alpha: 1.0 };
            let share =
                mixup.mix(&mut image, &[0, 100, 77], [1, 1, 3], &mut Seed(draw).stream("mix"));
            assert_eq!(image, [byte(200.0 * share), byte(100.0 - 100.0 * share), 77]);
            shares.push(share);
        }
        // Beta(1, 1) is uniform: mean 1/2 with an error of 0.0129.
        let mean = shares.iter().sum::<f64>() / 500.0;
        assert!((mean - 0.5).abs() < 0.065, "{mean}");
    }
}
