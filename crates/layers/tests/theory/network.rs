//! Networks that a test builds, runs and trains.

use cenote_autograd::Tape;
use cenote_layers::{
    Mode, Model, ModelSpec, OPTIMIZER_KINDS, OptimizerState, Params, Step, cross_entropy,
};
use cenote_tensor::{Seed, Tensor};

/// A network and its parameters.
pub(crate) struct Network {
    pub(crate) model: Model,
    pub(crate) params: Params,
}

impl Network {
    /// The network of these layers, as tables in an array, for images of this shape.
    pub(crate) fn new(layers: &str, input: [usize; 3]) -> Self {
        let spec = ModelSpec::from_toml(&format!("layer = [{layers}]")).expect("known layers");
        let model = spec.fit(input.into()).expect("the layers fit");
        let params = model.init(Seed(7));
        Self { model, params }
    }

    /// The output for a batch, in a mode and at a step.
    pub(crate) fn output(&self, x: &Tensor, mode: Mode, step: u64) -> Tensor {
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &self.model, &self.params, mode, Seed(7), step);
        step.forward(tape.constant(x.clone())).value().clone()
    }

    /// Output and input gradient in training, under a gradient of `dy` from above.
    pub(crate) fn pass(&self, x: &Tensor, dy: &Tensor) -> (Tensor, Tensor) {
        let tape = Tape::new();
        let step = Step::new(&tape, &self.model, &self.params, Mode::Train, Seed(7), 0);
        let x = tape.leaf(x.clone());
        let y = step.forward(x.clone());
        let mut gradients = (&y * &tape.constant(dy.clone())).sum().backward();
        (y.value().clone(), gradients.take(&x).expect("the output depends on the input"))
    }

    /// Trains on one batch for some steps and returns the first and the last loss.
    pub(crate) fn train(&mut self, x: &Tensor, labels: &[usize], steps: u64) -> [f64; 2] {
        let table = "kind = 'sgd'\nmomentum = 0.9".parse().expect("a table");
        let optimizer = cenote_spec::parse(&[OPTIMIZER_KINDS], table).expect("a known optimiser");
        let mut state = OptimizerState::default();
        let mut losses = Vec::new();
        for number in 0..steps {
            let tape = Tape::new();
            let step = Step::new(&tape, &self.model, &self.params, Mode::Train, Seed(7), number);
            let loss = cross_entropy(&step.forward(tape.constant(x.clone())), labels);
            losses.push(f64::from(loss.value().as_slice()[0]));
            let gradients = step.gradients(loss.backward());
            state.step(&*optimizer, 0.05, &mut self.params, &gradients);
        }
        [losses[0], losses[losses.len() - 1]]
    }
}
