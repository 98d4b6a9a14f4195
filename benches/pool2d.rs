//! Maximum and average pooling, forward and backward.

use std::hint::black_box;

use cenote_benches::{criterion, in_pool, noise};
use cenote_tensor::{
    Divisor, Window, avg_pool, avg_pool_backward, global_avg_pool, max_pool, max_pool_backward,
    relu_max_pool,
};
use criterion::{Criterion, Throughput};

fn pools(c: &mut Criterion) {
    let windows = [
        ("2x2s2", Window::square(2)),
        ("3x3s2", Window::new([3, 3], [2, 2]).padded([1, 1])),
        ("3x3s1", Window::new([3, 3], [1, 1]).padded([1, 1])),
    ];
    for shape @ [batch, channels, rows, columns] in [[64, 8, 28, 28], [64, 64, 32, 32]] {
        let x = noise(shape);
        for (name, window) in windows {
            let at = window.fit("bench", [rows, columns]).expect("fits");
            let (y, argmax) = max_pool(&x, &at);
            let dy = noise(y.shape());
            let size = format!("{batch}x{channels}x{rows}x{columns}");
            let mut group = c.benchmark_group(format!("pool2d/{name}/{size}"));
            group.throughput(Throughput::Bytes((x.bytes() + y.bytes() + argmax.bytes()) as u64));
            group.bench_function("max_forward", |b| b.iter(|| max_pool(black_box(&x), &at)));
            group.bench_function("relu_max_forward", |b| {
                b.iter(|| relu_max_pool(black_box(&x), &at));
            });
            group.bench_function("max_backward", |b| {
                b.iter(|| max_pool_backward(black_box(&dy), &argmax, &at));
            });
            group.throughput(Throughput::Bytes((x.bytes() + y.bytes()) as u64));
            group.bench_function("avg_forward", |b| {
                b.iter(|| avg_pool(black_box(&x), &at, Divisor::CountPadding));
            });
            group.bench_function("avg_backward", |b| {
                b.iter(|| avg_pool_backward(black_box(&dy), &at, Divisor::CountPadding));
            });
            group.finish();
        }
        let mut group = c.benchmark_group("pool2d/global");
        group.throughput(Throughput::Bytes(x.bytes() as u64));
        group.bench_function(format!("{batch}x{channels}x{rows}x{columns}"), |b| {
            b.iter(|| global_avg_pool(black_box(&x)));
        });
        group.finish();
    }
}

fn main() {
    in_pool(|| pools(&mut criterion()));
}
