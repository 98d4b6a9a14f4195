//! Ratios of paired costs, on the log scale where they belong.

use serde::Serialize;

use super::{Interval, mean, t_interval};

/// A geometric mean ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// `exp(mean of ln(x / y))`.
    pub ratio: f64,
    /// Its interval; `None` from one pair.
    pub interval: Option<Interval>,
    /// Pairs.
    pub n: usize,
}

/// The geometric mean of `x / y` over pairs, with Student's interval of the logarithms.
///
/// Twice as dear and half as dear are then equally far from one. `None` of nothing, or where a
/// value is not above zero.
pub fn geometric_mean_ratio(pairs: &[(f64, f64)], level: f64) -> Option<Ratio> {
    if pairs.iter().any(|&(x, y)| !(x > 0.0 && y > 0.0)) {
        return None;
    }
    let logs: Vec<f64> = pairs.iter().map(|(x, y)| (x / y).ln()).collect();
    let exp = |i: Interval| Interval { low: i.low.exp(), high: i.high.exp() };
    Some(Ratio {
        ratio: mean(&logs)?.exp(),
        interval: t_interval(&logs, level).map(exp),
        n: pairs.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn double_and_half_cancel() {
        let ratio = geometric_mean_ratio(&[(2.0, 1.0), (1.0, 2.0)], 0.95).unwrap();
        assert!((ratio.ratio - 1.0).abs() < 1e-15);
        let Interval { low, high } = ratio.interval.unwrap();
        assert!((low * high - 1.0).abs() < 1e-9, "the interval is symmetric in logarithms");
    }

    #[test]
    fn a_cost_of_nothing_has_no_ratio() {
        assert_eq!(geometric_mean_ratio(&[(0.0, 1.0)], 0.95), None);
        assert_eq!(geometric_mean_ratio(&[], 0.95), None);
        assert_eq!(geometric_mean_ratio(&[(3.0, 2.0)], 0.95).unwrap().interval, None);
    }
}
