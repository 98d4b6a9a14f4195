//! The number of threads changes no bit of any result.
//!
//! Not in double precision: there everything runs by the reference, on one thread.
#![cfg(not(cenote_f64))]

use cenote_tensor::{
    Conv2d, Divisor, Matrix, Scalar, Shape, Tensor, Window, avg_pool, avg_pool_backward,
    batch_norm_backward, batch_norm_relu_backward, batch_norm_relu_max_pool,
    batch_norm_relu_max_pool_backward, batch_norm_train, global_avg_pool, global_avg_pool_backward,
    matmul, max_pool, max_pool_backward, relu, relu_backward, relu_max_pool, sum_over_channels,
};

/// Values whose sums depend on the order of the additions.
fn wave(shape: impl Into<Shape>) -> Tensor {
    Tensor::from_fn(shape, |i| (i as Scalar * 0.37).sin() * 1.7)
}

/// Results of every operator on enough work to be split.
fn everything() -> Vec<Tensor> {
    let (batch, channels, size) = (24, 16, [28, 27]);
    let x = wave([batch, channels, size[0], size[1]]);
    let mut results = Vec::new();
    for (window, groups) in [
        (Window::new([3, 3], [1, 1]).padded([1, 1]), 1),
        (Window::new([2, 2], [2, 2]), 1),
        (Window::new([3, 3], [1, 1]).padded([1, 1]), channels),
    ] {
        let conv = Conv2d::fit(window, channels, channels, groups, size).expect("fits");
        let w = wave(conv.weight_shape());
        let y = conv.forward(&x, &w, Some(&wave([channels])));
        results.extend([conv.backward_input(&y, &w), conv.backward_weight(&x, &y), y]);
    }
    for window in [Window::square(2), Window::new([3, 3], [2, 1]).padded([1, 1])] {
        let at = window.fit("pool", size).expect("fits");
        let (y, argmax) = max_pool(&x, &at);
        results.extend([max_pool_backward(&y, &argmax, &at), y]);
        let y = avg_pool(&x, &at, Divisor::RealCells);
        results.extend([avg_pool_backward(&y, &at, Divisor::RealCells), y]);
    }
    let (gamma, beta) = (wave([channels]), wave([channels]));
    let (y, moments) = batch_norm_train(&x, &gamma, &beta, 1e-5);
    let (dx, dgamma, dbeta) = batch_norm_backward(&x, &y, &gamma, &moments, 1e-5);
    results.extend([dx, dgamma, dbeta, relu_backward(&x, y.clone()), relu(y)]);
    let (dx, ..) = batch_norm_relu_backward(&x, wave(x.shape()), &gamma, &beta, &moments, 1e-5);
    results.push(dx);
    for window in [Window::square(2), Window::new([3, 3], [2, 2]).padded([1, 1])] {
        let at = window.fit("pool", size).expect("fits");
        let (mean, variance) = (&moments.mean, &moments.variance);
        let (y, argmax) = batch_norm_relu_max_pool(&x, &gamma, &beta, mean, variance, 1e-5, &at);
        let (dx, dgamma, dbeta) =
            batch_norm_relu_max_pool_backward(&x, &y, &argmax, &gamma, &beta, &moments, 1e-5, &at);
        results.extend([y, dx, dgamma, dbeta, relu_max_pool(&x, &at).0]);
    }
    let means = global_avg_pool(&x);
    results.extend([sum_over_channels(&x), global_avg_pool_backward(&means, size), means]);
    let (a, b) = (wave([300, 170]), wave([170, 200]));
    let (a, b) = (Matrix::new(a.as_slice(), 300, 170), Matrix::new(b.as_slice(), 170, 200));
    results.extend([matmul(a, b), matmul(b.t(), a.t()), matmul(a.t(), a), matmul(a, a.t())]);
    results
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool of a few threads").install(everything)
    };
    let one = with_threads(1);
    for threads in [2, 3, 8] {
        for (i, (result, expected)) in with_threads(threads).iter().zip(&one).enumerate() {
            let differing = result
                .as_slice()
                .iter()
                .zip(expected.as_slice())
                .position(|(result, expected)| result.to_bits() != expected.to_bits());
            assert_eq!(differing, None, "result {i} with {threads} threads");
        }
    }
}
