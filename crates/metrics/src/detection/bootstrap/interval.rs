//! Intervals from replicates.
//!
//! ```text
//! percentile   the α/2 and 1 − α/2 quantiles of the replicates               α = 1 − level
//! BCa          their quantiles at  Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z)))       z = Φ⁻¹(α/2), Φ⁻¹(1 − α/2)
//!              z₀ = Φ⁻¹(share of replicates below the estimate, half of those equal to it)
//!              a  = Σ (m − θᵢ)³ / (6 (Σ (m − θᵢ)²)^(3/2))                      θᵢ without part i, m their mean
//! ```
//!
//! Quantiles interpolate linearly between order statistics (type 7 of Hyndman and Fan). BCa corrects for bias and
//! for a spread that depends on the value, and is the better of the two where they differ. After Efron (1987),
//! doi:10.1080/01621459.1987.10478410, and Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 14.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF as _, Normal};

/// Where a number is likely to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A number, and how far it would differ with other images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The number on the images that there are; `None` where it is undefined, and then so is the rest.
    pub value: Option<f64>,
    /// Standard deviation of the replicates.
    pub standard_error: Option<f64>,
    /// Percentile interval.
    pub percentile: Option<Interval>,
    /// Bias-corrected and accelerated interval; `None` also where the replicates do not surround the value.
    pub bca: Option<Interval>,
    /// Replicates in which the number is defined: a class may be absent from some.
    pub replicates: usize,
}

impl Estimate {
    /// The estimate of a number from its value on all images, on replicates, and without each part of the images.
    ///
    /// `level` is the share of such intervals that hold the truth, 0.95 for instance.
    pub fn new(
        value: Option<f64>,
        replicates: &[Option<f64>],
        parts: &[Option<f64>],
        level: f64,
    ) -> Self {
        let mut sorted: Vec<f64> = replicates.iter().copied().flatten().collect();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let Some(theta) = value.filter(|_| count > 0) else {
            return Self {
                value,
                standard_error: None,
                percentile: None,
                bca: None,
                replicates: count,
            };
        };
        let parts: Vec<f64> = parts.iter().copied().flatten().collect();
        Self {
            value,
            standard_error: standard_deviation(&sorted),
            percentile: Some(percentile(&sorted, level)),
            bca: bca(theta, &sorted, &parts, level),
            replicates: count,
        }
    }
}

/// Sample standard deviation; `None` for fewer than two numbers.
pub(crate) fn standard_deviation(numbers: &[f64]) -> Option<f64> {
    if numbers.len() < 2 {
        return None;
    }
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    Some((squares / (numbers.len() - 1) as f64).sqrt())
}

/// The central `level` of sorted numbers.
pub(crate) fn percentile(sorted: &[f64], level: f64) -> Interval {
    let tail = (1.0 - level) / 2.0;
    Interval { low: quantile(sorted, tail), high: quantile(sorted, 1.0 - tail) }
}

/// The quantile of sorted numbers, linear between them.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (below, part) = (at.floor() as usize, at.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * part
}

fn bca(theta: f64, sorted: &[f64], parts: &[f64], level: f64) -> Option<Interval> {
    let normal = Normal::standard();
    let below = sorted.iter().filter(|&&replicate| replicate < theta).count() as f64;
    let equal = sorted.iter().filter(|&&replicate| replicate <= theta).count() as f64 - below;
    let share = (below + equal / 2.0) / sorted.len() as f64;
    if !(share > 0.0 && share < 1.0) {
        return None;
    }
    let shift = normal.inverse_cdf(share);
    let acceleration = acceleration(parts)?;
    let end = |share: f64| {
        let z = shift + normal.inverse_cdf(share);
        let scale = 1.0 - acceleration * z;
        // Past the pole of the correction there is no quantile to read.
        (scale > 0.0).then(|| quantile(sorted, normal.cdf(shift + z / scale)))
    };
    let tail = (1.0 - level) / 2.0;
    Some(Interval { low: end(tail)?, high: end(1.0 - tail)? })
}

/// How fast the spread changes with the value; 0 when leaving out a part never changes anything.
fn acceleration(parts: &[f64]) -> Option<f64> {
    if parts.is_empty() {
        return None;
    }
    let mean = parts.iter().sum::<f64>() / parts.len() as f64;
    let squares: f64 = parts.iter().map(|part| (mean - part).powi(2)).sum();
    let cubes: f64 = parts.iter().map(|part| (mean - part).powi(3)).sum();
    Some(if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by tests/references/draws.py.
    const REPLICATES: [f64; 40] = [
        5.5, 4.25, 4.875, 7.375, 4.75, 7.1875, 5.4375, 6.6875, 4.5, 3.5625, 4.25, 5.5, 6.9375,
        8.0625, 4.3125, 7.4375, 6.5, 3.9375, 5.4375, 6.1875, 6.25, 6.0, 5.625, 6.3125, 4.4375,
        5.3125, 5.375, 5.875, 5.6875, 4.9375, 4.3125, 7.4375, 5.0, 3.9375, 5.1875, 6.3125, 4.5,
        4.625, 5.6875, 5.0625,
    ];

    fn parts() -> Vec<Option<f64>> {
        let data = [1.0, 2.0, 2.5, 4.0, 4.5, 7.0, 9.0, 15.0];
        data.iter().map(|left_out| Some((45.0 - left_out) / 7.0)).collect()
    }

    #[test]
    fn both_intervals_equal_scipys() {
        let estimate = Estimate::new(Some(5.625), &REPLICATES.map(Some), &parts(), 0.9);
        let close = |got: f64, expected: f64| (got - expected).abs() < 1e-9;
        let percentile = estimate.percentile.unwrap();
        assert!(close(percentile.low, 3.9375) && close(percentile.high, 7.4375), "{percentile:?}");
        let bca = estimate.bca.unwrap();
        assert!(close(bca.low, 4.3125) && close(bca.high, 7.822_692_419_608_509), "{bca:?}");
        assert!(close(estimate.standard_error.unwrap(), 1.110_346_834_168_241_4));
    }

    #[test]
    fn replicates_in_which_a_number_is_undefined_are_left_out_and_counted() {
        let replicates = [Some(0.25), None, Some(0.75), None];
        let estimate = Estimate::new(Some(0.5), &replicates, &[], 0.5);
        assert_eq!(estimate.replicates, 2);
        assert_eq!(estimate.percentile, Some(Interval { low: 0.375, high: 0.625 }));
        assert_eq!(estimate.bca, None);
        let undefined = Estimate::new(None, &replicates, &[], 0.5);
        assert_eq!((undefined.percentile, undefined.standard_error), (None, None));
        assert_eq!(Estimate::new(Some(0.5), &[None], &[], 0.5).percentile, None);
    }

    #[test]
    fn bca_is_undefined_where_all_replicates_are_on_one_side() {
        let estimate = Estimate::new(Some(9.0), &REPLICATES.map(Some), &parts(), 0.9);
        assert!(estimate.percentile.is_some() && estimate.bca.is_none());
    }
}
