//! One step of every optimiser that a study may name, with the settings of its example.

use cenote_benches::{criterion, in_pool, noise};
use cenote_layers::{OPTIMIZER_KINDS, Update};
use cenote_tensor::Tensor;
use criterion::{Criterion, Throughput};

fn steps(c: &mut Criterion) {
    for kind in OPTIMIZER_KINDS {
        let optimizer = cenote_spec::parse(&[OPTIMIZER_KINDS], kind.example_table());
        let optimizer = optimizer.expect("an example parses");
        for count in [1 << 10, 1 << 17, 1 << 22] {
            let (mut parameter, gradient) = (noise([count]), noise([count]));
            let mut memories = vec![Tensor::zeros([count]); optimizer.memories()];
            // The gradient is read, the parameter and each memory read and written.
            let passes = 3 + 2 * optimizer.memories();
            let mut group = c.benchmark_group(format!("optim/{}", kind.name));
            group.throughput(Throughput::ElementsAndBytes {
                elements: count as u64,
                bytes: (passes * parameter.bytes()) as u64,
            });
            let mut number = 0;
            group.bench_function(count.to_string(), |b| {
                b.iter(|| {
                    number += 1;
                    let update = Update {
                        rate: 1e-6,
                        number,
                        gradient: gradient.as_slice(),
                        memories: &mut memories,
                    };
                    optimizer.step(parameter.as_mut_slice(), update);
                });
            });
            group.finish();
        }
    }
}

fn main() {
    in_pool(|| steps(&mut criterion()));
}
