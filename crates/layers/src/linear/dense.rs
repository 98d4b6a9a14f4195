//! A fully connected layer.
//!
//! ```text
//! y = x wᵀ + b        (N, I) → (N, O), w (O, I), b (O)
//! dx = dy w           dw = dyᵀ x           db = Σ_n dy
//! ```
//!
//! The weight is stored as PyTorch's `Linear` stores it. It starts by He's rule, the bias at zero.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Matrix, Shape, Tensor, matmul, sum_over_channels};
use serde::Deserialize;

use crate::layer::weight_and_bias;
use crate::{Change, Changed, Cost, Error, Init, Layer, LayerSpec, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "fully connected layer",
    example: "out_features = 5",
    notes: None,
    parse: |table| Ok(Box::new(params::<Dense>(NAME, table)?)),
};

const NAME: &str = "dense";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dense {
    out_features: usize,
    #[serde(default = "with_bias")]
    bias: bool,
    #[serde(default)]
    init: Init,
}

fn with_bias() -> bool {
    true
}

impl LayerSpec for Dense {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        // Far beyond any head, and small enough that the weight's size cannot overflow.
        const LIMIT: usize = 1 << 24;
        let &[inputs] = input.dims() else {
            let expected = "features of shape F; put `flatten` or `global_avg_pool` before";
            return Err(Error::Input { kind: NAME, got: input, expected });
        };
        if !(1..=LIMIT).contains(&self.out_features) {
            return Err(Error::Setting {
                kind: NAME,
                name: "out_features",
                got: self.out_features.to_string(),
                expected: format!("1 to {LIMIT}"),
            });
        }
        Ok(Box::new(Fitted { inputs, spec: self.clone() }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    inputs: usize,
    spec: Dense,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        [self.spec.out_features].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        let weight = [self.spec.out_features, self.inputs].into();
        weight_and_bias(weight, self.spec.init, self.spec.bias).collect()
    }

    fn cost(&self) -> Cost {
        let outputs = self.spec.out_features as u64;
        let other = if self.spec.bias { outputs } else { 0 };
        Cost { macs: self.inputs as u64 * outputs, other }
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let w = at.param(0);
        let mut y = matmul(matrix(x.value()), matrix(w.value()).t());
        let saved = || Backward { x: x.value().clone(), w: w.value().clone() };
        if !self.spec.bias {
            return x.tape().record(y, &[&x, w], saved);
        }
        let b = at.param(1);
        for row in y.as_mut_slice().chunks_exact_mut(self.spec.out_features) {
            for (y, b) in row.iter_mut().zip(b.value().as_slice()) {
                *y += b;
            }
        }
        x.tape().record(y, &[&x, w, b], saved)
    }
}

fn matrix(tensor: &Tensor) -> Matrix<'_> {
    let [rows, columns] = tensor.dims().try_into().expect("features and weights are matrices");
    Matrix::new(tensor.as_slice(), rows, columns)
}

struct Backward {
    x: Tensor,
    w: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.x, &self.w])
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let dx = wanted[0].then(|| matmul(matrix(&dy), matrix(&self.w)));
        let dw = wanted[1].then(|| matmul(matrix(&dy).t(), matrix(&self.x)));
        let mut gradients = vec![dx, dw];
        if let Some(&wanted) = wanted.get(2) {
            gradients.push(wanted.then(|| sum_over_channels(&dy)));
        }
        gradients
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Shape;
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit_shape};

    #[test]
    fn maps_are_refused_with_what_to_put_before() {
        let error = fit_shape("kind = 'dense'\nout_features = 3", Shape::from([2, 3, 4]));
        let message = error.expect_err("maps are not features").to_string();
        assert!(message.contains("got input 2x3x4; expected features"), "{message}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_gradient_matches_differences_for_any_size(
            n in 1_usize..4, inputs in 1_usize..9, outputs in 1_usize..6, bias: bool,
        ) {
            let text = format!("kind = 'dense'\nout_features = {outputs}\nbias = {bias}");
            let layer = fit_shape(&text, Shape::from([inputs])).expect("features fit");
            check_gradient(&layer, n)?;
        }
    }
}
