//! What bootstraps share: even draws, strata, and quantiles of what was resampled.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::Interval;

/// Seed of the stratified resampling: the same runs always give the same interval.
const STREAM: u64 = 0x7374_7261_7461_5F72;

/// Resamples of runs within their strata.
const RESAMPLES: usize = 2_000;

/// The percentile interval of a statistic, each stratum resampled in itself.
///
/// ```text
/// for each resample: from every stratum of n_s items draw n_s of them with replacement
/// interval = quantiles (1 - level)/2 and (1 + level)/2 of the statistic over all resamples
/// ```
///
/// `draw` is given, for every stratum, how often each of its items was drawn. `None` where a stratum has
/// fewer than two items: it cannot vary. After Agarwal et al. (2021), arXiv:2108.13264.
pub(super) fn stratified(
    sizes: &[usize],
    level: f64,
    mut statistic: impl FnMut(&[Vec<u32>]) -> f64,
) -> Option<Interval> {
    if sizes.is_empty() || sizes.iter().any(|&size| size < 2) {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(STREAM);
    let mut counts: Vec<Vec<u32>> = sizes.iter().map(|&size| vec![0; size]).collect();
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            for stratum in &mut counts {
                stratum.fill(0);
                for _ in 0..stratum.len() {
                    let drawn = below(&mut random, stratum.len());
                    stratum[drawn] += 1;
                }
            }
            statistic(&counts)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some(Interval { low: quantile(&values, tail), high: quantile(&values, 1.0 - tail) })
}

/// A uniform index below `n`: the high half of a product, redrawn where it would be uneven.
pub(super) fn below(random: &mut ChaCha8Rng, n: usize) -> usize {
    let n = u32::try_from(n).expect("no study has four thousand million seeds");
    loop {
        let product = u64::from(random.next_u32()) * u64::from(n);
        if product as u32 >= n.wrapping_neg() % n {
            return (product >> 32) as usize;
        }
    }
}

/// Linear between neighbours, as most software does by default.
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let position = q.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let (index, part) = (position.floor() as usize, position.fract());
    let next = sorted[(index + 1).min(sorted.len() - 1)];
    sorted[index] + part * (next - sorted[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_even_over_a_count_that_is_no_power_of_two() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0u32; 7];
        (0..70_000).for_each(|_| counts[below(&mut random, 7)] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
    }

    #[test]
    fn every_stratum_is_drawn_as_often_as_it_has_items() {
        let interval = stratified(&[3, 5], 0.9, |counts| {
            assert_eq!(counts.iter().map(|c| c.iter().sum::<u32>()).collect::<Vec<_>>(), [3, 5]);
            f64::from(counts[0][0])
        });
        assert_eq!(interval, Some(Interval { low: 0.0, high: 2.0 }));
        assert_eq!(stratified(&[3, 1], 0.9, |_| 0.0), None);
    }
}
