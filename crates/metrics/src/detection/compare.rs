//! Whether one detector is better than another on the same images.
//!
//! The difference of a number, `other − one`, gets
//!
//! - an interval from the paired bootstrap: both detectors are evaluated on the same drawn images, so that what makes
//!   an image hard for both cancels (Efron and Tibshirani 1993, chapter 8);
//! - a p-value from swaps: if the two were alike, it would be a coin's choice whose results of an image are called one's and
//!   whose the other's, and the difference would be no larger than with the coins thrown again,
//!
//!   ```text
//!   p = (1 + #{ |difference after swaps| ≥ |difference| }) / (1 + swaps)
//!   ```
//!
//!   two-sided, between `1 / (1 + swaps)` and 1 (Fisher 1935; Phipson and Smyth 2010, doi:10.2202/1544-6115.1585);
//! - the smallest difference that such a comparison would detect in four of five cases at a level of 5 %,
//!   `(1.960 + 0.842) · standard error`.
//!
//! p-values of classes are also given as adjusted by Holm (1979), so that the chance that any of them is below a level
//! by luck is at most that level.

use serde::Serialize;

use super::bootstrap::{Draws, Interval, Numbers, Resampling, Weighted};
use super::bootstrap::{percentile, standard_deviation};

/// Standard errors between no difference and one found in four of five cases at 5 %: quantiles of 97.5 % and 80 %.
const DETECTABLE: f64 = 1.959_963_984_540_054 + 0.841_621_233_572_914_3;

/// How two numbers differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The number of the first detector.
    pub one: Option<f64>,
    /// The number of the second.
    pub other: Option<f64>,
    /// `other − one`.
    pub difference: Option<f64>,
    /// Percentile interval of the difference.
    pub interval: Option<Interval>,
    /// Standard deviation of the difference over replicates.
    pub standard_error: Option<f64>,
    /// Difference that would be found in four of five cases at a level of 5 %.
    pub detectable: Option<f64>,
    /// Chance of a difference at least as large if the detectors were alike.
    pub p_value: Option<f64>,
    /// The p-value adjusted by Holm over the classes; `None` for summary numbers.
    pub p_holm: Option<f64>,
}

/// Two detectors on the same images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Replicates, and as many swaps.
    pub resampling: Resampling,
    /// Name and difference of each summary number.
    pub summary: Vec<(String, Difference)>,
    /// Differences in average precision over all thresholds of each class, by position.
    pub class_ap: Vec<Difference>,
}

/// Compares two detectors that were judged alike on the same images.
///
/// `both` holds image `i` of the first as `2 i` and that of the second as `2 i + 1`.
pub(super) fn compare<W: Weighted>(
    one: &W,
    other: &W,
    both: &W,
    resampling: Resampling,
) -> Comparison {
    let images = one.images();
    let whole = [one, other].map(|judged| judged.all_numbers(1, |_| vec![1; images]));
    let replicates = [one, other].map(|judged| {
        judged.all_numbers(resampling.replicates, |replicate| {
            Draws::new(resampling.seed, replicate as u64).multiplicities(images)
        })
    });
    // Streams past those of the replicates, so that swaps and draws share nothing.
    let swaps = both.all_numbers(2 * resampling.replicates, |index| {
        let stream = (resampling.replicates + index / 2) as u64;
        let coins = Draws::new(resampling.seed, stream).coins(images);
        let first = index % 2 == 0;
        coins
            .iter()
            .flat_map(|&coin| if first { [1 - coin, coin] } else { [coin, 1 - coin] })
            .collect()
    });
    let difference = |of: &dyn Fn(&Numbers) -> Option<f64>| {
        let [one, other] = [&whole[0][0], &whole[1][0]].map(of);
        let pair = |(one, other): (&Numbers, &Numbers)| Some(of(other)? - of(one)?);
        let observed = other.zip(one).map(|(other, one)| other - one);
        let mut drawn: Vec<f64> =
            replicates[0].iter().zip(&replicates[1]).filter_map(pair).collect();
        drawn.sort_by(f64::total_cmp);
        let swapped = swaps.chunks_exact(2).filter_map(|pair| Some(of(&pair[1])? - of(&pair[0])?));
        let standard_error = standard_deviation(&drawn);
        Difference {
            one,
            other,
            difference: observed,
            interval: observed
                .filter(|_| !drawn.is_empty())
                .map(|_| percentile(&drawn, resampling.level)),
            standard_error,
            detectable: standard_error.map(|error| DETECTABLE * error),
            p_value: observed.map(|observed| p_value(observed, swapped)),
            p_holm: None,
        }
    };
    let mut class_ap: Vec<Difference> = (0..whole[0][0].class_ap.len())
        .map(|k| difference(&|numbers| numbers.class_ap[k]))
        .collect();
    let adjusted = holm(&class_ap.iter().map(|class| class.p_value).collect::<Vec<_>>());
    for (class, adjusted) in class_ap.iter_mut().zip(adjusted) {
        class.p_holm = adjusted;
    }
    let names = one.names().into_iter().enumerate();
    let summary = names.map(|(m, name)| (name, difference(&|numbers| numbers.summary[m])));
    Comparison { resampling, summary: summary.collect(), class_ap }
}

/// Share of differences at least as large as the observed one, which is counted among them.
fn p_value(observed: f64, swapped: impl Iterator<Item = f64>) -> f64 {
    // Sums in another order may leave an equal difference a few units in the last place short.
    let enough = observed.abs() - 1e-12;
    let (mut count, mut large) = (1_u64, 1_u64);
    for difference in swapped {
        count += 1;
        large += u64::from(difference.abs() >= enough);
    }
    large as f64 / count as f64
}

/// Holm's adjustment: the i-th smallest of m is multiplied by `m − i + 1`, made no smaller than those before, at most 1.
fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> =
        p_values.iter().enumerate().filter_map(|(at, p)| Some(((*p)?, at))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut adjusted = vec![None; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &(p, at)) in order.iter().enumerate() {
        largest = largest.max(p * (order.len() - rank) as f64).min(1.0);
        adjusted[at] = Some(largest);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holms_adjustment_of_a_worked_example() {
        // 0.01 · 4, 0.02 · 3, max(0.06, 0.03 · 2), max(0.06, 0.5 · 1)
        let p = [Some(0.02), None, Some(0.5), Some(0.01), Some(0.03)];
        let adjusted: Vec<Option<f64>> = holm(&p);
        let expected = [Some(0.06), None, Some(0.5), Some(0.04), Some(0.06)];
        for (got, expected) in adjusted.iter().zip(expected) {
            assert_eq!(got.is_some(), expected.is_some());
            assert!((got.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-12, "{adjusted:?}");
        }
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), [Some(1.0), Some(1.0)]);
    }

    #[test]
    fn the_observed_difference_counts_among_the_swapped_ones() {
        let p = p_value(0.2, [0.1, -0.2, 0.3].into_iter());
        assert!((p - 0.75).abs() < 1e-12, "{p}");
        assert!((p_value(0.2, std::iter::empty()) - 1.0).abs() < 1e-12);
    }
}
