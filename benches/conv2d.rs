//! Convolutions of the networks that cenote's studies train, forward and both gradients.

use std::hint::black_box;

use cenote_benches::{criterion, in_pool, noise};
use cenote_tensor::{Conv2d, Window};
use criterion::{Criterion, Throughput};

/// Name, batch, input and output channels, input size, window, groups.
type Case = (&'static str, usize, [usize; 2], [usize; 2], Window, usize);

fn cases() -> Vec<Case> {
    let same = |size: usize| Window::new([size; 2], [1; 2]).padded([size / 2; 2]);
    let halving = Window::new([3; 2], [2; 2]).padded([1; 2]);
    vec![
        ("3x3_1to8_28", 64, [1, 8], [28, 28], same(3), 1),
        ("3x3_8to16_28", 64, [8, 16], [28, 28], same(3), 1),
        ("3x3_8to16_14", 64, [8, 16], [14, 14], same(3), 1),
        ("3x3_16to32_28", 64, [16, 32], [28, 28], same(3), 1),
        ("3x3_16to32_14", 64, [16, 32], [14, 14], same(3), 1),
        ("3x3_32to32_7", 64, [32, 32], [7, 7], same(3), 1),
        ("2x2s2_32to32_14", 64, [32, 32], [14, 14], Window::square(2), 1),
        ("5x5_32to64_14", 64, [32, 64], [14, 14], same(5), 1),
        ("3x3_64to64_32", 16, [64, 64], [32, 32], same(3), 1),
        ("3x3_256to256_8", 16, [256, 256], [8, 8], same(3), 1),
        ("1x1_256to64_16", 16, [256, 64], [16, 16], same(1), 1),
        ("1x1_512to512_7", 16, [512, 512], [7, 7], same(1), 1),
        ("3x3_3to64_32", 16, [3, 64], [32, 32], same(3), 1),
        ("5x5_1to32_28", 64, [1, 32], [28, 28], same(5), 1),
        ("3x3s2_64to64_32", 16, [64, 64], [32, 32], halving, 1),
        ("3x3s2_128to128_16", 16, [128, 128], [16, 16], halving, 1),
        ("3x3s2_256to256_8", 16, [256, 256], [8, 8], halving, 1),
        ("5x5_32to64_14_alone", 1, [32, 64], [14, 14], same(5), 1),
        ("depthwise_64_32", 16, [64, 64], [32, 32], same(3), 64),
    ]
}

fn convolutions(c: &mut Criterion) {
    for (name, batch, [inputs, outputs], [rows, columns], window, groups) in cases() {
        let conv = Conv2d::fit(window, inputs, outputs, groups, [rows, columns]).expect("fits");
        let x = noise([batch, inputs, rows, columns]);
        let w = noise(conv.weight_shape());
        let dy = noise([batch, outputs, conv.output()[0], conv.output()[1]]);
        let mut group = c.benchmark_group(format!("conv2d/{name}"));
        group.throughput(Throughput::Elements(2 * conv.macs() * batch as u64));
        group.bench_function("forward", |b| b.iter(|| conv.forward(black_box(&x), &w, None)));
        group.bench_function("backward_input", |b| {
            b.iter(|| conv.backward_input(black_box(&dy), &w));
        });
        group.bench_function("backward_weight", |b| {
            b.iter(|| conv.backward_weight(black_box(&x), &dy));
        });
        group.finish();
    }
}

fn main() {
    in_pool(|| convolutions(&mut criterion()));
}
