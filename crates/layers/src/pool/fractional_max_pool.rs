//! Fractional max pooling: windows whose places are drawn, for any ratio of sizes.
//!
//! ```text
//! overlapping    α = (I − k) / (O − 1)      start_i = ⌊(i + u) α⌋ − ⌊u α⌋ for i < O − 1, else I − k
//!                window i: k cells from start_i
//! disjoint       α = I / O                  start_i = ⌊(i + u) α⌋ − ⌊u α⌋, start_O = I
//!                window i: from start_i to below start_{i+1}
//! y  = max over the window of x        dx = dy at the winning cell, summed over the windows it wins
//! ```
//!
//! `u` is uniform on `[0, 1)`, one for the columns and one for the rows of every image and channel,
//! from the stream `fractional_max_pool/PATH/stepK` in that order: PyTorch's rule and order. In use
//! `u` is 1/2 everywhere, so that every output depends on its own input alone; Graham averages whole
//! networks over several draws instead. Give `output_size`, or `output_ratio` between 0 and 1.
//! `overlapping = true` with `kernel_size` is PyTorch's `FractionalMaxPool2d`; disjoint windows tile
//! the map and have no size of their own. Ties and NaN are those of `max_pool`. `K − 1` comparisons
//! per output; four bytes per output are kept. After Graham (2014), arXiv:1412.6071.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Regions, Scalar, Shape, Stream};
use rand_chacha::rand_core::RngCore;
use serde::Deserialize;

