//! Ten steps of a whole network, compared after every one.

use std::collections::BTreeMap;

use cenote_autograd::Tape;
use cenote_layers::{Mode, ModelSpec, OptimizerState, Params, Step, cross_entropy};
use cenote_tensor::{Seed, Shape};
use serde::Deserialize;

use crate::golden::{Array, assert_number, cases};
use crate::optim::optimizer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Training {
    model: Vec<toml::Table>,
    optimizer: toml::Table,
    rate: f64,
    initial: BTreeMap<String, Array>,
    steps: Vec<Batch>,
    /// Input and output in use, after the last step.
    x: Array,
    logits: Array,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    x: Array,
    labels: Vec<usize>,
    loss: f64,
    /// All parameters after the step.
    params: BTreeMap<String, Array>,
}

fn assert_params(expected: &BTreeMap<String, Array>, what: &str, got: &Params) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for param in got.iter() {
        expected[&param.path].assert_close(&format!("{what}: {}", param.path), &param.value);
    }
}

#[test]
fn ten_steps_of_a_network_have_the_same_losses_weights_and_statistics() {
    for (_, case) in cases::<Training>(include_str!("../reference/training.json")) {
        let x = case.x.tensor();
        let spec = ModelSpec::parse(case.model).expect("known layers");
        let model = spec.fit(Shape::new(&x.dims()[1..])).expect("the layers fit");
        let optimizer = optimizer(case.optimizer);
        let mut params = model.init(Seed(1));
        for param in params.iter_mut() {
            param.value = case.initial[&param.path].tensor();
        }
        model.check(&params).expect("PyTorch's shapes are ours");
        let mut state = OptimizerState::default();
        assert_eq!(case.steps.len(), 10);
        for (i, batch) in case.steps.iter().enumerate() {
            let tape = Tape::new();
            let step = Step::new(&tape, &model, &params, Mode::Train, Seed(1), i as u64);
            let logits = step.forward(tape.constant(batch.x.tensor()));
            let loss = cross_entropy(&logits, &batch.labels);
            let value = f64::from(loss.value().as_slice()[0]);
            assert_number(&format!("loss of step {i}"), value, batch.loss);
            let gradients = step.gradients(loss.backward());
            for (index, value) in step.into_updates() {
                params.set(index, value);
            }
            state.step(&*optimizer, case.rate, &mut params, &gradients);
            assert_params(&batch.params, &format!("step {i}"), &params);
        }
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &model, &params, Mode::Eval, Seed(1), 10);
        let logits = step.forward(tape.constant(x));
        case.logits.assert_close("logits in use", logits.value());
    }
}
