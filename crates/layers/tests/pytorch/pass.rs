//! One forward and backward pass of a model of one layer.

use std::collections::BTreeMap;

use cenote_autograd::Tape;
use cenote_layers::{Mode, Model, ModelSpec, Role, Step};
use cenote_tensor::{Seed, Tensor};

/// A model of one layer, for a batch such as `x`.
pub(crate) fn model(table: &toml::Table, x: &Tensor) -> Model {
    let spec = ModelSpec::parse(vec![table.clone()]).expect("a known layer");
    spec.fit(cenote_tensor::Shape::new(&x.dims()[1..])).expect("PyTorch took this input")
}

/// What a pass computes.
pub(crate) struct Pass {
    pub(crate) y: Tensor,
    pub(crate) dx: Tensor,
    /// Gradients by the parameter's name in its layer.
    pub(crate) dparams: BTreeMap<String, Tensor>,
    /// New running statistics, likewise.
    pub(crate) running: BTreeMap<String, Tensor>,
}

/// Runs the one layer of `model` with these parameters on `x`, and back from `dy`.
pub(crate) fn pass(
    model: &Model,
    mode: Mode,
    params: &BTreeMap<String, Tensor>,
    [x, dy]: [&Tensor; 2],
) -> Pass {
    let layer = model.layers().next().expect("a model of one layer").layer;
    let specs = layer.params();
    assert_eq!(specs.len(), params.len(), "one golden value per parameter");
    let tape = Tape::new();
    let on_tape = specs.iter().map(|spec| {
        let value = params[&*spec.name].clone();
        assert_eq!(value.shape(), spec.shape, "{}", spec.name);
        match spec.role {
            Role::Trained => tape.leaf(value),
            Role::Running => tape.constant(value),
        }
    });
    let step = Step::over(model, on_tape.collect(), mode, Seed(0), 0);
    let x = tape.leaf(x.clone());
    let y = step.forward(x.clone());
    let loss = (&y * &tape.constant(dy.clone())).sum();
    let mut gradients = loss.backward();
    let dx = gradients.take(&x).expect("the output depends on the input");
    let name = |i: usize| specs[i].name.to_string();
    let dparams = step.gradients(gradients).into_iter().enumerate();
    let dparams = dparams.filter_map(|(i, gradient)| Some((name(i), gradient?))).collect();
    let running = step.into_updates().into_iter().map(|(i, value)| (name(i), value)).collect();
    Pass { y: y.value().clone(), dx, dparams, running }
}
