//! The networks, and what it takes to train them.

use cenote_autograd::Tape;
use cenote_layers::{
    Mode, Model, ModelSpec, OPTIMIZER_KINDS, Optimizer, OptimizerState, Params, Segments, Step,
    cross_entropy,
};
use cenote_tensor::{Seed, Tensor};

/// Two 5x5 convolutions with pools, two dense layers.
pub(crate) const LENET: &str = "layer = [
    { kind = 'conv2d', out_channels = 32, kernel_size = 5, padding = 2 },
    { kind = 'relu' },
    { kind = 'max_pool', kernel_size = 2 },
    { kind = 'conv2d', out_channels = 64, kernel_size = 5, padding = 2 },
    { kind = 'relu' },
    { kind = 'max_pool', kernel_size = 2 },
    { kind = 'flatten' },
    { kind = 'dense', out_features = 128 },
    { kind = 'relu' },
    { kind = 'dense', out_features = 10 },
]";

/// Little arithmetic over large maps, so that the passes over memory are split as well.
pub(crate) const WIDE: &str = "layer = [
    { kind = 'batch_norm' },
    { kind = 'relu' },
    { kind = 'max_pool', kernel_size = 3, stride = 2, padding = 1 },
    { kind = 'conv2d', out_channels = 16, kernel_size = 3, padding = 1, groups = 16 },
    { kind = 'relu' },
    { kind = 'max_pool', kernel_size = 2 },
    { kind = 'batch_norm' },
    { kind = 'relu' },
    { kind = 'avg_pool', kernel_size = 2 },
    { kind = 'global_avg_pool' },
    { kind = 'dense', out_features = 10 },
]";

/// How the six convolutions of [`cifar`] make their maps smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Down {
    Pool,
    Stride,
    Not,
}

/// Six blocks of convolution, batch norm and rectifier, after VGG.
pub(crate) fn cifar(down: Down) -> String {
    let block = |(i, channels): (usize, usize)| {
        let shrinks = matches!(i, 1 | 3);
        let stride = if shrinks && down == Down::Stride { 2 } else { 1 };
        let pool = "{ kind = 'max_pool', kernel_size = 2 },";
        format!(
            "{{ kind = 'conv2d', out_channels = {channels}, kernel_size = 3, padding = 1, \
             stride = {stride}, bias = false }}, {{ kind = 'batch_norm' }}, {{ kind = 'relu' }}, {}",
            if shrinks && down == Down::Pool { pool } else { "" },
        )
    };
    let blocks: String = [64, 64, 128, 128, 256, 256].into_iter().enumerate().map(block).collect();
    let head = "{ kind = 'global_avg_pool' }, { kind = 'dense', out_features = 10 }";
    format!("layer = [{blocks} {head}]")
}

/// A network in training on one batch.
pub(crate) struct Training {
    pub(crate) model: Model,
    pub(crate) params: Params,
    images: Tensor,
    labels: Vec<usize>,
    optimizer: Box<dyn Optimizer>,
    state: OptimizerState,
    segments: Option<Segments>,
}

impl Training {
    pub(crate) fn of(text: &str, input: [usize; 3], batch_size: usize) -> Self {
        let model = ModelSpec::from_toml(text).expect("valid").fit(input.into()).expect("fits");
        let images =
            Tensor::normal(model.input().batched(batch_size), 1.0, &mut Seed(2).stream("images"));
        let labels = (0..batch_size).map(|i| i % 10).collect();
        let table = "kind = 'sgd'\nmomentum = 0.9".parse().expect("valid TOML");
        let optimizer = cenote_spec::parse(&[OPTIMIZER_KINDS], table).expect("known");
        let (params, state) = (model.init(Seed(1)), OptimizerState::default());
        Self { model, params, images, labels, optimizer, state, segments: None }
    }

    /// The same, keeping what goes into segments alone.
    pub(crate) fn in_segments(self) -> Self {
        let segments = Some(Segments::of(&self.model, &self.params));
        Self { segments, ..self }
    }

    /// Forward, backward, update; `look` sees the tape between forward and backward.
    pub(crate) fn step(&mut self, look: impl FnOnce(&Tape)) {
        let tape = Tape::new();
        let number = self.state.steps;
        let mut step = Step::new(&tape, &self.model, &self.params, Mode::Train, Seed(1), number);
        if let Some(segments) = &self.segments {
            step = step.in_segments(segments);
        }
        let loss = cross_entropy(&step.forward(tape.constant(self.images.clone())), &self.labels);
        look(&tape);
        let gradients = step.gradients(loss.backward());
        let updates = step.into_updates();
        self.state.step(&*self.optimizer, 0.01, &mut self.params, &gradients);
        for (i, value) in updates {
            self.params.set(i, value);
        }
    }
}
