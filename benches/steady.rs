//! One layer in the steady state of training: what is timed of it, and the bytes that it has to move.

use std::hint::black_box;
use std::time::Instant;

use cenote_autograd::{Function, Saved, Tape, Var};
use cenote_layers::{LayerSpec, Mode, Model, ModelSpec, Params, Step};
use cenote_spec::Kind;
use cenote_tensor::{Seed, Tensor, awake};

use crate::noise;

/// A layer with the settings of its example, its parameters, a batch, and a gradient of its output.
///
/// Parameters are made once. A step runs as in training: the other threads are awake, buffers that
/// an earlier step dropped are taken again, and the gradient of the output is a buffer that nobody
/// else holds.
pub struct Steady {
    model: Model,
    params: Params,
    x: Tensor,
    dy: Tensor,
}

/// Seconds of the two passes of a step.
pub struct Passes {
    /// With gradients wanted, so with everything saved that the backward pass reads.
    pub forward: f64,
    /// From the gradient of the output to those of the input and the parameters.
    pub backward: f64,
}

/// Bytes that the passes have to move if every operand is moved once.
#[derive(Clone, Copy)]
pub struct Moved {
    /// Input and parameters read, output written, and what is saved beside these written.
    pub forward: usize,
    /// The gradient of the output and everything saved read, gradients of input and parameters
    /// written.
    pub backward: usize,
}

impl Steady {
    /// The example of `kind` on a batch of this shape.
    ///
    /// # Panics
    /// When the example does not fit: then it is no example.
    pub fn new(kind: &Kind<dyn LayerSpec>, shape: [usize; 4]) -> Self {
        let [batch, channels, rows, columns] = shape;
        let spec = ModelSpec::parse(vec![kind.example_table()]).expect("an example parses");
        let model = spec.fit([channels, rows, columns].into()).expect("an example fits");
        let x = noise(shape);
        let dy = noise(model.output().batched(batch));
        let params = model.init(Seed(1));
        Self { model, params, x, dy }
    }

    /// Numbers in the output.
    pub fn outputs(&self) -> usize {
        self.dy.len()
    }

    /// Multiply-adds of the forward pass by its definition.
    pub fn macs(&self) -> u64 {
        self.model.cost().macs * self.x.dims()[0] as u64
    }

    /// Runs one step and tells how long its passes took.
    pub fn step(&self) -> Passes {
        let mut dy = self.dy.clone();
        dy.as_mut_slice();
        awake(|| {
            let tape = Tape::new();
            let (step, x) = self.on(&tape);
            let start = Instant::now();
            let y = black_box(step.forward(x.clone()));
            let forward = start.elapsed().as_secs_f64();
            let loss = tape.record(Tensor::scalar(0.0), &[&y], || Gives(dy));
            let start = Instant::now();
            black_box(loss.backward());
            Passes { forward, backward: start.elapsed().as_secs_f64() }
        })
    }

    /// What a step has to move.
    pub fn moved(&self) -> Moved {
        let tape = Tape::new();
        let (step, x) = self.on(&tape);
        let y = step.forward(x.clone());
        let params: usize = self.params.iter().map(|param| param.value.bytes()).sum();
        let known: Vec<&Tensor> = self.params.iter().map(|param| &param.value).collect();
        let beside = [known.as_slice(), &[x.value(), y.value()]].concat();
        let [x, y] = [&self.x, &self.dy].map(Tensor::bytes);
        Moved {
            forward: x + params + y + tape.saved_bytes(&beside),
            backward: y + tape.saved_bytes(&known) + x + 2 * params,
        }
    }

    fn on<'t>(&'t self, tape: &'t Tape) -> (Step<'t, 't>, Var<'t>) {
        let step = Step::new(tape, &self.model, &self.params, Mode::Train, Seed(1), 0);
        (step, tape.leaf(self.x.clone()))
    }
}

/// The gradient that a later layer would give.
struct Gives(Tensor);

impl Function for Gives {
    fn name(&self) -> &'static str {
        "gives"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.0])
    }

    fn backward(self: Box<Self>, _: Tensor, _: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(self.0)]
    }
}
