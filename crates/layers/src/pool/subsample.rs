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
//! for `φ`. Kept for the backward pass: means, outputs, gains and biases.
//!
//! After `LeCun`, Bottou, Bengio and Haffner (1998), doi:10.1109/5.726791; it is the subsampling that
//! Scherer, Müller and Behnke (2010) compare with the maximum. In `PyTorch` `avg_pool2d`, an affine map
//! per channel and `tanh`.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Affine, Divisor, Tensor, Window, Windows};
use serde::Deserialize;

use super::avg::average;
use super::formula::{FormulaPool, Summarised, window};
use super::parameters::{Per, rows};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, Init, LayerSpec, Pair, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the window with a learned gain and bias per channel, squashed",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = tanh(a (1/K) sum over the window of x + b)",
        cost: "K additions, 1 MAC and 3 other operations per output; keeps means and outputs, a and b",
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
        let params = rows(NAME, [scope.param(0), scope.param(1)], x.value().nchw()[1]);
        let mean = average(NAME, &x, at, Divisor::RealCells);
        let affine = self.squash.affine();
        let y = affine.forward(mean.value(), params.value());
        x.tape().record(y.clone(), &[&mean, &params], || {
            let (mean, params) = (mean.value().clone(), params.value().clone());
            Backward { affine, mean, y, params }
        })
    }
}

impl Squash {
    /// What stands behind the mean.
    fn affine(self) -> Affine {
        let squash = match self {
            Self::Tanh => Some(cenote_tensor::Squash::Tanh),
            Self::Sigmoid => Some(cenote_tensor::Squash::Logistic),
            Self::None => None,
        };
        Affine { squash }
    }
}

struct Backward {
    affine: Affine,
    mean: Tensor,
    y: Tensor,
    params: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.mean, &self.y, &self.params])
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let (dx, dparams) = self.affine.backward([&self.mean, &self.y], &self.params, &dy);
        vec![Some(dx), Some(dparams)]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{check_gradient, fit, run};

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
    fn the_gradients_of_every_squash_match_differences() {
        for squash in ["tanh", "sigmoid", "none"] {
            let text = format!("kind = 'subsample'\nkernel_size = [2, 3]\nsquash = '{squash}'");
            check_gradient(&fit(&text, [2, 4, 6]).expect("fits"), 2).expect(squash);
        }
    }
}
