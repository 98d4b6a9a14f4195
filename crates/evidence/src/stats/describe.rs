//! Mean, spread, median, correlation, and the t interval of a mean.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A closed range of values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the value lies in the range, ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Arithmetic mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// `sqrt(Σ (x - mean)² / (n - 1))`; `None` below two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let freedom = values.len().checked_sub(1).filter(|&freedom| freedom > 0)?;
    if is_constant(values) {
        return Some(0.0); // the mean of equal values is not always one of them
    }
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    Some((squares / freedom as f64).sqrt())
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// Pearson's correlation of pairs; `None` below two pairs or when one side does not vary.
pub fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    if is_constant(&xs) || is_constant(&ys) {
        return None;
    }
    let (mx, my) = (mean(&xs)?, mean(&ys)?);
    let sum = |f: fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| f(x - mx, y - my)).sum::<f64>();
    let r = sum(|x, y| x * y) / (sum(|x, _| x * x) * sum(|_, y| y * y)).sqrt();
    Some(r.clamp(-1.0, 1.0))
}

/// Student's interval `mean ± t(1 - (1 - level)/2, n - 1) · sd / sqrt(n)`.
///
/// `None` below two values. Equal values give a point.
///
/// # Panics
/// If `level` is not between 0 and 1.
pub fn t_interval(values: &[f64], level: f64) -> Option<Interval> {
    assert!(level > 0.0 && level < 1.0, "t_interval: level {level} is not between 0 and 1");
    let (mean, sd) = (mean(values)?, standard_deviation(values)?);
    let n = values.len() as f64;
    let t = StudentsT::new(0.0, 1.0, n - 1.0)
        .expect("two values leave one degree of freedom")
        .inverse_cdf(f64::midpoint(1.0, level));
    let half = t * sd / n.sqrt();
    Some(Interval { low: mean - half, high: mean + half })
}

/// Whether no two values differ; true of nothing.
pub(super) fn is_constant(values: &[f64]) -> bool {
    #[expect(clippy::float_cmp, reason = "equal means equal in every bit here, not close")]
    values.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_mean_and_one_value_no_spread() {
        assert_eq!((mean(&[]), median(&[]), standard_deviation(&[])), (None, None, None));
        assert_eq!(
            (mean(&[2.0]), median(&[2.0]), standard_deviation(&[2.0])),
            (Some(2.0), Some(2.0), None)
        );
        assert_eq!(t_interval(&[2.0], 0.95), None);
        assert_eq!(correlation(&[(1.0, 2.0)]), None);
    }

    #[test]
    fn the_median_of_an_even_count_lies_between() {
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn equal_values_have_a_point_for_an_interval() {
        let interval = t_interval(&[0.1; 6], 0.95).unwrap();
        assert!(interval.high - interval.low == 0.0 && (interval.low - 0.1).abs() < 1e-15);
    }

    #[test]
    fn values_on_a_line_correlate_fully() {
        let line: Vec<_> = (0..5).map(|i| (f64::from(i), 3.0 - 2.0 * f64::from(i))).collect();
        assert!((correlation(&line).unwrap() + 1.0).abs() < 1e-15);
        assert_eq!(correlation(&[(1.0, 2.0), (1.0, 3.0)]), None);
    }
}
