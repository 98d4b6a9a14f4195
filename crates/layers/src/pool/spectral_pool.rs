//! Spectral pooling: the low part of the spectrum, brought back as a smaller map.
//!
//! ```text
//! X = F x             the spectrum of every channel, rows and columns
//! y = F⁻¹ (X at frequencies −O/2 … O/2)          scaled so that means are kept
//! dx = its adjoint: the spectrum of dy, padded with zeros
//! ```
//!
//! Any output size up to that of the input, by `output_size`, or `⌈I/stride⌉`. Most of the power of
//! images lies in low frequencies, so this loses less than dropping cells does. Where `O` is even and
//! less than `I`, the frequencies `O/2` and `−O/2` share one cell of the new spectrum, which gets the
//! mean of both on each axis: the output is real and mirrored inputs give mirrored outputs. (Taking
//! the real part of the cropped spectrum's inverse, as some code does, differs from this in the one
//! corner where both axes are at that frequency.) The map is taken to be periodic. Linear: one NaN or
//! infinity spreads to all outputs that weigh it, mostly those of its whole plane. Training and use are
//! alike; nothing is kept. Axes of up to 47 cells are multiplied by the matrix of the map, `O`
//! multiply-adds per cell of each axis, or little more than half of them where it is halved, since the
//! others are by zero; from 48 on transforms take `O(I log I)`. After Rippel, Snoek and Adams (2015),
//! arXiv:1506.03767.

use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{BandLimit, Shape, Taper};
use serde::Deserialize;

use super::adaptive::{OUTPUT_SIZE, checked_size};
use super::settings::STRIDE;
use super::spectral::Spectral;
use crate::layer::maps;
use crate::{Change, Changed, Error, Layer, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "low part of the spectrum, brought back as a smaller map",
    example: "stride = 2",
    notes: Some(Notes {
        formula: "y = inverse DFT of the centred OH x OW crop of the DFT of x, times OH OW / (H W)",
        cost: "up to W OH H + OH W OW multiply-adds per channel, O(n log n) from 48 cells; keeps nothing",
        reference: "Rippel, Snoek and Adams (2015), arXiv:1506.03767",
        random: Random::No,
        settings: &[
            Setting { default: "none", ..OUTPUT_SIZE },
            Setting { default: "2", values: &["1", "2", "3", "[2, 1]"], ..STRIDE },
        ],
    }),
    parse: |table| Ok(Box::new(params::<SpectralPool>(NAME, table)?)),
};

const NAME: &str = "spectral_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpectralPool {
    output_size: Option<Pair>,
    stride: Option<Pair>,
}

impl LayerSpec for SpectralPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let refuse = |name, got: String, expected: String| {
            Err(Error::Setting { kind: NAME, name, got, expected })
        };
        let output = match (self.output_size, self.stride) {
            (Some(size), None) => checked_size(NAME, "output_size", size)?,
            (None, stride) => {
                let stride = stride.unwrap_or(Pair::two()).0;
                if stride.contains(&0) {
                    return refuse("stride", "0".into(), "at least 1".into());
                }
                [rows.div_ceil(stride[0]), columns.div_ceil(stride[1])]
            }
            (Some(_), Some(_)) => {
                let expected = "one of output_size and stride";
                return refuse("output_size", "given with stride".into(), expected.into());
            }
        };
        if output[0] > rows || output[1] > columns {
            let got = format!("{}x{}", output[0], output[1]);
            return refuse("output_size", got, format!("at most the input's {rows}x{columns}"));
        }
        let limit = BandLimit::new([rows, columns], output, Taper::Sharp);
        Ok(Box::new(Spectral { kind: NAME, output: [channels, output[0], output[1]], limit }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn a_slow_wave_keeps_its_shape_and_a_fast_one_vanishes() {
        let wave = |periods: usize| {
            Tensor::from_fn([1, 1, 3, 8], |i| {
                (std::f64::consts::TAU * (periods * (i % 8)) as f64 / 8.0).cos() as Scalar
            })
        };
        let layer = fit("kind = 'spectral_pool'\noutput_size = [3, 4]", [1, 3, 8]).expect("fits");
        for (periods, expected) in [(1, [1.0, 0.0, -1.0, 0.0]), (3, [0.0; 4])] {
            let y = run(&layer, wave(periods)).0;
            for (i, y) in y.as_slice().iter().enumerate() {
                assert!((y - expected[i % 4]).abs() < 1e-6, "{periods}: {y}");
            }
        }
    }

    #[test]
    fn a_stride_divides_its_own_axis() {
        let layer = fit("kind = 'spectral_pool'\nstride = [1, 3]", [1, 4, 7]).expect("fits");
        assert_eq!(layer.output().dims(), [1, 4, 3]);
    }

    #[test]
    fn a_size_larger_than_the_input_is_refused() {
        let error = fit("kind = 'spectral_pool'\noutput_size = 6", [1, 5, 7]).expect_err("6 > 5");
        assert_eq!(
            error.to_string(),
            "spectral_pool: output_size is 6x6; expected at most the input's 5x7"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn the_gradient_matches_differences_for_any_size(
            size in (1_usize..7, 1_usize..9),
            output in (1_usize..7, 1_usize..9),
        ) {
            let text = format!("kind = 'spectral_pool'\noutput_size = [{}, {}]", output.0, output.1);
            if let Ok(layer) = fit(&text, [2, size.0, size.1]) {
                check_gradient(&layer, 2)?;
            }
        }
    }
}
