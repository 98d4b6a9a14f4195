//! Everything that can stand where a pooling layer stands, with the settings of its example.
//!
//! The list is that of `cenote-layers`: a new pool is timed the moment it is listed. The inverse of
//! elements per second is the time per output element; bytes are those of input and output, and in
//! the backward pass of their gradients as well.

use std::hint::black_box;

use cenote_autograd::Tape;
use cenote_benches::{criterion, in_pool, noise};
use cenote_layers::{KINDS, LayerSpec, Mode, Model, ModelSpec, Step};
use cenote_spec::Kind;
use cenote_tensor::{Seed, Tensor};
use criterion::{Criterion, Throughput};

/// The family that max pooling belongs to.
fn pools() -> &'static [Kind<dyn LayerSpec>] {
    let has_max = |family: &&&[Kind<_>]| family.iter().any(|kind| kind.name == "max_pool");
    KINDS.iter().find(has_max).expect("max pooling is a layer")
}

fn layers(c: &mut Criterion) {
    for shape @ [batch, channels, rows, columns] in [[64, 64, 32, 32], [64, 16, 14, 14]] {
        let x = noise(shape);
        for kind in pools() {
            let spec = ModelSpec::parse(vec![kind.example_table()]).expect("an example parses");
            let model = spec.fit([channels, rows, columns].into()).expect("an example fits");
            let outputs = batch * model.output().len();
            let bytes = x.bytes() + outputs * size_of_val(&x.as_slice()[0]);
            let moved = |times: usize| Throughput::ElementsAndBytes {
                elements: outputs as u64,
                bytes: (times * bytes) as u64,
            };
            let size = format!("{batch}x{channels}x{rows}x{columns}");
            let mut group = c.benchmark_group(format!("pool/{}/{size}", kind.name));
            group.throughput(moved(1));
            group.bench_function("forward", |b| b.iter(|| forward(&model, black_box(&x))));
            // The sum that the gradient starts from reads the output once more.
            group.throughput(moved(2));
            group.bench_function("forward_and_backward", |b| {
                b.iter(|| forward_and_backward(&model, black_box(&x)));
            });
            group.finish();
        }
    }
}

fn forward(model: &Model, x: &Tensor) -> Tensor {
    let (tape, params) = (Tape::without_gradients(), model.init(Seed(1)));
    let step = Step::new(&tape, model, &params, Mode::Eval, Seed(1), 0);
    step.forward(tape.constant(x.clone())).value().clone()
}

fn forward_and_backward(model: &Model, x: &Tensor) -> Option<Tensor> {
    let (tape, params) = (Tape::new(), model.init(Seed(1)));
    let step = Step::new(&tape, model, &params, Mode::Train, Seed(1), 0);
    let x = tape.leaf(x.clone());
    step.forward(x.clone()).sum().backward().take(&x)
}

fn main() {
    in_pool(|| layers(&mut criterion()));
}
