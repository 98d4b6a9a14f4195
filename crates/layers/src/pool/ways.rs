//! A formula of sums gives window by window what it gives with sums that windows share.
//!
//! In use a plane goes by windows only where its cells are too large or too small for sums, so whatever
//! compares outputs on ordinary planes sees nothing of that way. Here ordinary planes go both ways.

use cenote_tensor::{
    Rounding, Scalar, SumFunction, Tensor, Window, Windows, pool, pool_backward, pool_sums,
    pool_sums_backward,
};

/// The largest difference that rounding may make, as a share of the largest magnitude.
const ROUNDING: f64 = if cfg!(cenote_f64) { 1e-10 } else { 4e-5 };

const CHANNELS: usize = 2;
const BATCH: usize = 3;

/// Which gradients a function pulls back from shared sums.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pulls {
    MapsAndParams,
    /// Those of the parameters go by windows always.
    Maps,
}

/// Checks the outputs and gradients of a function under parameters `(C, P)`, a row for each channel.
pub(super) fn check_ways<
    const MAPS: usize,
    const SUMS: usize,
    const PULLS: usize,
    const P: usize,
>(
    function: &impl SumFunction<MAPS, SUMS, PULLS>,
    params: [[Scalar; P]; CHANNELS],
    pulls: Pulls,
) {
    for at in geometries() {
        let maps: [Tensor; MAPS] = std::array::from_fn(|map| cells(&at, map));
        for params in &params {
            for (map, [low, high]) in maps.iter().zip(function.range(params)) {
                let fits = |x: Scalar| x == 0.0 || (low..=high).contains(&x.abs());
                assert!(map.as_slice().iter().all(|&x| fits(x)), "every plane goes by sums");
            }
        }
        let maps = maps.each_ref();
        let params = Tensor::from_fn([CHANNELS, P], |i| params[i / P][i % P]);
        let close = |what: &str, by_sums: &Tensor, by_windows: &Tensor| {
            check_close(by_sums, by_windows)
                .unwrap_or_else(|error| panic!("{what} of {params:?} over {at:?}: {error}"));
        };
        let y = pool_sums(function, maps, &params, &at);
        close("output", &y, &pool(function, maps, &params, &at));
        let dy = Tensor::from_fn(y.shape(), |i| (1.7 * i as Scalar + 0.3).sin());
        let by_sums = pool_sums_backward(function, maps, &params, &dy, &at);
        let by_windows = pool_backward(function, maps, &params, &dy, &at);
        for (by_sums, by_windows) in by_sums.maps.iter().zip(&by_windows.maps) {
            close("gradient of a map", by_sums, by_windows);
        }
        if pulls == Pulls::MapsAndParams {
            close("gradient of parameters", &by_sums.params, &by_windows.params);
        }
    }
}

/// Windows that tile the plane, that overlap and that leave gaps, inside and over every edge.
fn geometries() -> [Windows; 5] {
    let fit = |window: Window, plane| window.fit("ways", plane).expect("fits");
    [
        fit(Window::square(2), [6, 8]),
        fit(Window::new([3, 3], [2, 2]).padded([1, 1]), [9, 35]),
        fit(Window::new([3, 2], [1, 1]).padded([1, 0]), [5, 20]),
        fit(Window::new([2, 3], [3, 2]).padded([0, 1]).rounded(Rounding::Ceil), [8, 10]),
        fit(Window::new([4, 5], [3, 2]).rounded(Rounding::Ceil), [9, 11]),
    ]
}

/// Halves from −2 to 2, so that most windows hold ties; a second image without a positive cell, and a
/// third of zeros.
fn cells(at: &Windows, map: usize) -> Tensor {
    let [rows, columns] = at.input();
    let image = CHANNELS * rows * columns;
    Tensor::from_fn([BATCH, CHANNELS, rows, columns], |i| {
        let x = (4.0 * (2.3 * i as Scalar + map as Scalar).sin()).round() / 2.0;
        match i / image {
            0 => x,
            1 => -x.abs(),
            _ => 0.0,
        }
    })
}

fn check_close(by_sums: &Tensor, by_windows: &Tensor) -> Result<(), String> {
    assert_eq!(by_sums.shape(), by_windows.shape());
    let pairs = || by_sums.as_slice().iter().zip(by_windows.as_slice());
    let largest = pairs().map(|(&a, _)| f64::from(a.abs())).fold(0.0, f64::max);
    if largest == 0.0 && !by_sums.is_empty() {
        return Err("zeros show nothing".to_owned());
    }
    let is_close =
        |(&a, &b): (&Scalar, &Scalar)| (f64::from(a) - f64::from(b)).abs() <= ROUNDING * largest;
    match pairs().find(|&pair| !is_close(pair)) {
        Some((a, b)) => Err(format!("{a} by sums, {b} by windows")),
        None => Ok(()),
    }
}
