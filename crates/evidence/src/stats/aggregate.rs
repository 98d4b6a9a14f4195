//! What many runs say together, where one bad run should not say much.

use serde::Serialize;

use super::Interval;
use super::resample::stratified;

/// The interquartile mean of runs, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RobustMean {
    /// Mean of the middle half of all runs.
    pub mean: f64,
    /// Its 95 % interval by the stratified bootstrap; `None` where a data set has one run only.
    pub interval: Option<Interval>,
}

/// The share of runs above a score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProfilePoint {
    /// The score.
    pub score: f64,
    /// Share of runs above it, mean over data sets.
    pub share: f64,
    /// Its pointwise 95 % interval by the stratified bootstrap.
    pub interval: Option<Interval>,
}

/// The mean of the middle half: a quarter of the values, rounded down, is left out at either end.
///
/// `None` of nothing. As SciPy's `trim_mean(values, 0.25)`.
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    super::mean(&sorted[cut..sorted.len() - cut])
}

/// The interquartile mean over the runs of several data sets, `strata`, with its 95 % interval.
///
/// Runs are resampled within their data set, 2,000 times. One data set is one stratum. `None` without
/// runs. After Agarwal et al. (2021), arXiv:2108.13264.
pub fn robust_mean(strata: &[&[f64]]) -> Option<RobustMean> {
    // Sorted once: a resample is then how often each value in this order was drawn.
    let mut all: Vec<(f64, usize, usize)> = strata
        .iter()
        .enumerate()
        .flat_map(|(s, runs)| runs.iter().enumerate().map(move |(i, &run)| (run, s, i)))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let cut = all.len() / 4;
    let kept = all.len() - 2 * cut;
    let mean = interquartile_mean(&all.iter().map(|&(run, ..)| run).collect::<Vec<_>>())?;
    let sizes: Vec<usize> = strata.iter().map(|runs| runs.len()).collect();
    let interval = stratified(&sizes, 0.95, |counts| {
        let (mut before, mut sum) = (0, 0.0);
        for &(run, stratum, i) in &all {
            let count = counts[stratum][i] as usize;
            let (from, to) = (before.max(cut), (before + count).min(cut + kept));
            sum += run * to.saturating_sub(from) as f64;
            before += count;
        }
        sum / kept as f64
    });
    Some(RobustMean { mean, interval })
}

/// The performance profile: for each of the scores `at`, the share of runs above it.
///
/// ```text
/// share(τ) = mean over data sets of  #{runs above τ} / #{runs}
/// ```
///
/// A profile above another at every score belongs to the better arm, however scores are averaged. The
/// bands are pointwise, by 2,000 resamples of runs within their data set. Empty without runs. After
/// Agarwal et al. (2021), arXiv:2108.13264, equation 3.
pub fn performance_profile(strata: &[&[f64]], at: &[f64]) -> Vec<ProfilePoint> {
    if strata.is_empty() || strata.iter().any(|runs| runs.is_empty()) {
        return Vec::new();
    }
    let sizes: Vec<usize> = strata.iter().map(|runs| runs.len()).collect();
    let share = |counts: &[Vec<u32>], score: f64| {
        let shares = strata.iter().zip(counts).map(|(runs, counts)| {
            let above = runs.iter().zip(counts).filter(|(run, _)| **run > score);
            above.map(|(_, count)| f64::from(*count)).sum::<f64>() / runs.len() as f64
        });
        shares.sum::<f64>() / strata.len() as f64
    };
    let once: Vec<Vec<u32>> = sizes.iter().map(|&size| vec![1; size]).collect();
    let point = |&score: &f64| ProfilePoint {
        score,
        share: share(&once, score),
        interval: stratified(&sizes, 0.95, |counts| share(counts, score)),
    };
    at.iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_half_ignores_a_run_that_failed() {
        assert_eq!(
            interquartile_mean(&[0.9, 0.1, 0.8, 0.86, 0.84]),
            Some((0.8 + 0.84 + 0.86) / 3.0)
        );
        assert_eq!(interquartile_mean(&[3.0, 1.0]), Some(2.0));
        assert_eq!(interquartile_mean(&[]), None);
        assert_eq!(robust_mean(&[]), None);
    }

    #[test]
    fn equal_runs_have_a_point_for_an_interval_and_one_run_has_none() {
        let equal = robust_mean(&[&[0.5; 6]]).unwrap();
        assert_eq!(equal.interval, Some(Interval { low: 0.5, high: 0.5 }));
        assert_eq!(robust_mean(&[&[0.5]]).unwrap().interval, None);
    }

    #[test]
    fn a_profile_falls_from_all_to_none() {
        let profile = performance_profile(&[&[0.2, 0.4, 0.6, 0.8], &[0.5, 0.5]], &[0.0, 0.5, 0.9]);
        let shares: Vec<f64> = profile.iter().map(|point| point.share).collect();
        assert_eq!(shares, [1.0, 0.25, 0.0]);
        let middle = profile[1].interval.unwrap();
        assert!(middle.low <= 0.25 && middle.high >= 0.25 && middle.high <= 0.5, "{middle:?}");
        assert!(performance_profile(&[], &[0.5]).is_empty());
    }
}
