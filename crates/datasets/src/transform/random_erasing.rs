//! Covers a rectangle of random size and shape.
//!
//! With `probability` (1/2) a rectangle of `area · h · w` pixels is covered, `area` uniform on `[0.02, 0.4]` unless it is
//! given and its height over its width log-uniform on `aspect = [0.3, 3.3]`; sides are rounded to whole pixels. One that is
//! not smaller than the image along both axes is drawn again, ten times at most, then nothing is covered. The place is
//! drawn from all where it fits. It is filled with the byte `fill`, 0, or with bytes drawn at random by `fill = "noise"`.
//!
//! Zhong et al. (2020), arXiv:1708.04896, with the log-uniform aspect of torchvision.

use cenote_spec::{Error as SpecError, Kind, params};
use cenote_tensor::Stream;
use rand_chacha::rand_core::RngCore;
use serde::Deserialize;

use super::bounds::{range_within, within};
use super::cutout::within_box;
use super::{Motion, Transform};
use crate::draw::{happens, uniform};
use crate::order::below;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "covers a rectangle of a random share of the `area` with `fill`, half of the time",
    example: "area = [0.1, 0.3]",
    notes: None,
    parse: |table| {
        let erasing: RandomErasing = params(NAME, table)?;
        within(NAME, "probability", erasing.probability, [0.0, 1.0])?;
        range_within(NAME, "area", erasing.area, [0.0001, 1.0])?;
        range_within(NAME, "aspect", erasing.aspect, [0.01, 100.0])?;
        if matches!(&erasing.fill, Fill::Named(name) if name != "noise") {
            let message = "fill is an unknown word; expected a byte or \"noise\"".to_owned();
            return Err(SpecError::Params { kind: NAME, message });
        }
        Ok(Box::new(erasing))
    },
};

const NAME: &str = "random_erasing";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RandomErasing {
    #[serde(default = "half")]
    probability: f64,
    #[serde(default = "usual_area")]
    area: [f64; 2],
    #[serde(default = "usual_aspect")]
    aspect: [f64; 2],
    #[serde(default)]
    fill: Fill,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Fill {
    Byte(u8),
    Named(String),
}

impl Default for Fill {
    fn default() -> Self {
        Self::Byte(0)
    }
}

fn half() -> f64 {
    0.5
}

fn usual_area() -> [f64; 2] {
    [0.02, 0.4]
}

fn usual_aspect() -> [f64; 2] {
    [0.3, 3.3]
}

impl Transform for RandomErasing {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        if happens(self.probability, stream)
            && let Some(place) = self.rectangle(shape, stream)
        {
            within_box(image, shape, place, |part, _| match self.fill {
                Fill::Byte(byte) => part.fill(byte),
                Fill::Named(_) => stream.fill_bytes(part),
            });
        }
        Motion::Still
    }
}

impl RandomErasing {
    /// Rows and columns that are covered.
    fn rectangle(
        &self,
        [_, height, width]: [usize; 3],
        stream: &mut Stream,
    ) -> Option<[[usize; 2]; 2]> {
        for _ in 0..10 {
            let area = uniform(self.area, stream) * (height * width) as f64;
            let aspect = uniform(self.aspect.map(f64::ln), stream).exp();
            let (h, w) = ((area * aspect).sqrt().round(), (area / aspect).sqrt().round());
            if h < height as f64 && w < width as f64 {
                let (h, w) = (h as usize, w as usize);
                let (top, left) = (below(height - h + 1, stream), below(width - w + 1, stream));
                return Some([[top, top + h], [left, left + w]]);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    fn parsed(text: &str) -> Result<Box<dyn Transform>, SpecError> {
        (KIND.parse)(text.parse().unwrap())
    }

    #[test]
    fn one_rectangle_of_the_asked_share_is_covered() {
        let erasing = parsed("probability = 1.0\narea = [0.1, 0.3]\nfill = 200").unwrap();
        let mut shares = Vec::new();
        for draw in 0..1_000 {
            let mut image = vec![1; 2 * 32 * 24];
            erasing.apply(&mut image, [2, 32, 24], &mut Seed(draw).stream("erase"));
            let covered: Vec<usize> = (0..768).filter(|&at| image[at] == 200).collect();
            let span = |of: &dyn Fn(usize) -> usize| {
                let places = || covered.iter().map(|&at| of(at));
                places().max().unwrap() - places().min().unwrap() + 1
            };
            assert_eq!(span(&|at| at / 24) * span(&|at| at % 24), covered.len(), "a rectangle");
            assert_eq!(image[..768], image[768..]);
            shares.push(covered.len() as f64 / 768.0);
        }
        let mean = shares.iter().sum::<f64>() / 1_000.0;
        // Rounded sides move a share by a few hundredths; the mean of 0.2 has an error of 0.0018.
        assert!((mean - 0.2).abs() < 0.01, "{mean}");
        assert!(shares.iter().all(|share| (0.07..0.34).contains(share)));
    }

    #[test]
    fn noise_covers_channels_apart_and_an_impossible_rectangle_covers_nothing() {
        let erasing = parsed("probability = 1.0\nfill = \"noise\"").unwrap();
        let mut image = vec![1; 2 * 32 * 32];
        erasing.apply(&mut image, [2, 32, 32], &mut Seed(1).stream("erase"));
        assert_ne!(image[..1024], image[1024..]);
        let whole = parsed("probability = 1.0\narea = [1.0, 1.0]").unwrap();
        let mut image = vec![1; 16];
        whole.apply(&mut image, [1, 4, 4], &mut Seed(1).stream("erase"));
        assert_eq!(image, [1; 16]);
        let error = parsed("fill = 'nose'").unwrap_err().to_string();
        assert!(error.ends_with("expected a byte or \"noise\""), "{error}");
    }
}
