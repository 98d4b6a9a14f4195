//! Bends the image by a smooth random field.
//!
//! ```text
//! y[q] = x(q + alpha · (G_sigma ∗ u)[q])          u[q] uniform on [−1, 1)², G_sigma a Gaussian of `sigma` pixels
//! ```
//!
//! `alpha` is in pixels, but smoothing shrinks the field: its deviation is about `alpha / (2 √(3π) sigma)` pixels, 0.43
//! for the example. The Gaussian is cut at `⌈3 sigma⌉` and sums to 1; beyond the border the field is mirrored
//! (`cba|abc|cba`). The image is read bilinearly, with 0 beyond its border, or what `border` says. Settings whose field
//! would fold the image (`alpha > 2 sigma²`) are refused.
//!
//! Simard, Steinkraus and Platt (2003), doi:10.1109/ICDAR.2003.1227801.

use cenote_spec::{Error as SpecError, Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::{Border, Field, Interpolation, Motion, Transform, resample};
use crate::draw::uniform;
use crate::smooth::{Gaussian, gaussian, mirror};

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "bends the image by a random field of strength `alpha`, smoothed over `sigma` pixels",
    example: "alpha = 8.0\nsigma = 3.0",
    notes: None,
    parse: |table| {
        let elastic: Elastic = params(NAME, table)?;
        within(NAME, "sigma", elastic.sigma, [0.5, 100.0])?;
        within(NAME, "alpha", elastic.alpha, [0.0, 20_000.0])?;
        let most = 2.0 * elastic.sigma.powi(2);
        if elastic.alpha > most {
            let message = format!(
                "alpha is {}; expected at most {most}, twice the square of sigma: more would fold the image",
                elastic.alpha
            );
            return Err(SpecError::Params { kind: NAME, message });
        }
        Ok(Box::new(elastic))
    },
};

const NAME: &str = "elastic";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Elastic {
    alpha: f64,
    sigma: f64,
    #[serde(default)]
    border: Border,
}

impl Transform for Elastic {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        let [_, height, width] = shape;
        let mut smooth = || {
            let drawn: Vec<f64> =
                (0..height * width).map(|_| uniform([-1.0, 1.0], stream)).collect();
            let kernel = Gaussian { sigma: self.sigma, truncate: 3.0, outside: mirror };
            gaussian(&drawn, [height, width], kernel)
        };
        let (right, down) = (smooth(), smooth());
        let offsets = right.into_iter().zip(down);
        let offsets = offsets.map(|(x, y)| [self.alpha * x, self.alpha * y]).collect();
        let field = Field { width, offsets };
        resample(image, shape, (Interpolation::Bilinear, self.border), |[x, y]| {
            let [right, down] = field.offset([x, y]);
            [x + right, y + down]
        });
        Motion::Field(field)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    #[test]
    fn the_field_has_the_deviation_of_the_formula() {
        let elastic = Elastic { alpha: 10.0, sigma: 3.0, border: Border::Zero };
        let mut squares = Vec::new();
        for draw in 0..40 {
            let mut image = vec![0; 64 * 64];
            let motion = elastic.apply(&mut image, [1, 64, 64], &mut Seed(draw).stream("bend"));
            let Motion::Field(field) = motion else { panic!("it bends") };
            // Away from the border, where mirroring counts draws twice.
            let inner =
                field.offsets.chunks_exact(64).skip(12).take(40).flat_map(|row| &row[12..52]);
            squares.extend(inner.flatten().map(|d| d * d));
        }
        let deviation = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
        let expected = 10.0 / (2.0 * (3.0 * std::f64::consts::PI).sqrt() * 3.0);
        assert!((deviation / expected - 1.0).abs() < 0.05, "{deviation} {expected}");
    }

    #[test]
    fn a_field_that_folds_is_refused() {
        let error = (KIND.parse)("alpha = 40.0\nsigma = 2.0".parse().unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "elastic: alpha is 40; expected at most 8, twice the square of sigma: more would fold the image"
        );
    }
}
