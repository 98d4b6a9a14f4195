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
use cenote_tensor::{
    Moments, Scalar, Shape, Tensor, batch_norm_backward, batch_norm_backward_eval, batch_norm_eval,
    batch_norm_train,
};
use serde::Deserialize;

use crate::{Cost, Error, Init, Layer, LayerSpec, Mode, ParamSpec, Role, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "each channel to mean 0 and variance 1 over the batch",
    example: "momentum = 0.2",
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
}

#[derive(Debug)]
struct Fitted {
    shape: Shape,
    momentum: Scalar,
    epsilon: Scalar,
}

/// Positions of the parameters.
const GAMMA: usize = 0;
const BETA: usize = 1;
const MEAN: usize = 2;
const VARIANCE: usize = 3;

impl Fitted {
    /// Moves the running statistics towards those of a batch.
    fn remember(&self, moments: &Moments, at: &Scope<'_, '_>) {
        // One value has no unbiased variance; PyTorch refuses it, here it counts as it is.
        let m = moments.count as Scalar;
        let unbiased = if moments.count > 1 { m / (m - 1.0) } else { 1.0 };
        let blend = |i: usize, batch: &[Scalar], scale: Scalar| {
            let mut running = at.param(i).value().clone();
            for (running, batch) in running.as_mut_slice().iter_mut().zip(batch) {
                *running = (1.0 - self.momentum) * *running + self.momentum * scale * batch;
            }
            at.update(i, running);
        };
        blend(MEAN, &moments.mean, 1.0);
        blend(VARIANCE, &moments.variance, unbiased);
    }
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.shape
    }

    fn params(&self) -> Vec<ParamSpec> {
        let shape = Shape::from([self.shape.dims()[0]]);
        let param = |name, init, role| ParamSpec { name, shape, init, role };
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

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let (gamma, beta) = (at.param(GAMMA), at.param(BETA));
        let (y, statistics) = match at.mode() {
            Mode::Train => {
                let (y, moments) =
                    batch_norm_train(x.value(), gamma.value(), beta.value(), self.epsilon);
                self.remember(&moments, at);
                (y, Statistics::Batch(moments))
            }
            Mode::Eval => {
                let (mean, variance) = (at.param(MEAN).value(), at.param(VARIANCE).value());
                let (g, b) = (gamma.value(), beta.value());
                let y = batch_norm_eval(x.value(), g, b, mean, variance, self.epsilon);
                (y, Statistics::Running { mean: mean.clone(), variance: variance.clone() })
            }
        };
        let saved = || Backward {
            x: x.value().clone(),
            gamma: gamma.value().clone(),
            statistics,
            epsilon: self.epsilon,
        };
        x.tape().record(y, &[&x, gamma, beta], saved)
    }
}

struct Backward {
    x: Tensor,
    gamma: Tensor,
    statistics: Statistics,
    epsilon: Scalar,
}

enum Statistics {
    Batch(Moments),
    Running { mean: Tensor, variance: Tensor },
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        let mut saved = Saved::tensors([&self.x, &self.gamma]);
        match &self.statistics {
            Statistics::Batch(moments) => {
                saved.other_bytes = 2 * moments.mean.len() * size_of::<Scalar>();
            }
            Statistics::Running { mean, variance } => saved.tensors.extend([mean, variance]),
        }
        saved
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { x, gamma, statistics, epsilon } = *self;
        let (dx, dgamma, dbeta) = match &statistics {
            Statistics::Batch(moments) => batch_norm_backward(&x, &dy, &gamma, moments, epsilon),
            Statistics::Running { mean, variance } => {
                batch_norm_backward_eval(&x, &dy, &gamma, mean, variance, epsilon)
            }
        };
        vec![Some(dx), Some(dgamma), Some(dbeta)]
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
