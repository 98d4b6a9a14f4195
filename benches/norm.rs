//! The passes over whole activations: batch normalisation, the rectifier, sums over channels.

use std::hint::black_box;

use cenote_benches::{criterion, in_pool, noise};
use cenote_tensor::{
    Window, batch_norm_apply, batch_norm_backward, batch_norm_relu_backward,
    batch_norm_relu_max_pool, batch_norm_relu_max_pool_backward, batch_norm_train, channel_moments,
    relu, relu_backward, sum_over_channels,
};
use criterion::{BatchSize, Criterion, Throughput};

fn passes(c: &mut Criterion) {
    for shape @ [batch, channels, rows, columns] in
        [[64, 8, 28, 28], [64, 32, 14, 14], [64, 64, 32, 32]]
    {
        let (x, dy) = (noise(shape), noise(shape));
        let (gamma, beta) = (noise([channels]), noise([channels]));
        let (_, moments) = batch_norm_train(&x, &gamma, &beta, 1e-5);
        let bytes = x.bytes() as u64;
        let mut group = c.benchmark_group(format!("norm/{batch}x{channels}x{rows}x{columns}"));
        group.throughput(Throughput::Bytes(3 * bytes));
        group.bench_function("batch_norm_train", |b| {
            b.iter(|| batch_norm_train(black_box(&x), &gamma, &beta, 1e-5));
        });
        group.throughput(Throughput::Bytes(5 * bytes));
        group.bench_function("batch_norm_backward", |b| {
            b.iter(|| batch_norm_backward(black_box(&x), &dy, &gamma, &moments, 1e-5));
        });
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function("moments", |b| b.iter(|| channel_moments(black_box(&x))));
        let (mean, variance) = (&moments.mean, &moments.variance);
        group.throughput(Throughput::Bytes(2 * bytes));
        group.bench_function("batch_norm_relu", |b| {
            b.iter(|| batch_norm_apply(black_box(&x), &gamma, &beta, mean, variance, 1e-5, true));
        });
        group.throughput(Throughput::Bytes(5 * bytes));
        group.bench_function("batch_norm_relu_backward", |b| {
            let fresh = || dy.clone().map(|dy| dy);
            let back = |dy| batch_norm_relu_backward(&x, dy, &gamma, &beta, &moments, 1e-5);
            b.iter_batched(fresh, back, BatchSize::LargeInput);
        });
        let at = Window::square(2).fit("bench", [rows, columns]).expect("fits");
        let pool = || batch_norm_relu_max_pool(&x, &gamma, &beta, mean, variance, 1e-5, &at);
        let (y, argmax) = pool();
        group.throughput(Throughput::Bytes(bytes + (y.bytes() + argmax.bytes()) as u64));
        group.bench_function("batch_norm_relu_max_pool", |b| b.iter(pool));
        group.throughput(Throughput::Bytes(4 * bytes + (y.bytes() + argmax.bytes()) as u64));
        group.bench_function("batch_norm_relu_max_pool_backward", |b| {
            b.iter(|| {
                let (x, dy) = (black_box(&x), &y);
                batch_norm_relu_max_pool_backward(
                    x, dy, &argmax, &gamma, &beta, &moments, 1e-5, &at,
                )
            });
        });
        group.throughput(Throughput::Bytes(2 * bytes));
        group.bench_function("relu", |b| b.iter(|| relu(black_box(&x).clone())));
        group.throughput(Throughput::Bytes(3 * bytes));
        group.bench_function("relu_backward", |b| {
            let fresh = || dy.clone().map(|dy| dy);
            b.iter_batched(fresh, |dy| relu_backward(black_box(&x), dy), BatchSize::LargeInput);
        });
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function("sum_over_channels", |b| b.iter(|| sum_over_channels(black_box(&x))));
        group.finish();
    }
}

fn main() {
    in_pool(|| passes(&mut criterion()));
}
