//! A fully connected layer.
//!
//! ```text
//! y = x wᵀ + b        (N, I) → (N, O), w (O, I), b (O)
//! dx = dy w           dw = dyᵀ x           db = Σ_n dy
//! ```
//!
//! Of a sequence `(N, T, I) → (N, T, O)` every step is a row of its own. The weight is stored as PyTorch's `Linear` stores
//! it. It starts by He's rule, the bias at zero.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Matrix, Shape, Tensor, matmul, sum_over_channels};
use serde::Deserialize;

use crate::layer::weight_and_bias;
use crate::{Change, Changed, Cost, Error, Init, Layer, LayerSpec, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "fully connected layer, of features or of each step of a sequence",
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
        let (steps, inputs) = match *input.dims() {
            [inputs] => (None, inputs),
            [steps, inputs] => (Some(steps), inputs),
            _ => {
                let expected = "features of shape F or a sequence of shape TxF; \
                                put `flatten`, `global_avg_pool` or `columns` before";
                return Err(Error::Input { kind: NAME, got: input, expected });
            }
        };
        if !(1..=LIMIT).contains(&self.out_features) {
            return Err(Error::Setting {
                kind: NAME,
                name: "out_features",
                got: self.out_features.to_string(),
                expected: format!("1 to {LIMIT}"),
            });
        }
        Ok(Box::new(Fitted { steps, inputs, spec: self.clone() }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    /// Steps of a sequence.
    steps: Option<usize>,
    inputs: usize,
    spec: Dense,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let outputs = self.spec.out_features;
        self.steps.map_or([outputs].into(), |steps| [steps, outputs].into())
    }

    fn params(&self) -> Vec<ParamSpec> {
        let weight = [self.spec.out_features, self.inputs].into();
        weight_and_bias(weight, self.spec.init, self.spec.bias).collect()
    }

    fn cost(&self) -> Cost {
        let outputs = self.output().len() as u64;
        let other = if self.spec.bias { outputs } else { 0 };
        Cost { macs: self.inputs as u64 * outputs, other }
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let w = at.param(0);
        let y = matmul(matrix(x.value()), matrix(w.value()).t());
        let mut y = y.reshaped(self.output().batched(x.value().dims()[0]));
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

/// Features, the steps of sequences or a weight as a matrix.
fn matrix(tensor: &Tensor) -> Matrix<'_> {
    let (&columns, outer) = tensor.dims().split_last().expect("rows of numbers");
    Matrix::new(tensor.as_slice(), outer.iter().product(), columns)
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
        let dx = || matmul(matrix(&dy), matrix(&self.w)).reshaped(self.x.shape());
        let dx = wanted[0].then(dx);
        let dw = wanted[1].then(|| matmul(matrix(&dy).t(), matrix(&self.x)));
        let mut gradients = vec![dx, dw];
        if let Some(&wanted) = wanted.get(2) {
            let rows = dy.len() / self.w.dims()[0];
            let dy = dy.reshaped([rows, self.w.dims()[0]]);
            gradients.push(wanted.then(|| sum_over_channels(&dy)));
        }
        gradients
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Shape, Tensor};
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit_shape, run};

    #[test]
    fn maps_are_refused_with_what_to_put_before() {
        let error = fit_shape("kind = 'dense'\nout_features = 3", Shape::from([2, 3, 4]));
        let message = error.expect_err("maps are not features").to_string();
        assert!(message.contains("got input 2x3x4; expected features"), "{message}");
    }

    #[test]
    fn each_step_of_a_sequence_is_a_row_of_its_own() {
        let text = "kind = 'dense'\nout_features = 3\nname = 'head'";
        let [steps, rows] =
            [[4, 2].into(), Shape::from([2])].map(|input| fit_shape(text, input).expect("fits"));
        let x = Tensor::from_fn([3, 4, 2], |i| (i as Scalar * 0.7).sin());
        let (y, dx) = run(&steps, x.clone());
        let (expected, dx_of_rows) = run(&rows, x.reshaped([12, 2]));
        assert_eq!((y.dims(), y.as_slice()), (&[3, 4, 3][..], expected.as_slice()));
        assert_eq!(dx.as_slice(), dx_of_rows.as_slice());
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
