//! Single operators: the kernels alone, without a tape.

use cenote_tensor::{
    Conv2d, Divisor, Matrix, Tensor, Window, Windows, avg_pool, avg_pool_backward,
    batch_norm_apply, batch_norm_backward, batch_norm_relu_backward, batch_norm_train,
    channel_moments, matmul, max_pool, max_pool_backward, relu, relu_backward,
};

use super::clock::{Rules, Timed};
use super::{Work, noise};

/// An operator at one shape.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) name: &'static str,
    what: What,
}

/// What is timed of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Forward,
    /// Every gradient that training needs, from the gradient of the output; a forward pass runs
    /// before each, untimed.
    Backward,
}

#[derive(Debug)]
enum What {
    MaxPool([usize; 4], [usize; 3]),
    AvgPool([usize; 4], [usize; 3]),
    Convolution { batch: usize, channels: [usize; 2], size: usize, kernel: usize, groups: usize },
    Relu([usize; 4]),
    BatchNorm([usize; 4]),
    BatchNormRelu([usize; 4]),
    Product(usize),
}

const SMALL: [usize; 4] = [64, 64, 32, 32];
const HUGE: [usize; 4] = [1, 16, 3000, 2000];
const EPSILON: cenote_tensor::Scalar = 1e-5;

/// Kernel size, stride and padding.
const HALVING: [usize; 3] = [2, 2, 0];
const OVERLAPPING: [usize; 3] = [3, 2, 1];

const fn convolution(
    batch: usize,
    channels: [usize; 2],
    size: usize,
    kernel: usize,
    groups: usize,
) -> What {
    What::Convolution { batch, channels, size, kernel, groups }
}

pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "maxpool2x2s2_64x64x32x32", what: What::MaxPool(SMALL, HALVING) },
    Operator { name: "maxpool3x3s2p1_64x64x32x32", what: What::MaxPool(SMALL, OVERLAPPING) },
    Operator { name: "avgpool2x2s2_64x64x32x32", what: What::AvgPool(SMALL, HALVING) },
    Operator { name: "maxpool2x2s2_1x16x3000x2000", what: What::MaxPool(HUGE, HALVING) },
    Operator { name: "maxpool3x3s2p1_1x16x3000x2000", what: What::MaxPool(HUGE, OVERLAPPING) },
    Operator { name: "avgpool2x2s2_1x16x3000x2000", what: What::AvgPool(HUGE, HALVING) },
    Operator { name: "conv3x3_64_64_n64_32x32", what: convolution(64, [64, 64], 32, 3, 1) },
    Operator { name: "conv3x3_256_256_n64_8x8", what: convolution(64, [256, 256], 8, 3, 1) },
    Operator { name: "conv1x1_256_64_n64_16x16", what: convolution(64, [256, 64], 16, 1, 1) },
    Operator { name: "dwconv3x3_128_n64_16x16", what: convolution(64, [128, 128], 16, 3, 128) },
    Operator { name: "relu_64x64x32x32", what: What::Relu(SMALL) },
    Operator { name: "batchnorm_64x64x32x32", what: What::BatchNorm(SMALL) },
    Operator { name: "batchnorm_relu_64x64x32x32", what: What::BatchNormRelu(SMALL) },
    Operator { name: "gemm_1024", what: What::Product(1024) },
];

impl Operator {
    /// Times a pass.
    pub(super) fn time(&self, pass: Pass, rules: Rules) -> (Timed, Work) {
        match self.what {
            What::MaxPool(shape, window) => time_max_pool(shape, window, pass, rules),
            What::AvgPool(shape, window) => time_avg_pool(shape, window, pass, rules),
            What::Convolution { batch, channels: [inputs, outputs], size, kernel, groups } => {
                let window = Window::new([kernel; 2], [1; 2]).padded([kernel / 2; 2]);
                let conv = Conv2d::fit(window, inputs, outputs, groups, [size; 2]);
                let conv = conv.expect("a convolution of this file fits");
                time_convolution(&conv, &noise([batch, inputs, size, size]), pass, rules)
            }
            What::Relu(shape) => time_relu(shape, pass, rules),
            What::BatchNorm(shape) => time_batch_norm(shape, pass, rules),
            What::BatchNormRelu(shape) => time_batch_norm_relu(shape, pass, rules),
            What::Product(size) => time_product(size, pass, rules),
        }
    }
}

/// Runs before each measurement.
const WARM_UP: usize = 3;

fn moved(bytes: usize) -> Work {
    Work { flop: None, bytes: Some(bytes as u64) }
}

fn windows([_, _, rows, columns]: [usize; 4], [kernel, stride, padding]: [usize; 3]) -> Windows {
    let window = Window::new([kernel; 2], [stride; 2]).padded([padding; 2]);
    window.fit("bench", [rows, columns]).expect("a window of this file fits")
}

fn time_max_pool(shape: [usize; 4], window: [usize; 3], pass: Pass, rules: Rules) -> (Timed, Work) {
    let x = noise(shape);
    let at = windows(shape, window);
    let (y, winners) = max_pool(&x, &at);
    let work = moved(x.bytes() + y.bytes() + winners.bytes());
    let timed = match pass {
        Pass::Forward => {
            drop((y, winners));
            rules.time(WARM_UP, || (), |()| max_pool(&x, &at))
        }
        Pass::Backward => {
            let dy = noise(y.shape());
            drop((y, winners));
            let prepare = || max_pool(&x, &at);
            rules.time(WARM_UP, prepare, |(y, winners)| (max_pool_backward(&dy, &winners, &at), y))
        }
    };
    (timed, work)
}

