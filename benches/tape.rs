//! What recording costs beside the arithmetic: operations that do nothing, and a network so small
//! that plain loops are its measure.

use std::hint::black_box;

use cenote_autograd::Tape;
use cenote_benches::{criterion, in_pool, noise};
use cenote_layers::{
    Mode, Model, ModelSpec, OPTIMIZER_KINDS, Optimizer, OptimizerState, Params, Step, cross_entropy,
};
use cenote_tensor::{Scalar, Seed, Tensor};
use criterion::{Criterion, Throughput};

/// Operations in a row.
const COUNT: usize = 1000;

/// The same elements under the same shape: no arithmetic, so all the time is the tape's.
fn operations(c: &mut Criterion) {
    let x = noise([4]);
    let mut group = c.benchmark_group("tape/reshape");
    group.throughput(Throughput::Elements(COUNT as u64));
    group.bench_function("forward_and_backward", |b| {
        b.iter(|| {
            let tape = Tape::new();
            let leaf = tape.leaf(x.clone());
            let y = (0..COUNT).fold(leaf.clone(), |y, _| y.reshaped([4]));
            y.sum().backward().take(&leaf)
        });
    });
    group.finish();
}

const BATCH: usize = 16;
const SIZES: [usize; 4] = [16, 32, 16, 10];
const RATE: Scalar = 1e-3;

/// A training step of 1,242 parameters, through the layers and by hand.
fn tiny_network(c: &mut Criterion) {
    let spec = ModelSpec::from_toml(
        "layer = [
            { kind = 'dense', out_features = 32 }, { kind = 'relu' },
            { kind = 'dense', out_features = 16 }, { kind = 'relu' },
            { kind = 'dense', out_features = 10 },
        ]",
    );
    let model = spec.expect("valid").fit([SIZES[0]].into()).expect("fits");
    let x = noise([BATCH, SIZES[0]]);
    let labels: Vec<usize> = (0..BATCH).map(|row| row * 7 % SIZES[3]).collect();
    let mut group = c.benchmark_group("tape/mlp_1242_parameters_batch_16");
    let mut training = Training::start(&model);
    group.bench_function("layers", |b| b.iter(|| training.step(black_box(&x), &labels)));
    let mut loops = Loops::start(&model.init(Seed(1)));
    group.bench_function("plain_loops", |b| {
        b.iter(|| loops.step(black_box(x.as_slice()), &labels));
    });
    group.finish();
}

struct Training<'m> {
    model: &'m Model,
    params: Params,
    optimizer: Box<dyn Optimizer>,
    state: OptimizerState,
}

impl<'m> Training<'m> {
    fn start(model: &'m Model) -> Self {
        let sgd = "kind = 'sgd'".parse().expect("this is TOML");
        let optimizer = cenote_spec::parse(&[OPTIMIZER_KINDS], sgd).expect("`sgd` is a kind");
        Self { model, params: model.init(Seed(1)), optimizer, state: OptimizerState::default() }
    }

    fn step(&mut self, x: &Tensor, labels: &[usize]) {
        let tape = Tape::new();
        let pass = Step::new(&tape, self.model, &self.params, Mode::Train, Seed(1), 0);
        let loss = cross_entropy(&pass.forward(tape.constant(x.clone())), labels);
        let gradients = pass.gradients(loss.backward());
        drop((loss, pass));
        self.state.step(&*self.optimizer, f64::from(RATE), &mut self.params, &gradients);
    }
}

/// The same network as one would write it who needs no other.
struct Loops(Vec<Dense>);

struct Dense {
    /// `(outputs, inputs)`.
    weight: Vec<Scalar>,
    bias: Vec<Scalar>,
    inputs: usize,
}

impl Loops {
    fn start(params: &Params) -> Self {
        let values: Vec<&Tensor> = params.iter().map(|param| &param.value).collect();
        let dense = |pair: &[&Tensor]| Dense {
            weight: pair[0].as_slice().to_vec(),
            bias: pair[1].as_slice().to_vec(),
            inputs: pair[0].dims()[1],
        };
        Self(values.chunks_exact(2).map(dense).collect())
    }

    fn step(&mut self, x: &[Scalar], labels: &[usize]) {
        let mut values = vec![x.to_vec()];
        let last = self.0.len() - 1;
        for (i, layer) in self.0.iter().enumerate() {
            let mut y = Vec::with_capacity(labels.len() * layer.bias.len());
            for x in values[i].chunks_exact(layer.inputs) {
                for (w, b) in layer.weight.chunks_exact(layer.inputs).zip(&layer.bias) {
                    let y_one = b + w.iter().zip(x).map(|(w, x)| w * x).sum::<Scalar>();
                    y.push(if i < last { y_one.max(0.0) } else { y_one });
                }
            }
            values.push(y);
        }
        let mut dy = values.pop().expect("there are layers");
        for (row, &label) in dy.chunks_exact_mut(self.0[last].bias.len()).zip(labels) {
            let largest = row.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
            for z in &mut *row {
                *z = (*z - largest).exp();
            }
            let scale = 1.0 / (row.iter().sum::<Scalar>() * labels.len() as Scalar);
            for p in &mut *row {
                *p *= scale;
            }
            row[label] -= 1.0 / labels.len() as Scalar;
        }
        for (layer, x) in self.0.iter_mut().zip(&values).rev() {
            dy = layer.back(x, &dy);
        }
    }
}

impl Dense {
    /// The gradient of the input, behind its rectifier; moves the parameters.
    fn back(&mut self, x: &[Scalar], dy: &[Scalar]) -> Vec<Scalar> {
        let mut dx = vec![0.0; x.len()];
        let (mut dw, mut db) = (vec![0.0; self.weight.len()], vec![0.0; self.bias.len()]);
        let rows = x.chunks_exact(self.inputs).zip(dx.chunks_exact_mut(self.inputs));
        for ((x, dx), dy) in rows.zip(dy.chunks_exact(self.bias.len())) {
            for (o, &dy) in dy.iter().enumerate() {
                let at = o * self.inputs..(o + 1) * self.inputs;
                db[o] += dy;
                dw[at.clone()].iter_mut().zip(x).for_each(|(dw, x)| *dw += dy * x);
                dx.iter_mut().zip(&self.weight[at]).for_each(|(dx, w)| *dx += dy * w);
            }
        }
        dx.iter_mut().zip(x).filter(|(_, x)| **x <= 0.0).for_each(|(dx, _)| *dx = 0.0);
        self.weight.iter_mut().zip(dw).for_each(|(w, dw)| *w -= RATE * dw);
        self.bias.iter_mut().zip(db).for_each(|(b, db)| *b -= RATE * db);
        dx
    }
}

fn main() {
    in_pool(|| {
        let mut criterion = criterion();
        operations(&mut criterion);
        tiny_network(&mut criterion);
    });
}