use super::adaptive::{OUTPUT_SIZE, checked_size};
use super::regional::{regional_maximum, regional_maximum_of_each};
use super::settings::KERNEL_SIZE;
use crate::layer::maps;
use crate::{Cost, Error, Layer, LayerSpec, Mode, Pair, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cell of windows at drawn places, for any ratio of sizes",
    example: "kernel_size = 2\noutput_ratio = 0.6",
    notes: Some(Notes {
        formula: "y = max over k x k cells from floor((i + u) a) - floor(u a), u drawn",
        cost: "K - 1 comparisons per output; keeps 4 bytes per output",
        reference: "Graham (2014), arXiv:1412.6071; torch FractionalMaxPool2d",
        random: Random::Free,
        settings: &[
            Setting { default: "2", ..KERNEL_SIZE },
            Setting { default: "none", ..OUTPUT_SIZE },
            Setting {
                name: "output_ratio",
                default: "none",
                about: "output size by input size, if output_size is not given",
                values: &["0.5", "0.6", "0.71"],
            },
            Setting {
                name: "overlapping",
                default: "true",
                about: "windows of kernel_size cells; false for windows that tile the map",
                values: &["true", "false"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(params::<FractionalMaxPool>(NAME, table)?)),
};

const NAME: &str = "fractional_max_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FractionalMaxPool {
    #[serde(default = "Pair::two")]
    kernel_size: Pair,
    output_size: Option<Pair>,
    output_ratio: Option<f64>,
    #[serde(default = "overlapping")]
    overlapping: bool,
}

fn overlapping() -> bool {
    true
}

impl FractionalMaxPool {
    fn output(&self, input: [usize; 2]) -> Result<[usize; 2], Error> {
        let refuse = |name, got: String, expected: String| {
            Err(Error::Setting { kind: NAME, name, got, expected })
        };
        match (self.output_size, self.output_ratio) {
            (Some(size), None) => checked_size(NAME, "output_size", size),
            (None, Some(ratio)) if ratio > 0.0 && ratio < 1.0 => {
                Ok(input.map(|size| ((size as f64 * ratio) as usize).max(1)))
            }
            (None, Some(ratio)) => {
                refuse("output_ratio", ratio.to_string(), "a number between 0 and 1".into())
            }
            (given, _) => {
                let got = if given.is_some() { "given with output_ratio" } else { "not given" };
                refuse("output_size", got.into(), "one of output_size and output_ratio".into())
            }
        }
    }
}

impl LayerSpec for FractionalMaxPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let input = [rows, columns];
        let output = self.output(input)?;
        let kernel = self.overlapping.then_some(self.kernel_size.0);
        for (axis, &size) in input.iter().enumerate() {
            let kernel = kernel.map_or(1, |kernel| kernel[axis]);
            if kernel == 0 || kernel > size || output[axis] > size + 1 - kernel {
                return Err(Error::Setting {
                    kind: NAME,
                    name: "output_size",
                    got: format!("{} with windows of {kernel}", output[axis]),
                    expected: format!(
                        "windows of at least 1 cell, at different places among {size} cells"
                    ),
                });
            }
        }
        Ok(Box::new(Fitted { channels, input, output, kernel }))
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    input: [usize; 2],
    output: [usize; 2],
    kernel: Option<[usize; 2]>,
}

impl Fitted {
    /// The windows for `u` of rows and columns.
    fn regions(&self, u: [Scalar; 2]) -> Regions {
        Regions::fractional(self.input, self.output, self.kernel, u)
    }
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        [self.channels, self.output[0], self.output[1]].into()
    }

    fn cost(&self) -> Cost {
        let comparisons = self.regions([0.5; 2]).cells() - self.output[0] * self.output[1];
        Cost { macs: 0, other: (self.channels * comparisons) as u64 }
    }

    fn reach(&self) -> Reach {
        Reach::of_regions(&self.regions([0.5; 2]))
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let planes = x.value().dims()[0] * self.channels;
        if at.mode() == Mode::Eval || planes == 0 {
            return regional_maximum(NAME, &x, &[self.regions([0.5; 2])], None);
        }
        // Two draws for every plane.
        let mut stream = at.stream_of_examples(NAME, 2 * self.channels);
        let draws: Vec<[Scalar; 2]> = (0..planes)
            .map(|_| {
                let columns = uniform(&mut stream);
                [uniform(&mut stream), columns]
            })
            .collect();
        regional_maximum_of_each(NAME, &x, self.output, |plane| self.regions(draws[plane]))
    }
}

/// A number of 24 bits from 0 to below 1, the same in both builds.
fn uniform(stream: &mut Stream) -> Scalar {
    (stream.next_u32() >> 8) as Scalar / (1_u32 << 24) as Scalar
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{check_gradient, fit, run};
    use crate::{Mode, Step};

    #[test]
    fn a_ratio_leaves_at_least_one_cell() {
        let layer =
            fit("kind = 'fractional_max_pool'\nkernel_size = 1\noutput_ratio = 0.3", [1, 3, 7]);
        assert_eq!(layer.expect("fits").output().dims(), [1, 1, 2]);
    }

    #[test]
    fn the_drawn_starts_are_spread_evenly() {
        // 25 columns to 18 of width 1, α = 24/17: all increments are 1 or 2, 7 of them 2. By the rule
        // a start i < 17 is ⌊(i + u) α⌋ − ⌊u α⌋, so the place of a 2 is uniform in u: count where the
        // first one falls over 4,000 planes and compare with the lengths of the intervals of u.
        let layer = fit(
            "kind = 'fractional_max_pool'\nkernel_size = 1\noutput_size = [1, 18]",
            [40, 1, 25],
        );
        let layer = layer.expect("fits");
        let x = Tensor::from_fn([100, 40, 1, 25], |i| (i % 25) as Scalar);
        let tape = Tape::without_gradients();
        let params = layer.init(Seed(1));
        let step = Step::new(&tape, &layer, &params, Mode::Train, Seed(1), 0);
        let y = step.forward(tape.constant(x)).value().clone();
        let first_jump = |starts: &[Scalar]| starts.windows(2).position(|w| w[1] - w[0] > 1.5);
        let mut seen = [0.0; 18];
        for starts in y.as_slice().chunks_exact(18) {
            seen[first_jump(starts).expect("24 cells in 17 steps")] += 1.0;
        }
        // The same by a fine grid of u.
        let mut expected = [0.0; 18];
        for k in 0..100_000 {
            let (u, alpha) = ((f64::from(k) + 0.5) / 1e5, 24.0 / 17.0);
            let start = |i: usize| match i {
                17 => 24.0,
                i => ((i as f64 + u) * alpha).floor() - (u * alpha).floor(),
            };
            let starts: Vec<Scalar> = (0..18).map(|i| start(i) as Scalar).collect();
            expected[first_jump(&starts).expect("as above")] += 4000.0 / 1e5;
        }
        let chi_square: f64 = seen
            .iter()
            .zip(expected)
            .filter(|&(_, expected)| expected > 0.0)
            .map(|(seen, expected): (&f64, f64)| (seen - expected).powi(2) / expected)
            .sum();
        // Three places: the 99.9 % quantile of chi-square with 2 degrees of freedom is 13.8.
        let places = expected.iter().filter(|&&expected| expected > 0.0).count();
        assert_eq!(places, 3, "{expected:?}");
        assert!(chi_square < 13.8, "{chi_square}: {seen:?} {expected:?}");
        let elsewhere =
            seen.iter().zip(expected).any(|(&seen, e): (&f64, f64)| e == 0.0 && seen > 0.0);
        assert!(!elsewhere, "{seen:?} {expected:?}");
    }

    #[test]
    fn disjoint_windows_tile_the_map() {
        let text = "kind = 'fractional_max_pool'\noverlapping = false\noutput_size = [3, 4]";
        let layer = fit(text, [2, 5, 7]).expect("fits");
        // Every window has its own winner, and the sum over the maxima of a map of ones at one cell
        // each is the number of windows that see the cell: one.
        for cell in 0..35 {
            let x = Tensor::from_fn([1, 2, 5, 7], |i| if i % 35 == cell { 1.0 } else { 0.0 });
            let tape = Tape::without_gradients();
            let params = layer.init(Seed(1));
            let step = Step::new(&tape, &layer, &params, Mode::Train, Seed(1), 0);
            let y = step.forward(tape.constant(x)).value().clone();
            assert!((y.as_slice().iter().sum::<Scalar>() - 2.0).abs() < 1e-6);
        }
        check_gradient(&layer, 2).expect("the gradient of drawn windows");
    }

    #[test]
    fn no_image_has_the_output_of_its_size_in_training_too() {
        let layer = fit("kind = 'fractional_max_pool'\noutput_size = [2, 3]", [1, 5, 9]);
        let (y, dx) = run(&layer.expect("fits"), Tensor::zeros([0, 1, 5, 9]));
        assert_eq!((y.dims(), dx.dims()), (&[0, 1, 2, 3][..], &[0, 1, 5, 9][..]));
    }

    #[test]
    fn more_outputs_than_places_are_refused() {
        let text = "kind = 'fractional_max_pool'\nkernel_size = 3\noutput_size = 4";
        let error = fit(text, [1, 5, 9]).expect_err("5 cells have 3 places").to_string();
        assert!(error.contains("output_size is 4 with windows of 3"), "{error}");
        let error =
            fit("kind = 'fractional_max_pool'", [1, 5, 9]).expect_err("no size").to_string();
        assert!(error.contains("output_size is not given"), "{error}");
    }
}
