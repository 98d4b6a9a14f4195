//! Draws have the odds that their operators promise: chi-square tests at 1 %, seeded, so that they
//! pass or fail for good.

use std::collections::BTreeMap;

use cenote_layers::Mode;
use cenote_tensor::{Scalar, Tensor};

use crate::network::Network;

const PLANES: usize = 24_000;
/// The 99 % quantiles of the chi-square distribution with 1, 2, … degrees of freedom.
const LIMITS: [f64; 8] = [6.635, 9.210, 11.345, 13.277, 15.086, 16.812, 18.475, 20.090];

/// Refuses counts that chance explains in less than one case of a hundred.
fn check(what: &str, counts: &[usize], odds: &[f64]) {
    let total: usize = counts.iter().sum();
    let sum: f64 = odds.iter().sum();
    assert!((sum - 1.0).abs() < 1e-9, "{what}: odds of {sum}");
    let square = |(&count, &odds): (&usize, &f64)| {
        let expected = odds * total as f64;
        assert!(expected >= 5.0, "{what}: too few draws for odds of {odds}");
        (count as f64 - expected).powi(2) / expected
    };
    let statistic: f64 = counts.iter().zip(odds).map(square).sum();
    let limit = LIMITS[counts.len() - 2];
    assert!(statistic < limit, "{what}: {statistic} of at most {limit}, {counts:?} for {odds:?}");
}

/// How often each value was drawn from a window with these values, in one step of training.
fn drawn(kind: &str, cells: &[Scalar]) -> Vec<usize> {
    let layer = format!("{{kind='{kind}', kernel_size=[1, {}]}}", cells.len());
    let network = Network::new(&layer, [1, 1, cells.len()]);
    let x = Tensor::from_fn([PLANES, 1, 1, cells.len()], |i| cells[i % cells.len()]);
    let y = network.output(&x, Mode::Train, 0);
    let counts = cells.iter().map(|cell| y.as_slice().iter().filter(|y| *y == cell).count());
    let counts: Vec<usize> = counts.collect();
    assert_eq!(counts.iter().sum::<usize>(), PLANES, "every output is one of the cells");
    counts
}

#[test]
fn stochastic_pooling_draws_in_proportion_to_the_values() {
    for cells in [&[1.0, 2.0, 3.0, 4.0][..], &[0.5, 7.5], &[4.0, 0.25, 1.75, 2.0, 8.0]] {
        let sum: f64 = cells.iter().map(|&cell| f64::from(cell)).sum();
        let odds: Vec<f64> = cells.iter().map(|&cell| f64::from(cell) / sum).collect();
        check("stochastic_pool", &drawn("stochastic_pool", cells), &odds);
    }
}

#[test]
fn stochastic_pooling_never_draws_what_has_no_odds() {
    let counts = drawn("stochastic_pool", &[-3.0, 1.0, 0.0, 3.0]);
    assert_eq!([counts[0], counts[2]], [0, 0]);
    check("stochastic_pool", &[counts[1], counts[3]], &[0.25, 0.75]);
}

#[test]
fn random_pooling_draws_evenly_whatever_the_values() {
    check("random_pool", &drawn("random_pool", &[9.0, -2.0, 0.0, 100.0, 0.5]), &[0.2; 5]);
}

/// The odds of every sequence of windows of `k` cells, `o` of them over `i`, for a uniform `u`: the
/// lengths of the intervals of `u` between the places where a window moves.
fn sequences(i: usize, k: usize, o: usize) -> BTreeMap<Vec<usize>, f64> {
    let step = (i - k) as f64 / (o - 1) as f64;
    let starts = |u: f64| -> Vec<usize> {
        let start = |at: usize| ((at as f64 + u) * step) as usize - (u * step) as usize;
        (0..o).map(|at| if at + 1 < o { start(at) } else { i - k }).collect()
    };
    // A window moves where (at + u) · step is a whole number.
    let moves = (0..o).flat_map(|at| (0..=2 * i).map(move |n| n as f64 / step - at as f64));
    let mut bounds: Vec<f64> =
        moves.filter(|u| (0.0..=1.0).contains(u)).chain([0.0, 1.0]).collect();
    bounds.sort_by(f64::total_cmp);
    let mut odds = BTreeMap::new();
    for pair in bounds.windows(2).filter(|pair| pair[1] - pair[0] > 1e-9) {
        *odds.entry(starts(f64::midpoint(pair[0], pair[1]))).or_insert(0.0) += pair[1] - pair[0];
    }
    odds
}

#[test]
fn fractional_pooling_places_its_windows_with_the_odds_of_a_uniform_number() {
    for (i, o) in [(8, 4), (10, 5), (11, 4)] {
        let layer = format!("{{kind='fractional_max_pool', kernel_size=1, output_size=[1, {o}]}}");
        let network = Network::new(&layer, [1, 1, i]);
        // Windows of one cell that hold their own position.
        let x = Tensor::from_fn([PLANES, 1, 1, i], |at| (at % i) as Scalar);
        let y = network.output(&x, Mode::Train, 0);
        let expected = sequences(i, 1, o);
        let mut counts: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for starts in y.as_slice().chunks(o) {
            *counts.entry(starts.iter().map(|&at| at as usize).collect()).or_default() += 1;
        }
        assert!(counts.keys().all(|starts| expected.contains_key(starts)), "{counts:?}");
        let [counts, odds]: [Vec<f64>; 2] = [
            expected.keys().map(|starts| counts.get(starts).copied().unwrap_or(0) as f64).collect(),
            expected.values().copied().collect(),
        ];
        assert!(odds.len() > 1, "{i} to {o}: more than one way");
        let counts: Vec<usize> = counts.into_iter().map(|count| count as usize).collect();
        check(&format!("fractional_max_pool {i} to {o}"), &counts, &odds);
    }
}

#[test]
fn spatial_sampling_keeps_every_pair_of_rows_equally_often() {
    // Two of every strip of four columns, one draw for the batch at each step.
    let network =
        Network::new("{kind='s3_pool', kernel_size=1, stride=[1, 2], grid_size=[1, 4]}", [1, 1, 4]);
    let x = Tensor::from_fn([1, 1, 1, 4], |at| at as Scalar);
    let mut counts: BTreeMap<[usize; 2], usize> = BTreeMap::new();
    for step in 0..3000 {
        let y = network.output(&x, Mode::Train, step);
        let kept = [y.as_slice()[0], y.as_slice()[1]].map(|at| at as usize);
        assert!(kept[0] < kept[1], "in order");
        *counts.entry(kept).or_default() += 1;
    }
    let counts: Vec<usize> = counts.into_values().collect();
    assert_eq!(counts.len(), 6, "four choose two");
    check("s3_pool", &counts, &[1.0 / 6.0; 6]);
}

#[test]
fn a_coin_decides_between_maximum_and_mean() {
    let network = Network::new("{kind='mixed_pool', kernel_size=[1, 2], mix='random'}", [1, 1, 2]);
    let x = Tensor::from_vec([1, 1, 1, 2], vec![1.0, 3.0]).expect("2 values");
    let maxima =
        (0..2000).filter(|&step| network.output(&x, Mode::Train, step).as_slice()[0] == 3.0);
    let maxima = maxima.count();
    check("mixed_pool", &[maxima, 2000 - maxima], &[0.5, 0.5]);
}
