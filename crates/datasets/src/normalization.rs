//! Scaling of pixels to mean 0 and deviation 1.

use cenote_tensor::Scalar;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Error, Split};

/// Mean and standard deviation of each channel, of pixels scaled to `0..=1`.
///
/// ```text
/// y = (pixel / 255 − mean) / deviation
/// ```
///
/// A channel without variation has nothing to scale: its deviation 0 counts as 1 and `y` is 0 there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Mean of each channel.
    pub mean: Vec<Scalar>,
    /// Standard deviation of each channel, over all pixels (not a sample estimate).
    pub deviation: Vec<Scalar>,
}

impl Normalization {
    /// Measures a split. Measure the training part only: the test part must not leak into training.
    ///
    /// Images in memory are all measured. Of images that stay in their files at most [`Normalization::SAMPLE`] are
    /// decoded for it, at equal distances: image `⌊i · N / SAMPLE⌋` for each `i`.
    ///
    /// # Errors
    ///
    /// When an image stays in its file and that cannot be read or decoded.
    pub fn of(train: &Split) -> Result<Self, Error> {
        let images = train.images();
        let measured =
            if images.in_memory() { images.len() } else { images.len().min(Self::SAMPLE) };
        let counts = (0..measured).into_par_iter().with_min_len(64).try_fold(
            || (PixelCounts::new(train.shape()[0]), Vec::new()),
            |(mut counts, mut pixels), nth| {
                pixels.clear();
                images.read(nth * images.len() / measured, &mut pixels)?;
                counts.add(&pixels);
                Ok::<_, Error>((counts, pixels))
            },
        );
        let none = || PixelCounts::new(train.shape()[0]);
        let counts = counts.map(|part| part.map(|(counts, _)| counts));
        let together = |mut counts: PixelCounts, more| {
            counts.merge(&more);
            Ok(counts)
        };
        Ok(counts.try_reduce(none, together)?.normalization())
    }

    /// The most images that are decoded to be measured.
    pub const SAMPLE: usize = 4096;

    /// Refuses a split that has another number of channels.
    pub(crate) fn fits(&self, split: &Split) -> Result<(), Error> {
        let channels = split.shape()[0];
        if self.mean.len() == channels && self.deviation.len() == channels {
            return Ok(());
        }
        Err(Error::Setting {
            what: "normalization: number of (means, deviations)",
            got: format!("{:?}", (self.mean.len(), self.deviation.len())),
            expected: format!("{channels} each, one per channel"),
        })
    }

    /// The scaled value of each of the 256 bytes, per channel.
    pub(crate) fn tables(&self) -> Vec<[Scalar; 256]> {
        let per_channel = self.mean.iter().zip(&self.deviation);
        per_channel
            .map(|(&mean, &deviation)| {
                let (mean, deviation) = (f64::from(mean), f64::from(deviation));
                let deviation = if deviation == 0.0 { 1.0 } else { deviation };
                std::array::from_fn(|pixel| ((pixel as f64 / 255.0 - mean) / deviation) as Scalar)
            })
            .collect()
    }
}

/// How often each value occurs in each channel, image after image of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixelCounts(Vec<[u64; 256]>);

impl PixelCounts {
    /// Starts with no image of so many channels.
    pub fn new(channels: usize) -> Self {
        Self(vec![[0; 256]; channels])
    }

    /// Adds the planes `(C, H, W)` of an image.
    ///
    /// # Panics
    ///
    /// When the planes are not of one length.
    pub fn add(&mut self, planes: &[u8]) {
        assert!(planes.len().is_multiple_of(self.0.len()), "every channel has as many pixels");
        let area = (planes.len() / self.0.len()).max(1);
        for (plane, counts) in planes.chunks_exact(area).zip(&mut self.0) {
            for &pixel in plane {
                counts[usize::from(pixel)] += 1;
            }
        }
    }

    /// Adds what another has counted.
    ///
    /// # Panics
    ///
    /// When it has another number of channels.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(self.0.len(), other.0.len(), "both count the same channels");
        for (counts, more) in self.0.iter_mut().zip(&other.0) {
            for (count, more) in counts.iter_mut().zip(more) {
                *count += more;
            }
        }
    }

    /// The mean and deviation of all that was added.
    pub fn normalization(&self) -> Normalization {
        let (mean, deviation) = self.0.iter().map(moments).unzip();
        Normalization { mean, deviation }
    }
}

/// Mean and deviation from counts of bytes; the sums are whole numbers, so their order cannot matter.
fn moments(counts: &[u64; 256]) -> (Scalar, Scalar) {
    let weighted = |power: u32| -> u128 {
        (0_u128..).zip(counts).map(|(pixel, &count)| pixel.pow(power) * u128::from(count)).sum()
    };
    let (total, sum, squares) = (weighted(0), weighted(1), weighted(2));
    let count = total.max(1);
    // N² · variance = N · Σx² − (Σx)², exact until the division.
    let variance = (count * squares - sum * sum) as f64 / (count as f64).powi(2);
    ((sum as f64 / count as f64 / 255.0) as Scalar, (variance.sqrt() / 255.0) as Scalar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Images;

    fn split(channels: usize, pixels: Vec<u8>) -> Split {
        let images = Images::new([channels, 1, 2], pixels).unwrap();
        let labels = vec![0; images.len()];
        Split::new(images, labels).unwrap()
    }

    #[test]
    fn channels_are_measured_apart() {
        let measured = Normalization::of(&split(2, vec![0, 255, 51, 51, 255, 0, 51, 51])).unwrap();
        let expected = Normalization { mean: vec![0.5, 0.2], deviation: vec![0.5, 0.0] };
        assert_eq!(measured, expected);
    }

    #[test]
    fn scaled_pixels_have_mean_zero_and_deviation_one() {
        let pixels: Vec<u8> = (0..200_u32).map(|x| (x * x % 251) as u8).collect();
        let split = split(1, pixels.clone());
        let tables = Normalization::of(&split).unwrap().tables();
        let scaled: Vec<f64> =
            pixels.iter().map(|&pixel| tables[0][usize::from(pixel)].into()).collect();
        let mean = scaled.iter().sum::<f64>() / 200.0;
        let variance = scaled.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / 200.0;
        assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6, "{mean} {variance}");
    }

    #[test]
    fn a_constant_channel_becomes_zero() {
        let normalization = Normalization::of(&split(1, vec![51; 6])).unwrap();
        assert_eq!(normalization.deviation, [0.0]);
        let y = normalization.tables()[0][51];
        assert!(y.abs() < 1e-7, "{y}");
    }

    #[test]
    fn a_wrong_number_of_channels_is_refused() {
        let grey = Normalization::of(&split(1, vec![1, 2])).unwrap();
        let error = grey.fits(&split(2, vec![0; 4])).unwrap_err().to_string();
        assert_eq!(
            error,
            "normalization: number of (means, deviations) is (1, 1); expected 2 each, one per channel"
        );
    }
}
