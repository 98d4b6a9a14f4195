//! The paired bootstrap with bias correction and acceleration (BCa), as a cross-check.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

use super::describe::is_constant;
use super::resample::{below, quantile};
use super::{Interval, mean, t_interval};

/// Seed of the resampling: the same differences always give the same interval.
const STREAM: u64 = 0x6263_6120_7061_6972;

/// Resamples drawn.
const RESAMPLES: usize = 10_000;

/// Below this many differences a bootstrap is much too narrow.
const FEWEST: usize = 8;

/// How an interval was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IntervalMethod {
    /// Bias-corrected and accelerated bootstrap.
    Bca,
    /// Student's t, where there are too few values to resample.
    StudentT,
}

/// The interval of a mean difference: BCa from eight differences on, Student's t below.
///
/// `None` below two differences.
pub fn difference_interval(differences: &[f64], level: f64) -> Option<(Interval, IntervalMethod)> {
    if differences.len() < FEWEST {
        Some((t_interval(differences, level)?, IntervalMethod::StudentT))
    } else {
        Some((bca_interval(differences, level)?, IntervalMethod::Bca))
    }
}

/// The BCa interval of a mean, from 10,000 resamples.
///
/// ```text
/// z0  = Φ⁻¹(share of resampled means below the mean, ties half)
/// a   = Σ (m - J_i)³ / (6 (Σ (m - J_i)²)^1.5)          J_i jackknife means, m their mean
/// end = quantile of the resampled means at Φ(z0 + (z0 + z_q) / (1 - a (z0 + z_q)))
/// ```
///
/// `None` below two values; equal values give a point. After Efron (1987),
/// doi:10.1080/01621459.1987.10478410.
pub fn bca_interval(values: &[f64], level: f64) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    if is_constant(values) {
        return Some(Interval { low: values[0], high: values[0] });
    }
    let observed = mean(values)?;
    let resampled = resampled_means(values);
    let normal = Normal::standard();

    let below = resampled.partition_point(|&m| m < observed);
    let ties = resampled.partition_point(|&m| m <= observed) - below;
    let share = (below as f64 + 0.5 * ties as f64) / RESAMPLES as f64;
    let edge = 1.0 / (RESAMPLES as f64 + 1.0);
    let z0 = normal.inverse_cdf(share.clamp(edge, 1.0 - edge));

    let a = acceleration(values);
    let end = |q: f64| {
        let z = z0 + normal.inverse_cdf(q);
        let denominator = (1.0 - a * z).max(f64::EPSILON); // past its pole the end is the extreme
        quantile(&resampled, normal.cdf(z0 + z / denominator))
    };
    let tail = (1.0 - level) / 2.0;
    Some(Interval { low: end(tail), high: end(1.0 - tail) })
}

fn acceleration(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    let left_out: Vec<f64> = values.iter().map(|x| (sum - x) / (values.len() - 1) as f64).collect();
    let centre = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let power = |p: i32| left_out.iter().map(|j| (centre - j).powi(p)).sum::<f64>();
    let spread = power(2);
    if spread > 0.0 { power(3) / (6.0 * spread.powf(1.5)) } else { 0.0 }
}

/// Sorted means of the resamples.
fn resampled_means(values: &[f64]) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(STREAM);
    let mut resample = || {
        let sum: f64 = values.iter().map(|_| values[below(&mut random, values.len())]).sum();
        sum / values.len() as f64
    };
    let mut means: Vec<f64> = std::iter::repeat_with(&mut resample).take(RESAMPLES).collect();
    means.sort_by(f64::total_cmp);
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_differences_have_a_point_for_an_interval() {
        let point = Interval { low: 0.1, high: 0.1 };
        assert_eq!(difference_interval(&[0.1; 9], 0.95), Some((point, IntervalMethod::Bca)));
    }

    #[test]
    fn few_differences_fall_back_to_student() {
        let values = [0.1, 0.4, 0.2, 0.3, 0.0, 0.2, 0.5];
        let student = t_interval(&values, 0.95).unwrap();
        assert_eq!(difference_interval(&values, 0.95), Some((student, IntervalMethod::StudentT)));
        assert_eq!(difference_interval(&values[..1], 0.95), None);
    }

    #[test]
    fn the_same_differences_give_the_same_bits() {
        let values: Vec<f64> = (0..12).map(|i| f64::from(i * i % 7)).collect();
        assert_eq!(bca_interval(&values, 0.9), bca_interval(&values, 0.9));
    }

    #[test]
    fn the_interval_leans_towards_the_long_tail() {
        let values = [0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6, 1.0, 4.0];
        let (centre, bca) = (mean(&values).unwrap(), bca_interval(&values, 0.95).unwrap());
        assert!(bca.high - centre > 1.5 * (centre - bca.low), "{bca:?}");
    }
}