fn time_avg_pool(shape: [usize; 4], window: [usize; 3], pass: Pass, rules: Rules) -> (Timed, Work) {
    let x = noise(shape);
    let at = windows(shape, window);
    let forward = || avg_pool(&x, &at, Divisor::CountPadding);
    let y = forward();
    let work = moved(x.bytes() + y.bytes());
    let dy = noise(y.shape());
    drop(y);
    let timed = match pass {
        Pass::Forward => rules.time(WARM_UP, || (), |()| forward()),
        Pass::Backward => rules
            .time(WARM_UP, forward, |y| (avg_pool_backward(&dy, &at, Divisor::CountPadding), y)),
    };
    (timed, work)
}

fn time_convolution(conv: &Conv2d, x: &Tensor, pass: Pass, rules: Rules) -> (Timed, Work) {
    let w = noise(conv.weight_shape());
    let forward = || conv.forward(x, &w, None);
    let y = forward();
    let dy = noise(y.shape());
    let flop = 2 * conv.macs() * x.nchw()[0] as u64;
    let bytes = (x.bytes() + y.bytes() + w.bytes()) as u64;
    drop(y);
    match pass {
        Pass::Forward => {
            let timed = rules.time(WARM_UP, || (), |()| forward());
            (timed, Work { flop: Some(flop), bytes: Some(bytes) })
        }
        Pass::Backward => {
            let backward =
                |y: Tensor| (conv.backward_input(&dy, &w), conv.backward_weight(x, &dy), y);
            let timed = rules.time(WARM_UP, forward, backward);
            (timed, Work { flop: Some(2 * flop), bytes: Some(2 * bytes) })
        }
    }
}

/// A copy in memory of its own, as a gradient is that nobody else holds.
fn unshared(tensor: &Tensor) -> Tensor {
    let mut copy = tensor.clone();
    copy.as_mut_slice();
    copy
}

fn time_relu(shape: [usize; 4], pass: Pass, rules: Rules) -> (Timed, Work) {
    let x = noise(shape);
    match pass {
        Pass::Forward => {
            let timed = rules.time(WARM_UP, || (), |()| relu(x.clone()));
            (timed, moved(2 * x.bytes()))
        }
        Pass::Backward => {
            let dy = noise(shape);
            let prepare = || (relu(x.clone()), unshared(&dy));
            let timed = rules.time(WARM_UP, prepare, |(y, dy)| relu_backward(&y, dy));
            (timed, moved(3 * x.bytes()))
        }
    }
}

/// Scale and shift of as many channels as `shape` has.
fn affine(shape: [usize; 4]) -> (Tensor, Tensor) {
    (Tensor::full([shape[1]], 1.0), Tensor::zeros([shape[1]]))
}

fn time_batch_norm(shape: [usize; 4], pass: Pass, rules: Rules) -> (Timed, Work) {
    let (x, (gamma, beta)) = (noise(shape), affine(shape));
    let forward = || batch_norm_train(&x, &gamma, &beta, EPSILON);
    match pass {
        Pass::Forward => {
            let timed = rules.time(WARM_UP, || (), |()| forward());
            (timed, moved(3 * x.bytes()))
        }
        Pass::Backward => {
            let dy = noise(shape);
            let timed = rules.time(WARM_UP, forward, |(y, moments)| {
                (batch_norm_backward(&x, &dy, &gamma, &moments, EPSILON), y)
            });
            (timed, moved(5 * x.bytes()))
        }
    }
}

fn time_batch_norm_relu(shape: [usize; 4], pass: Pass, rules: Rules) -> (Timed, Work) {
    let (x, (gamma, beta)) = (noise(shape), affine(shape));
    let forward = || {
        let moments = channel_moments(&x);
        let (mean, variance) = (&moments.mean, &moments.variance);
        (batch_norm_apply(&x, &gamma, &beta, mean, variance, EPSILON, true), moments)
    };
    match pass {
        Pass::Forward => {
            let timed = rules.time(WARM_UP, || (), |()| forward());
            (timed, moved(3 * x.bytes()))
        }
        Pass::Backward => {
            let dy = noise(shape);
            let prepare = || (forward().1, unshared(&dy));
            let timed = rules.time(WARM_UP, prepare, |(moments, dy)| {
                batch_norm_relu_backward(&x, dy, &gamma, &beta, &moments, EPSILON)
            });
            (timed, moved(5 * x.bytes()))
        }
    }
}

fn time_product(size: usize, pass: Pass, rules: Rules) -> (Timed, Work) {
    let [a, b, dy] = [(); 3].map(|()| noise([size, size]));
    let [a, b, dy] = [&a, &b, &dy].map(|matrix| Matrix::new(matrix.as_slice(), size, size));
    let (flop, bytes) =
        (2 * (size as u64).pow(3), 3 * (size * size * size_of_val(&EPSILON)) as u64);
    match pass {
        Pass::Forward => {
            let timed = rules.time(WARM_UP, || (), |()| matmul(a, b));
            (timed, Work { flop: Some(flop), bytes: Some(bytes) })
        }
        Pass::Backward => {
            let backward = |y: Tensor| (matmul(dy, b.t()), matmul(a.t(), dy), y);
            let timed = rules.time(WARM_UP, || matmul(a, b), backward);
            (timed, Work { flop: Some(2 * flop), bytes: Some(2 * bytes) })
        }
    }
}
