//! The noise curve: what Gaussian noise takes of the accuracy.
//!
//! ```text
//! x' = clip(x + σ n, 0, 1)      n standard normal, one for every pixel and channel
//! loss = accuracy − mean over σ of the accuracy at σ
//! ```
//!
//! All arms of a seed see the same noise. Pixels are rounded to bytes again, as an image would be.
//!
//! After Hendrycks and Dietterich (2019), arXiv:1903.12261, whose first corruption it is.

use cenote_evidence::{Direction, MeasureNote};
use cenote_spec::{Kind, Notes, Random, Setting};
use cenote_tensor::{Scalar, Tensor};
use serde::Deserialize;

use super::subject::average;
use super::{
    IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, on_curve, outside, plain,
};
use crate::Error;

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "accuracy under Gaussian noise, and what it loses on average",
    example: "sigmas = [0.05, 0.1, 0.2]",
    notes: Some(Notes {
        formula: "accuracy minus its mean over noises of deviation sigma; in -1 to 1",
        cost: "a forward pass of every image for each sigma, and one more",
        reference: "Hendrycks and Dietterich (2019), arXiv:1903.12261",
        random: Random::Free,
        settings: &[
            Setting {
                name: "sigmas",
                default: "[0.05, 0.1, 0.2]",
                about: "deviations of the noise, as shares of the range of a pixel",
                values: &["[0.1]"],
            },
            IMAGES,
        ],
    }),
    parse: |table| {
        checked(NAME, table, |measure: &Noise| {
            let twice = (1..measure.sigmas.len())
                .any(|at| measure.sigmas[..at].contains(&measure.sigmas[at]));
            let listed = (measure.sigmas.is_empty() || twice).then(|| {
                format!("sigmas is {:?}; expected each once, at least one", measure.sigmas)
            });
            let sigmas = measure.sigmas.iter();
            listed
                .or_else(|| sigmas.clone().find_map(|&sigma| outside("a sigma", sigma, 0.0, 10.0)))
                .or_else(|| outside("images", measure.images, 1, MOST_IMAGES))
        })
    },
};

const NAME: &str = "noise";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Noise {
    #[serde(default = "sigmas")]
    sigmas: Vec<f64>,
    #[serde(default = "images")]
    images: usize,
}

fn sigmas() -> Vec<f64> {
    vec![0.05, 0.1, 0.2]
}

impl Measure for Noise {
    fn notes(&self) -> Vec<MeasureNote> {
        let about = "accuracy that noise takes";
        let loss = expected("noise_loss".to_owned(), about, "share", "C6", Direction::Higher);
        let at = |sigma: &f64| {
            let note = plain(format!("noise_accuracy_{sigma}"), "accuracy under noise", "share");
            let (title, axis) = ("Accuracy under noise", "deviation, share of the range");
            on_curve(note, NAME, title, axis, *sigma)
        };
        std::iter::once(loss).chain(self.sigmas.iter().map(at)).collect()
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let clean = subject.accuracy(&sample.images, &sample.labels)?;
        let size = sample.images.first().map_or(0, Vec::len);
        let shape = [sample.len() * size];
        let noise = Tensor::normal(shape, 1.0, &mut subject.stream(NAME));
        let under = |&sigma: &f64| {
            let images: Vec<Vec<u8>> = sample
                .images
                .iter()
                .zip(noise.as_slice().chunks(size))
                .map(|(image, noise)| noisy(image, noise, sigma))
                .collect();
            subject.accuracy(&images, &sample.labels)
        };
        let accuracies = self.sigmas.iter().map(under).collect::<Result<Vec<f64>, _>>()?;
        let mean = average(accuracies.iter().copied());
        let loss = mean.map(|mean| clean - mean);
        Ok(std::iter::once(loss).chain(accuracies.into_iter().map(Some)).collect())
    }
}

fn noisy(image: &[u8], noise: &[Scalar], sigma: f64) -> Vec<u8> {
    let pixel = |(&pixel, &noise): (&u8, &Scalar)| {
        (f64::from(pixel) + 255.0 * sigma * f64::from(noise)).round().clamp(0.0, 255.0) as u8
    };
    image.iter().zip(noise).map(pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;
    use super::*;

    #[test]
    fn noise_is_added_in_shares_of_the_range_and_clipped() {
        assert_eq!(noisy(&[10, 250, 100], &[-1.0, 1.0, 0.5], 0.1), [0, 255, 113]);
    }

    #[test]
    fn no_noise_takes_nothing_and_a_sum_over_the_object_bears_more_than_one_pixel() {
        let take = |bed: &Testbed, sigma: &str| {
            bed.take(&format!("kind = 'noise'\nsigmas = [{sigma}]"))[0].unwrap()
        };
        let (sum, pixel) = (Testbed::object_reader(), Testbed::corner_reader());
        assert!(take(&sum, "0.0").abs() < 1e-12);
        assert!(take(&sum, "0.2").abs() < take(&pixel, "0.2"));
    }
}
