//! Ordinal pooling: a learned weight for the largest cell of a window, the second largest, and so on.
//!
//! ```text
//! y      = Σ w_j x_(j)                    x_(1) ≥ x_(2) ≥ … the cells of the window
//! w      = softmax(logits)
//! dx_(j) = dy · w_j
//! dw_j   = Σ dy · x_(j)
//! ```
//!
//! It shows what a network wants of its pools: `w = (1, 0, …)` is the maximum, equal weights are the
//! mean. There is a `logits` for each channel or, with `per = 'layer'`, one; they start equal, as average
//! pooling.
//!
//! Equal cells are ranked in row-major order. Where cells lie outside the input, the ranks that are
//! left share the weight in proportion: `y = Σ w_j x_(j) / Σ w_j`. NaN gives NaN. Training and use are
//! the same. Per output: `K(K − 1)/2` comparisons, `2K` multiply-adds and a division, and a division
//! per learned weight. Kept for the backward pass: the input, and the weights per channel.
//!
//! After Kumar (2018), arXiv:1804.02702 (ordinal pooling networks), and Deliège, Istasse, Kumar, De
//! Vleeschouwer and Van Droogenbroeck (2021), arXiv:2109.01561. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Number, Window, Windows};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::parameters::{PER, Per, rows, softmax_rows};
use super::ranked::{Ranked, Weights};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, Init, LayerSpec, Pair, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the window, with a learned weight for each rank",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = sum over ranks of w x, x the cells of the window from the largest down",
        cost: "K(K - 1)/2 comparisons, 2K MACs and 1 division per output; keeps the input and w",
        reference: "Kumar (2018), arXiv:1804.02702; Deliège et al. (2021), arXiv:2109.01561",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting { default: "'channel'", ..PER },
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<OrdinalPool>(NAME, table)?))),
};

const NAME: &str = "ordinal_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrdinalPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "channel")]
    per: Per,
}

fn channel() -> Per {
    Per::Channel
}

impl FormulaPool for OrdinalPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn params(&self, channels: usize, area: usize) -> Vec<ParamSpec> {
        vec![self.per.param("logits", channels, area, Init::Zeros)]
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 2 * area, other: area * (area - 1) / 2 + 1 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        let weights = rows(NAME, [&softmax_rows(scope.param(0))], x.value().nchw()[1]);
        Formula { name: NAME, function: Ranked(Learned), windows: at }.with([&x], &weights)
    }
}

struct Learned;

impl Weights for Learned {
    #[inline(always)]
    fn weight<T: Number>(&self, params: &[T], rank: usize, _count: T) -> T {
        params[rank]
    }

    #[inline(always)]
    fn weight_of<T: Number>(&self, params: &[T], rank: T, _count: T) -> T {
        rank.look_up(params)
    }

    fn are_learned(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{check_gradient, fit, run};
    use crate::{Mode, Step};

    #[test]
    fn equal_weights_are_the_mean_of_the_cells_there_are() {
        let x = Tensor::from_fn([2, 3, 7, 9], |i| (i * 37 % 101) as Scalar / 8.0 - 5.0);
        let window = "kernel_size = [3, 2]\nstride = 2\npadding = 1\nceil_mode = true";
        let ordinal = fit(&format!("kind = 'ordinal_pool'\n{window}"), [3, 7, 9]).expect("fits");
        let text = format!("kind = 'avg_pool'\n{window}\ncount_include_pad = false");
        let average = fit(&text, [3, 7, 9]).expect("fits");
        let ((y, dx), (mean, dmean)) = (run(&ordinal, x.clone()), run(&average, x));
        let pairs = y.as_slice().iter().zip(mean.as_slice());
        for (got, expected) in pairs.chain(dx.as_slice().iter().zip(dmean.as_slice())) {
            assert!((got - expected).abs() < 1e-5, "{got} is not {expected}");
        }
    }

    #[test]
    fn weights_go_to_ranks_and_ties_are_in_row_major_order() {
        for [rows, columns] in [[2, 2], [1, 4]] {
            let text =
                format!("kind = 'ordinal_pool'\nkernel_size = [{rows}, {columns}]\nper = 'layer'");
            let model = fit(&text, [1, rows, columns]).expect("fits");
            let mut params = model.init(Seed(1));
            let weights: [Scalar; 4] = [0.5, 0.25, 0.125, 0.125];
            let logits = weights.map(Scalar::ln).to_vec();
            params.set(0, Tensor::from_vec([1, 4], logits).expect("4 values"));
            let tape = Tape::new();
            let step = Step::new(&tape, &model, &params, Mode::Train, Seed(1), 0);
            let x = Tensor::from_vec([1, 1, rows, columns], vec![2.0, 7.0, 2.0, 4.0]);
            let x = tape.leaf(x.expect("4 values"));
            let y = step.forward(x.clone());
            assert!((y.value().as_slice()[0] - 5.0).abs() < 1e-5);
            let dx = y.sum().backward().take(&x).expect("used");
            for (dx, expected) in dx.as_slice().iter().zip([0.125, 0.5, 0.125, 0.25]) {
                assert!((dx - expected).abs() < 1e-6, "{dx} is not {expected}");
            }
        }
    }

    #[test]
    fn the_first_of_equal_cells_has_the_first_rank() {
        let model = fit("kind = 'ordinal_pool'\nkernel_size = 3", [1, 3, 3]).expect("fits");
        let mut params = model.init(Seed(1));
        params.set(0, Tensor::from_fn([1, 9], |rank| -(rank as Scalar)));
        let tape = Tape::new();
        let step = Step::new(&tape, &model, &params, Mode::Train, Seed(1), 0);
        let x = tape.leaf(Tensor::full([1, 1, 3, 3], 1.5));
        let dx = step.forward(x.clone()).sum().backward().take(&x).expect("used");
        assert!(dx.as_slice().windows(2).all(|pair| pair[0] > pair[1]), "{dx:?}");
    }

    #[test]
    fn a_nan_is_not_lost_in_the_order() {
        let layer = fit("kind = 'ordinal_pool'\nkernel_size = 3", [1, 3, 3]).expect("fits");
        for place in 0..9 {
            let x =
                Tensor::from_fn(
                    [1, 1, 3, 3],
                    |i| if i == place { Scalar::NAN } else { i as Scalar },
                );
            assert!(run(&layer, x).0.as_slice()[0].is_nan(), "{place}");
        }
    }

    #[test]
    fn the_gradients_match_differences_for_weights_of_layers_and_channels() {
        for per in ["layer", "channel"] {
            for window in [
                "kernel_size = 2",
                "kernel_size = [2, 3]\nstride = 2\npadding = 1\nceil_mode = true",
            ] {
                let text = format!("kind = 'ordinal_pool'\n{window}\nper = '{per}'");
                check_gradient(&fit(&text, [2, 4, 6]).expect("fits"), 2).expect(per);
            }
        }
    }
}
