//! Blur pooling: a binomial low-pass filter, then every `s`-th row and column.
//!
//! ```text
//! y  = (a ⊗ a) ∗ x at every s-th cell       a = [1,1]/2, [1,2,1]/4, [1,3,3,1]/8, … by filter_size
//! dx = its adjoint: dy spread over the cells it came from, the border folded back
//! ```
//!
//! Sampling theory's answer to aliasing: what the smaller map cannot show is removed before cells are
//! dropped. See `blur.rs` for padding and sizes. Linear: NaN and infinities spread to the windows
//! that hold them. Training and use are alike; nothing is kept. Rows are summed first: `M` multiply-
//! adds per input column of an output row, then `M` per output.
//! After Zhang (2019), "Making convolutional networks shift-invariant again", arXiv:1904.11486.

use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::Shape;
use serde::Deserialize;

use super::blur::{Blur, FILTER_SIZE, PADDING_MODE, four, reflect};
use super::resampled::Resampled;
use super::settings::STRIDE;
use crate::around::times;
use crate::layer::maps;
use crate::padding::PaddingMode;
use crate::{Change, Changed, Error, Layer, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "binomial blur, then every stride-th row and column",
    example: "filter_size = 4\nstride = 2",
    notes: Some(Notes {
        formula: "y[i,j] = sum over u,v of a[u] a[v] x[s i + u - p, s j + v - p], a binomial",
        cost: "M(1 + s) multiply-adds per output; keeps nothing",
        reference: "Zhang (2019), arXiv:1904.11486",
        random: Random::No,
        settings: &[FILTER_SIZE, Setting { default: "2", ..STRIDE }, PADDING_MODE],
    }),
    parse: |table| Ok(Box::new(params::<BlurPool>(NAME, table)?)),
};

const NAME: &str = "blur_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlurPool {
    #[serde(default = "four")]
    filter_size: usize,
    #[serde(default = "Pair::two")]
    stride: Pair,
    #[serde(default = "reflect")]
    padding_mode: PaddingMode,
    /// More than 1 behind removed layers.
    #[serde(skip, default = "Pair::one")]
    dilation: Pair,
}

impl LayerSpec for BlurPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let Self { filter_size, stride, padding_mode, dilation } = self.clone();
        let blur = Blur { filter_size, stride: stride.0, padding_mode, dilation: dilation.0 };
        let map = blur.fit(NAME, [rows, columns])?;
        Ok(Box::new(Resampled { kind: NAME, channels, map }))
    }

    fn changed(&self, change: Change) -> Changed {
        match change {
            Change::Dilation(by) => {
                let dilation = Pair(times(self.dilation.0, by));
                Changed::Layer(Box::new(Self { dilation, ..self.clone() }))
            }
            Change::Stride(_) => Changed::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn three_taps_weigh_the_middle_twice_and_mirror_the_border() {
        let layer = fit("kind = 'blur_pool'\nfilter_size = 3\nstride = [1, 2]", [1, 2, 3]);
        let x = Tensor::from_vec([1, 1, 2, 3], vec![0.0, 4.0, 8.0, 8.0, 4.0, 0.0]).expect("6");
        // Columns first, at 0 and 2: (4 + 0 + 4)/4 … = [2, 6] and [6, 2]. Rows, mirrored: the other
        // row twice, so every output is the mean of both.
        let (y, _) = run(&layer.expect("fits"), x);
        assert_eq!(y.as_slice(), [4.0; 4]);
    }

    #[test]
    fn two_taps_are_the_mean_of_two_by_two_cells() {
        let x = Tensor::from_fn([1, 1, 4, 6], |i| (i * 7 % 11) as Scalar);
        let of = |text: &str| run(&fit(text, [1, 4, 6]).expect("fits"), x.clone());
        let blurred = of("kind = 'blur_pool'\nfilter_size = 2");
        assert_eq!(blurred, of("kind = 'avg_pool'\nkernel_size = 2"));
    }

    #[test]
    fn a_circular_shift_by_the_stride_shifts_the_output() {
        let text = "kind = 'blur_pool'\nfilter_size = 5\npadding_mode = 'circular'";
        let layer = fit(text, [1, 6, 8]).expect("fits");
        let value = |h: usize, w: usize| (h * 5 % 6 * 8 + w * 3 % 8) as Scalar;
        let at = |down: usize, right: usize| {
            Tensor::from_fn([1, 1, 6, 8], |i| value((i / 8 + down) % 6, (i % 8 + right) % 8))
        };
        let (y, shifted) = (run(&layer, at(0, 0)).0, run(&layer, at(2, 4)).0);
        for (i, &moved) in shifted.as_slice().iter().enumerate() {
            let (row, column) = ((i / 4 + 1) % 3, (i % 4 + 2) % 4);
            assert!((moved - y.as_slice()[row * 4 + column]).abs() < 1e-5);
        }
    }

    #[test]
    fn a_map_too_small_to_be_mirrored_is_refused() {
        let error = fit("kind = 'blur_pool'\nfilter_size = 7", [1, 3, 9]).expect_err("3 rows");
        let expected =
            "blur_pool: padding is 3; expected at most 2 where 3 cells fill it (reflect)";
        assert_eq!(error.to_string(), expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_side_becomes_its_ceiling_of_the_stride_and_the_gradient_matches_differences(
            taps in 2_usize..8,
            stride in (1_usize..4, 1_usize..4),
            mode in 0_usize..3,
            size in (1_usize..7, 1_usize..9),
        ) {
            let text = format!(
                "kind = 'blur_pool'\nfilter_size = {taps}\nstride = [{}, {}]\npadding_mode = '{}'",
                stride.0, stride.1, ["reflect", "zeros", "circular"][mode],
            );
            if let Ok(layer) = fit(&text, [2, size.0, size.1]) {
                let sides = [size.0.div_ceil(stride.0), size.1.div_ceil(stride.1)];
                prop_assert_eq!(layer.output(), [2, sides[0], sides[1]].into());
                check_gradient(&layer, 2)?;
            }
        }
    }
}
