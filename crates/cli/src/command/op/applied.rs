//! One layer applied to one batch: forward, and back from a gradient.

use cenote_autograd::Tape;
use cenote_layers::{Cost, Error, Mode, Model, ModelSpec, Params, Step};
use cenote_tensor::{Seed, Shape, Tensor};
use toml::Table;

/// The most values that a batch of outputs may have: 4 GiB of single precision.
const MOST_VALUES: usize = 1 << 30;

/// A layer that is fitted to the examples of a batch.
#[derive(Debug)]
pub(super) struct Operator {
    model: Model,
    pub(super) params: Params,
}

/// What became of a batch.
#[derive(Debug)]
pub(super) struct Applied {
    /// The output.
    pub(super) y: Tensor,
    /// The gradient of the input.
    pub(super) dx: Tensor,
    /// The gradient of each trained parameter, with its name.
    pub(super) dparams: Vec<(String, Tensor)>,
    /// Bytes that the forward pass kept for the backward pass, input and parameters apart.
    pub(super) kept_bytes: usize,
}

impl Operator {
    /// The layer that a table describes, for examples of this shape, its parameters drawn.
    pub(super) fn fit(table: Table, example: Shape, seed: u64) -> Result<Self, Error> {
        let spec = ModelSpec::parse(vec![table]).map_err(own)?;
        let model = spec.fit(example).map_err(own)?;
        let params = model.init(Seed(seed));
        Ok(Self { model, params })
    }

    /// The shape of its output for a batch of `n`.
    pub(super) fn output(&self, n: usize) -> Result<Shape, String> {
        let each = self.model.output();
        match each.checked_len().and_then(|len| len.checked_mul(n.max(1))) {
            Some(values) if values <= MOST_VALUES => Ok(each.batched(n)),
            _ => Err(format!("the output, {n} times {each}, has more than {MOST_VALUES} values")),
        }
    }

    /// Arithmetic of one example's forward pass.
    pub(super) fn cost(&self) -> Cost {
        self.model.layers().fold(Cost::default(), |sum, fitted| sum + fitted.layer.cost())
    }

    /// The output for a batch, and the gradients under `dy` of the output's shape.
    pub(super) fn apply(&self, x: Tensor, dy: Tensor, mode: Mode, seed: u64) -> Applied {
        let tape = Tape::new();
        let step = Step::new(&tape, &self.model, &self.params, mode, Seed(seed), 0);
        let x = tape.leaf(x);
        let y = step.forward(x.clone());
        let mut known: Vec<&Tensor> = self.params.iter().map(|param| &param.value).collect();
        known.push(x.value());
        let kept_bytes = tape.saved_bytes(&known);
        let mut gradients = (&y * &tape.constant(dy)).sum().backward();
        let dx = gradients.take(&x).unwrap_or_else(|| Tensor::zeros(x.value().shape()));
        let names = self.params.iter().map(|param| param.path.clone());
        let dparams = names.zip(step.gradients(gradients));
        let dparams = dparams.filter_map(|(name, gradient)| Some((name, gradient?))).collect();
        Applied { y: y.value().clone(), dx, dparams, kept_bytes }
    }
}

/// An error of the one layer, without the name that it has in its model.
fn own(error: Error) -> Error {
    match error {
        Error::Layer { source, .. } => *source,
        other => other,
    }
}
