//! Numbers drawn from a stream: uniform, normal, Poisson, Beta, and events of a probability.
//!
//! They are written out here, like the orders, so that no version of a dependency can change a recorded run.

use std::f64::consts::TAU;

use cenote_tensor::Stream;
use rand_chacha::rand_core::RngCore;

/// A number from `[0, 1)`, one of 2^53.
pub(crate) fn unit(stream: &mut Stream) -> f64 {
    (stream.next_u64() >> 11) as f64 * 2.0_f64.powi(-53)
}

/// A number from `[from, to)`, all equally likely.
pub(crate) fn uniform([from, to]: [f64; 2], stream: &mut Stream) -> f64 {
    from + (to - from) * unit(stream)
}

/// Whether something of this probability happens; one draw whatever the probability is.
pub(crate) fn happens(probability: f64, stream: &mut Stream) -> bool {
    unit(stream) < probability
}

/// A draw from the normal distribution with mean 0 and deviation 1.
///
/// Box and Muller (1958), doi:10.1214/aoms/1177706645: `√(−2 ln u) · cos 2πv`; the sine, which would be a second draw, is
/// left unused.
pub(crate) fn normal(stream: &mut Stream) -> f64 {
    // 1 − u lies in (0, 1], so the logarithm is finite.
    let radius = (-2.0 * (1.0 - unit(stream)).ln()).sqrt();
    radius * (TAU * unit(stream)).cos()
}

/// A count from the Poisson distribution of this mean, which lies below 700.
///
/// One uniform draw, looked up in the cumulative distribution by adding its terms (Devroye 1986, X.3.3). `exp(−700)` is
/// still a normal number, so nothing underflows.
pub(crate) fn poisson(mean: f64, stream: &mut Stream) -> u32 {
    debug_assert!((0.0..700.0).contains(&mean), "terms of the sum are representable");
    let draw = unit(stream);
    let mut term = (-mean).exp();
    let mut sum = term;
    let mut count = 0;
    // Past the mean the terms fall; one that adds nothing ends a sum that rounding kept below the draw.
    while draw >= sum && (f64::from(count) < mean || sum + term > sum) {
        count += 1;
        term *= mean / f64::from(count);
        sum += term;
    }
    count
}

/// A draw from the symmetric Beta distribution, `alpha > 0`: `G / (G + G')` of two Gamma draws.
pub(crate) fn beta(alpha: f64, stream: &mut Stream) -> f64 {
    let (a, b) = (log_gamma_draw(alpha, stream), log_gamma_draw(alpha, stream));
    // As logarithms, since for a small alpha both may be too small for a number.
    1.0 / (1.0 + (b - a).exp())
}

/// The logarithm of a draw from the Gamma distribution of this shape and scale 1.
///
/// Marsaglia and Tsang (2000), doi:10.1145/358407.358414; below shape 1 by their boost, `G(α) = G(α + 1) · u^(1/α)`.
fn log_gamma_draw(shape: f64, stream: &mut Stream) -> f64 {
    let boost = if shape < 1.0 { (1.0 - unit(stream)).ln() / shape } else { 0.0 };
    let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(stream);
        let v = (1.0 + c * x).powi(3);
        let u = 1.0 - unit(stream);
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return (d * v).ln() + boost;
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    const DRAWS: usize = 20_000;

    /// Mean and variance of many draws.
    fn moments(name: &str, draw: impl Fn(&mut Stream) -> f64) -> [f64; 2] {
        let mut stream = Seed(3).stream(name);
        let drawn: Vec<f64> = (0..DRAWS).map(|_| draw(&mut stream)).collect();
        let mean = drawn.iter().sum::<f64>() / DRAWS as f64;
        let squares = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        [mean, squares / DRAWS as f64]
    }

    /// Five standard errors of the mean, and of the variance for a fourth moment of `kurtosis · variance²`.
    fn close([mean, variance]: [f64; 2], expected: [f64; 2], kurtosis: f64) {
        let count = DRAWS as f64;
        let of_mean = 5.0 * (expected[1] / count).sqrt();
        let of_variance = 5.0 * expected[1] * ((kurtosis - 1.0) / count).sqrt();
        assert!((mean - expected[0]).abs() < of_mean, "mean {mean}, not {}", expected[0]);
        assert!(
            (variance - expected[1]).abs() < of_variance,
            "variance {variance}, not {}",
            expected[1]
        );
    }

    #[test]
    fn moments_are_those_of_the_distribution() {
        close(moments("uniform", |s| uniform([-1.0, 3.0], s)), [1.0, 16.0 / 12.0], 1.8);
        close(moments("normal", normal), [0.0, 1.0], 3.0);
        for mean in [0.3, 4.0, 60.0, 500.0] {
            let drawn = moments("poisson", |s| f64::from(poisson(mean, s)));
            close(drawn, [mean, mean], 3.0 + 1.0 / mean);
        }
        assert_eq!(poisson(0.0, &mut Seed(3).stream("none")), 0);
        for alpha in [0.2, 1.0, 4.0] {
            // Var Beta(α, α) = 1 / (4 (2α + 1)); its kurtosis is below 3.
            let variance = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            close(moments("beta", |s| beta(alpha, s)), [0.5, variance], 3.0);
        }
        let often = moments("happens", |s| f64::from(u8::from(happens(0.3, s))));
        close(often, [0.3, 0.21], 3.0);
    }

    #[test]
    fn a_third_of_normal_draws_lies_beyond_one_deviation() {
        let beyond = moments("tail", |s| f64::from(u8::from(normal(s).abs() > 1.0)));
        assert!((beyond[0] - 0.317_310_5).abs() < 0.016, "{beyond:?}");
    }

    #[test]
    fn counts_of_a_small_mean_have_their_probabilities() {
        let mut stream = Seed(4).stream("poisson");
        let mut seen = [0_u32; 8];
        (0..DRAWS).for_each(|_| seen[(poisson(1.5, &mut stream) as usize).min(7)] += 1);
        let mut term = (-1.5_f64).exp();
        for (count, &times) in (0_u32..6).zip(&seen) {
            let expected = term * DRAWS as f64;
            assert!(
                (f64::from(times) - expected).abs() < 5.0 * expected.sqrt(),
                "{count}: {times}"
            );
            term *= 1.5 / f64::from(count + 1);
        }
    }

    #[test]
    fn a_tiny_alpha_gives_shares_near_nothing_or_everything() {
        let mut stream = Seed(5).stream("beta");
        let drawn: Vec<f64> = (0..200).map(|_| beta(1e-3, &mut stream)).collect();
        assert!(drawn.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(drawn.iter().filter(|share| **share < 0.01).count() > 60);
        assert!(drawn.iter().filter(|share| **share > 0.99).count() > 60);
    }
}
