//! Softmax and cross entropy, with its gradient.

use std::hint::black_box;

use cenote_autograd::Tape;
use cenote_benches::{criterion, in_pool, noise};
use cenote_layers::{cross_entropy, softmax};
use criterion::{Criterion, Throughput};

fn losses(c: &mut Criterion) {
    for [rows, classes] in [[64, 10], [1024, 10], [64, 1000]] {
        let logits = noise([rows, classes]);
        let labels: Vec<usize> = (0..rows).map(|row| row * 7 % classes).collect();
        let mut group = c.benchmark_group(format!("loss/{rows}x{classes}"));
        group.throughput(Throughput::Elements((rows * classes) as u64));
        group.bench_function("softmax", |b| b.iter(|| softmax(black_box(&logits))));
        group.bench_function("cross_entropy_and_gradient", |b| {
            b.iter(|| {
                let tape = Tape::new();
                let logits = tape.leaf(black_box(&logits).clone());
                cross_entropy(&logits, &labels).backward().take(&logits)
            });
        });
        group.finish();
    }
}

fn main() {
    in_pool(|| losses(&mut criterion()));
}
