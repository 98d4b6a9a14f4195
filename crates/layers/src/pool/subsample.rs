//! The subsampling of `LeNet`: the mean of a window, scaled and shifted per channel, and squashed.
//!
//! ```text
//! z    = a_c · (1/K) Σ x + b_c                over the cells of the window
//! y    = φ(z)
//! dx_k = dy · φ'(z) a_c / K
//! da_c = Σ dy · φ'(z) · mean        db_c = Σ dy · φ'(z)
//! ```
//!
//! `φ` is the hyperbolic tangent, the logistic function or nothing (`squash`). `gain` starts at 1 and
//! `bias` at 0, one per channel. Cells outside the input do not count in `K`. NaN gives NaN. Training
//! and use are the same. Per output: `K` additions, a multiply-add, and a division and an exponential
//! for `φ`. Kept for the backward pass: the input, gains and biases.
//!
//! After `LeCun`, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791; it is the subsampling that
//! Scherer, Müller and Behnke (2010) compare with the maximum. In `PyTorch` `avg_pool2d`, an affine map
//! per channel and `tanh`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{
    Cells, Gradient, Number, Scalar, SumFunction, Window, WindowFunction, Windows,
};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::parameters::{Per, rows};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, Init, LayerSpec, Pair, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the window with a learned gain and bias per channel, squashed",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = tanh(a (1/K) sum over the window of x + b)",
        cost: "K additions, 1 MAC and 3 other operations per output; keeps the input, a and b",
        reference: "LeCun, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "squash",
                default: "'tanh'",
                about: "the function behind the scaled mean",
                values: &["'tanh'", "'sigmoid'", "'none'"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<Subsample>(NAME, table)?))),
};

const NAME: &str = "subsample";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subsample {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default)]
    squash: Squash,
}

/// The function behind the scaled mean.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Squash {
    #[default]
    Tanh,
    Sigmoid,
    None,
}

impl FormulaPool for Subsample {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn params(&self, channels: usize, _area: usize) -> Vec<ParamSpec> {
        let param = |name, init| Per::Channel.param(name, channels, 1, init);
        vec![param("gain", Init::Ones), param("bias", Init::Zeros)]
    }

    fn cost(&self, area: u64) -> Cost {
        let squash = match self.squash {
            Squash::Tanh => 1,
            Squash::Sigmoid => 3,
            Squash::None => 0,
        };
        Cost { macs: 1, other: area + squash }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        let affine = rows(NAME, [scope.param(0), scope.param(1)], x.value().nchw()[1]);
        Formula { name: NAME, function: self.squash, windows: at }.with_sums([&x], &affine)
    }
}

impl Squash {
    #[inline(always)]
    fn of<T: Number>(self, z: T) -> T {
        match self {
            Self::Tanh => z.tanh(),
            Self::Sigmoid => z.sigmoid(),
            Self::None => z,
        }
    }

    /// The derivative, from the result.
    #[inline(always)]
    fn slope<T: Number>(self, y: T) -> T {
        match self {
            Self::Tanh => T::of(1.0) - y * y,
            Self::Sigmoid => y * (T::of(1.0) - y),
            Self::None => T::of(1.0),
        }
    }
}

impl WindowFunction for Squash {
    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T>) -> T {
        let mean = cells.sum() / cells.divisor();
        self.of(params[0].mul_add(mean, params[1]))
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let mean = cells.sum() / cells.divisor();
        let y = self.of(params[0].mul_add(mean, params[1]));
        let slope = dy * self.slope(y);
        into.cells[0].fill(slope * params[0] / cells.divisor());
        into.params[0] = into.params[0] + slope * mean;
        into.params[1] = into.params[1] + slope;
    }
}

impl SumFunction<1, 1, 1> for Squash {
    fn range(&self, _: &[Scalar]) -> [[Scalar; 2]; 1] {
        [[0.0, 1e30]]
    }

    #[inline(always)]
    fn terms<T: Number>(&self, _: &[T], x: [T; 1]) -> [T; 1] {
        x
    }

    #[inline(always)]
    fn total<T: Number>(&self, params: &[T], [sum]: [T; 1], divisor: T) -> T {
        self.of(params[0].mul_add(sum / divisor, params[1]))
    }

    #[inline(always)]
    fn pull<T: Number>(
        &self,
        params: &[T],
        [sum]: [T; 1],
        divisor: T,
        dy: T,
        dparams: &mut [T],
    ) -> [T; 1] {
        let mean = sum / divisor;
        let dz = dy * self.slope(self.of(params[0].mul_add(mean, params[1])));
        dparams[0] = dz * mean;
        dparams[1] = dz;
        [dz * params[0] / divisor]
    }

    #[inline(always)]
    fn cell<T: Number>(&self, _: &[T], _: [T; 1], _: [T; 1], pulled: [T; 1]) -> [T; 1] {
        pulled
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use super::Squash;
    use crate::laws::{check_gradient, fit, run};
    use crate::pool::ways::{Pulls, check_ways};

    #[test]
    fn without_training_it_is_the_squashed_mean() {
        for (squash, expected) in [
            ("tanh", Scalar::tanh(0.5)),
            ("sigmoid", 1.0 / (1.0 + Scalar::exp(-0.5))),
            ("none", 0.5),
        ] {
            let text = format!("kind = 'subsample'\nkernel_size = 2\nsquash = '{squash}'");
            let x = Tensor::from_vec([1, 1, 2, 2], vec![1.0, -1.0, 0.5, 1.5]).expect("4 values");
            let (y, _) = run(&fit(&text, [1, 2, 2]).expect("fits"), x);
            assert!((y.as_slice()[0] - expected).abs() < 1e-6, "{squash}: {y:?}");
        }
    }

    #[test]
    fn windows_give_what_shared_sums_give() {
        for squash in [Squash::Tanh, Squash::Sigmoid, Squash::None] {
            check_ways(&squash, [[1.2, -0.3], [-0.7, 0.4]], Pulls::MapsAndParams);
        }
    }

    #[test]
    fn the_gradients_of_every_squash_match_differences() {
        for squash in ["tanh", "sigmoid", "none"] {
            let text = format!("kind = 'subsample'\nkernel_size = [2, 3]\nsquash = '{squash}'");
            check_gradient(&fit(&text, [2, 4, 6]).expect("fits"), 2).expect(squash);
        }
    }
}
