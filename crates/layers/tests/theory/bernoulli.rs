//! Boureau, Ponce and `LeCun` (2010): the moments of pooled features that are either on or off.
//!
//! A feature is on with probability `a`, and `P` independent ones are pooled:
//!
//! ```text
//! mean of P:     mean a              variance a (1 − a) / P
//! maximum of P:  mean 1 − (1 − a)^P  variance (1 − (1 − a)^P) (1 − a)^P
//! ```
//!
//! Two classes of features with `a₁` and `a₂` are `|μ₁ − μ₂| / (σ₁ + σ₂)` apart.

use cenote_layers::Mode;
use cenote_tensor::{Scalar, Seed, Stream, Tensor};
use rand_chacha::rand_core::RngCore;

use crate::network::Network;

const DRAWS: usize = 20_000;
/// Half the width of a band, in standard errors, that all 64 comparisons below leave with a
/// probability of 1 %: the normal quantile of 1 − 0.005/64.
const BAND: f64 = 3.78;
const ACTIVATIONS: [f64; 4] = [0.02, 0.1, 0.3, 0.5];
const POOLS: [usize; 4] = [2, 5, 12, 40];

/// Mean, variance and fourth central moment.
#[derive(Clone, Copy, Debug)]
struct Moments {
    mean: f64,
    variance: f64,
    fourth: f64,
}

/// The fourth central moment of a sum of `n` independent features is `n μ₄ + 3 n (n − 1) σ⁴`.
fn of_mean(a: f64, pool: usize) -> Moments {
    let (n, variance) = (pool as f64, a * (1.0 - a));
    let fourth = variance * (1.0 - 3.0 * variance);
    let of_sum = n * fourth + 3.0 * n * (n - 1.0) * variance * variance;
    Moments { mean: a, variance: variance / n, fourth: of_sum / n.powi(4) }
}

fn of_maximum(a: f64, pool: usize) -> Moments {
    let off = (1.0 - a).powi(i32::try_from(pool).expect("few features"));
    let variance = (1.0 - off) * off;
    Moments { mean: 1.0 - off, variance, fourth: variance * (1.0 - 3.0 * variance) }
}

/// Features of which each is on with probability `a`.
fn features(a: f64, pool: usize, stream: &mut Stream) -> Tensor {
    let threshold = (a * 2_f64.powi(32)) as u64;
    Tensor::from_fn([DRAWS, 1, 1, pool], |_| {
        if u64::from(stream.next_u32()) < threshold { 1.0 } else { 0.0 }
    })
}

fn measured(y: &[Scalar]) -> (f64, f64) {
    let n = y.len() as f64;
    let mean = y.iter().map(|&y| f64::from(y)).sum::<f64>() / n;
    let squares = y.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum::<f64>();
    (mean, squares / (n - 1.0))
}

#[test]
fn pooled_features_have_the_moments_of_theory() {
    let mut compared = 0;
    for a in ACTIVATIONS {
        for pool in POOLS {
            let x = features(a, pool, &mut Seed(1).stream(&format!("{a} {pool}")));
            for (kind, expected) in
                [("avg_pool", of_mean(a, pool)), ("max_pool", of_maximum(a, pool))]
            {
                let layer = format!("{{kind='{kind}', kernel_size=[1, {pool}]}}");
                let y = Network::new(&layer, [1, 1, pool]).output(&x, Mode::Eval, 0);
                let (mean, variance) = measured(y.as_slice());
                let n = DRAWS as f64;
                let of_mean = (expected.variance / n).sqrt();
                let of_variance = ((expected.fourth - expected.variance.powi(2)) / n).sqrt();
                for (what, got, theory, error) in [
                    ("mean", mean, expected.mean, of_mean),
                    ("variance", variance, expected.variance, of_variance),
                ] {
                    compared += 1;
                    assert!(
                        (got - theory).abs() <= BAND * error + 1e-6,
                        "{what} of {kind} with a = {a}, P = {pool}: {got}, not {theory} ± {error}"
                    );
                }
            }
        }
    }
    assert_eq!(compared, 64, "as many as the band is for");
}

fn separation(of: fn(f64, usize) -> Moments, pool: usize, classes: [f64; 2]) -> f64 {
    let [one, other] = classes.map(|a| of(a, pool));
    (one.mean - other.mean).abs() / (one.variance.sqrt() + other.variance.sqrt())
}

#[test]
fn the_best_size_of_a_max_pool_grows_as_features_get_sparser_and_a_mean_has_none() {
    let best = |scale: f64| {
        let at = |pool: &usize| separation(of_maximum, *pool, [scale, 2.0 * scale]);
        (1..2000).max_by(|a, b| at(a).total_cmp(&at(b))).expect("some size")
    };
    let sizes = [0.2, 0.1, 0.05, 0.01].map(best);
    assert!(sizes.windows(2).all(|pair| pair[0] < pair[1]), "{sizes:?}");
    // About 1/a: halving the activation about doubles the size.
    for (size, a) in sizes.into_iter().zip([0.2, 0.1, 0.05, 0.01]) {
        assert!((0.5..2.0).contains(&(size as f64 * a)), "{size} at {a}");
    }
    let mean = |pool| separation(of_mean, pool, [0.1, 0.2]);
    assert!((1..500).all(|pool| mean(pool + 1) > mean(pool)));
}

#[test]
fn a_max_pool_separates_sparse_features_better_than_a_mean() {
    let separations =
        |a: f64, pool| [of_maximum, of_mean].map(|of| separation(of, pool, [a, a / 10.0]));
    let [sparse_max, sparse_mean] = separations(0.05, 20);
    assert!(sparse_max > sparse_mean, "{sparse_max} {sparse_mean}");
    let [dense_max, dense_mean] = separations(0.6, 20);
    assert!(dense_mean > dense_max, "{dense_max} {dense_mean}");
}
