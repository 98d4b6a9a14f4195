//! Batch normalisation: each channel to mean 0 and variance 1 over the batch, then scaled and shifted.
//!
//! ```text
//! x̂ = (x − μ) / √(σ² + ε)        y = γ x̂ + β
//! dγ = Σ dy · x̂                   dβ = Σ dy
//! dx = γ / √(σ² + ε) · (dy − dβ/m − x̂ · dγ/m)          m = N·H·W values per channel
//! ```
//!
//! Training takes `μ` and the biased `σ²` from the batch and moves the running statistics towards
//! `μ` and the unbiased variance: `running ← (1 − momentum) running + momentum · batch`, momentum
//! 0.1, as PyTorch's `BatchNorm2d` does. Evaluation uses the running statistics as constants. The
//! backward pass keeps the input and recomputes `x̂`.
//! After Ioffe and Szegedy (2015), arXiv:1502.03167.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Scalar, Shape, Tensor};
use serde::Deserialize;

use super::batch_norm_relu::BatchNormRelu;
use super::normalization::Normalization;
use crate::act::is_relu;
use crate::layer::downcast;
use crate::{Change, Changed, Cost, Error, Init, Layer, LayerSpec, ParamSpec, Reach, Role, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "each channel to mean 0 and variance 1 over the batch",
    example: "momentum = 0.2",
    notes: None,
    parse: |table| Ok(Box::new(params::<BatchNorm>(NAME, table)?)),
};

const NAME: &str = "batch_norm";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchNorm {
    #[serde(default = "momentum")]
    momentum: Scalar,
    #[serde(default = "epsilon")]
    epsilon: Scalar,
}

fn momentum() -> Scalar {
    0.1
}

fn epsilon() -> Scalar {
    1e-5
}

impl LayerSpec for BatchNorm {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        if !matches!(input.rank(), 1 | 3) {
            let expected = "feature maps of shape CxHxW, or features of shape F";
            return Err(Error::Input { kind: NAME, got: input, expected });
        }
        let setting = |name, value: Scalar, expected: &str| Error::Setting {
            kind: NAME,
            name,
            got: value.to_string(),
            expected: expected.to_owned(),
        };
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(setting("momentum", self.momentum, "a number from 0 to 1"));
        }
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            return Err(setting("epsilon", self.epsilon, "a positive number"));
        }
        Ok(Box::new(Fitted { shape: input, momentum: self.momentum, epsilon: self.epsilon }))
    }

    fn changed(&self, _change: Change) -> Changed {
        Changed::Unaffected
    }
}

/// Batch normalisation of inputs of one shape.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    pub(super) shape: Shape,
    pub(super) momentum: Scalar,
    pub(super) epsilon: Scalar,
}

/// Positions of the parameters.
pub(super) const GAMMA: usize = 0;
pub(super) const BETA: usize = 1;
pub(super) const MEAN: usize = 2;
pub(super) const VARIANCE: usize = 3;

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.shape
    }

    fn params(&self) -> Vec<ParamSpec> {
        let shape = Shape::from([self.shape.dims()[0]]);
        let param =
            |name: &'static str, init, role| ParamSpec { name: name.into(), shape, init, role };
        vec![
            param("gamma", Init::Ones, Role::Trained),
            param("beta", Init::Zeros, Role::Trained),
            param("running_mean", Init::Zeros, Role::Running),
            param("running_variance", Init::Ones, Role::Running),
        ]
    }

    fn cost(&self) -> Cost {
        // In use it is one scale and one shift per element.
        Cost { macs: 0, other: 2 * self.shape.len() as u64 }
    }

    fn reach(&self) -> Reach {
        Reach::CELL
    }

    fn couples(&self) -> Option<&'static str> {
        Some(NAME)
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let how = Normalization::of(self, x.value(), at);
        x.tape().record(how.apply(), &[&x, at.param(GAMMA), at.param(BETA)], || Backward(how))
    }

    fn absorb(&self, next: &dyn Layer) -> Option<Box<dyn Layer>> {
        is_relu(next).then(|| Box::new(BatchNormRelu(self.clone())) as Box<dyn Layer>)
    }
}

/// Scale and shift of every channel of a batch norm in use, `None` for any other layer.
pub(crate) fn affine(layer: &dyn Layer, params: &[Tensor]) -> Option<Vec<[f64; 2]>> {
    let norm = downcast::<Fitted>(layer)?;
    let of = |param: usize, channel: usize| f64::from(params[param].as_slice()[channel]);
    let channel = |c: usize| {
        let scale = of(GAMMA, c) / (of(VARIANCE, c) + f64::from(norm.epsilon)).sqrt();
        [scale, of(BETA, c) - scale * of(MEAN, c)]
    };
    Some((0..params[GAMMA].len()).map(channel).collect())
}

struct Backward(Normalization);

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        self.0.saved()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        self.0.backward(&dy).map(Some).into()
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit};
    use crate::{Mode, Step};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_gradient_matches_differences_in_both_modes(
            n in 2_usize..5,
            size in (1_usize..4, 1_usize..5, 1_usize..5),
        ) {
            let layer = fit("kind = 'batch_norm'", [size.0, size.1, size.2]).expect("any map fits");
            check_gradient(&layer, n)?;
        }
    }

    #[test]
    fn running_statistics_move_a_tenth_of_the_way_each_step() {
        let model = fit("kind = 'batch_norm'", [1, 1, 2]).expect("any map fits");
        let params = model.init(Seed(1));
        let tape = Tape::new();
        let step = Step::new(&tape, &model, &params, Mode::Train, Seed(1), 0);
        // Mean 3, unbiased variance (4 + 0 + 0 + 4) / 3.
        let x = Tensor::from_vec([2, 1, 1, 2], vec![1.0, 3.0, 3.0, 5.0]).expect("4 values");
        step.forward(tape.constant(x));
        let updates = step.into_updates();
        let close = |a: Scalar, b: Scalar| assert!((a - b).abs() < 1e-6, "{a} is not {b}");
        close(updates[0].1.as_slice()[0], 0.3);
        close(updates[1].1.as_slice()[0], 0.9 + 0.1 * 8.0 / 3.0);
    }
}
