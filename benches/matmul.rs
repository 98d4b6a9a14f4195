//! Matrix products: the dense layers of cenote's studies in all three passes, and large squares.

use std::hint::black_box;

use cenote_benches::{criterion, in_pool, noise};
use cenote_tensor::{Matrix, matmul_into};
use criterion::{Criterion, Throughput};

fn products(c: &mut Criterion) {
    for (batch, inputs, outputs) in [
        (64, 1568, 10),
        (64, 12544, 32),
        (64, 3136, 128),
        (1, 1568, 10),
        (1, 3136, 128),
        (16, 16, 32),
        (512, 512, 512),
        (1024, 1024, 1024),
    ] {
        let x = noise([batch, inputs]);
        let w = noise([outputs, inputs]);
        let dy = noise([batch, outputs]);
        let x = Matrix::new(x.as_slice(), batch, inputs);
        let w = Matrix::new(w.as_slice(), outputs, inputs);
        let dy = Matrix::new(dy.as_slice(), batch, outputs);
        let mut group = c.benchmark_group(format!("matmul/{batch}x{inputs}x{outputs}"));
        group.throughput(Throughput::Elements(2 * (batch * inputs * outputs) as u64));
        for (name, a, b) in [("y", x, w.t()), ("dx", dy, w), ("dw", dy.t(), x)] {
            let mut out = vec![0.0; a.rows() * b.columns()];
            group.bench_function(name, |bench| {
                bench.iter(|| matmul_into(black_box(a), b, &mut out));
            });
        }
        group.finish();
    }
}

fn main() {
    in_pool(|| products(&mut criterion()));
}
