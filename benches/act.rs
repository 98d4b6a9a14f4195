//! Activations, with and without memory of their own for the output.

use std::hint::black_box;

use cenote_benches::{criterion, in_pool, noise};
use cenote_tensor::{relu, relu_backward};
use criterion::{BatchSize, Criterion, Throughput};

fn activations(c: &mut Criterion) {
    // A dense layer's output, one that fits the second-level cache, one that fits none.
    for count in [64 * 128, 1 << 17, 1 << 24] {
        let (x, dy) = (noise([count]), noise([count]));
        let unshared = || x.clone().map(|x| x);
        let y = relu(x.clone());
        let moved = |times: u64| Throughput::ElementsAndBytes {
            elements: count as u64,
            bytes: times * x.bytes() as u64,
        };
        let mut group = c.benchmark_group(format!("act/{count}"));
        group.throughput(moved(2));
        group.bench_function("relu", |b| b.iter(|| relu(black_box(&x).clone())));
        group.bench_function("relu_in_place", |b| {
            b.iter_batched(unshared, relu, BatchSize::LargeInput);
        });
        group.throughput(moved(3));
        group.bench_function("relu_backward", |b| {
            let fresh = || dy.clone().map(|dy| dy);
            b.iter_batched(fresh, |dy| relu_backward(black_box(&y), dy), BatchSize::LargeInput);
        });
        group.finish();
    }
}

fn main() {
    in_pool(|| activations(&mut criterion()));
}
