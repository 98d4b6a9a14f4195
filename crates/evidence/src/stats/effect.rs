//! How large a difference is, in units of its spread and as a chance.

use serde::Serialize;

use super::resample::stratified;
use super::{Interval, mean, standard_deviation};

/// Sizes of one paired difference, without a unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EffectSize {
    /// Mean difference in standard deviations of the differences, `d_z`; `None` without a spread.
    pub d: Option<f64>,
    /// The same without the bias of few pairs, `g_z`.
    pub hedges: Option<f64>,
    /// Cliff's delta, between -1 and 1: `2 · improvement - 1`.
    pub cliff: f64,
    /// Chance that a run of the arm beats a run of its partner, ties half (Vargha and Delaney's A).
    pub improvement: f64,
    /// Its 95 % interval by the bootstrap over seeds; `None` from one pair.
    pub improvement_interval: Option<Interval>,
}

/// The sizes of the difference between the sides of `pairs`, first minus second; `None` of no pairs.
///
/// ```text
/// d_z = mean(D) / sd(D)           D = x - y
/// g_z = d_z · (1 - 3 / (4 (n - 1) - 1))
/// A   = (#{x_i > y_j} + #{x_i = y_j} / 2) / n²          over all i and j, paired or not
/// δ   = 2 A - 1
/// ```
///
/// After Hedges (1981), doi:10.3102/10769986006002107; Cliff (1993), doi:10.1037/0033-2909.114.3.494;
/// Vargha and Delaney (2000), doi:10.3102/10769986025002101.
pub fn effect_size(pairs: &[(f64, f64)]) -> Option<EffectSize> {
    let differences: Vec<f64> = pairs.iter().map(|(x, y)| x - y).collect();
    let n = pairs.len() as f64;
    let spread = standard_deviation(&differences).filter(|&sd| sd > 0.0);
    let gap = mean(&differences)?;
    let d = spread.map(|sd| gap / sd);
    let (improvement, improvement_interval) = probability_of_improvement(&[pairs])?;
    Some(EffectSize {
        d,
        hedges: d.map(|d| d * (1.0 - 3.0 / (4.0 * (n - 1.0) - 1.0))),
        cliff: 2.0 * improvement - 1.0,
        improvement,
        improvement_interval,
    })
}

/// The chance that a run of the arm beats a run of its partner, ties half, and its 95 % interval.
///
/// ```text
/// P = mean over data sets of  A of that data set
/// ```
///
/// Each of the `strata` holds the runs of one data set, arm and partner of a seed together. Seeds are
/// resampled within their data set, each with both of its runs, since pairs are what is independent
/// here; where arms share no seeds the two sides would be resampled apart. `None` without runs, the
/// interval `None` where a data set has one pair only. After Agarwal et al. (2021), arXiv:2108.13264.
pub fn probability_of_improvement(strata: &[&[(f64, f64)]]) -> Option<(f64, Option<Interval>)> {
    if strata.is_empty() || strata.iter().any(|pairs| pairs.is_empty()) {
        return None;
    }
    let ladders: Vec<Ladder> = strata.iter().map(|pairs| Ladder::of(pairs)).collect();
    let all = |counts: &[Vec<u32>]| {
        let shares = ladders.iter().zip(counts).map(|(ladder, counts)| ladder.share(counts));
        shares.sum::<f64>() / ladders.len() as f64
    };
    let sizes: Vec<usize> = strata.iter().map(|pairs| pairs.len()).collect();
    let once: Vec<Vec<u32>> = sizes.iter().map(|&size| vec![1; size]).collect();
    Some((all(&once), stratified(&sizes, 0.95, all)))
}

/// Both sides in one order, so that a resample is scored in one pass.
struct Ladder {
    /// Value, which pair it is of, and whether it is the arm's.
    steps: Vec<(f64, usize, bool)>,
}

impl Ladder {
    fn of(pairs: &[(f64, f64)]) -> Self {
        let sides = |(i, &(x, y)): (usize, &(f64, f64))| [(x, i, true), (y, i, false)];
        let mut steps: Vec<_> = pairs.iter().enumerate().flat_map(sides).collect();
        steps.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { steps }
    }

    /// `A` where each pair counts so often.
    fn share(&self, counts: &[u32]) -> f64 {
        let (mut below, mut won) = (0u64, 0u64); // wins count twice, ties once
        #[expect(clippy::float_cmp, reason = "a tie is equal in every bit")]
        for group in self.steps.chunk_by(|a, b| a.0 == b.0) {
            let of = |arm: bool| {
                let side = group.iter().filter(move |step| step.2 == arm);
                side.map(|step| u64::from(counts[step.1])).sum::<u64>()
            };
            let (arms, partners) = (of(true), of(false));
            won += arms * (2 * below + partners);
            below += partners;
        }
        let n = counts.iter().map(|&count| u64::from(count)).sum::<u64>() as f64;
        won as f64 / (2.0 * n * n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_pairs_by_hand() {
        // x = 3, 2, 4 against y = 1, 2, 3: wins 2 + 1 + 3 = 6 of 9, ties 1 + 1; A = 7/9.
        let size = effect_size(&[(3.0, 1.0), (2.0, 2.0), (4.0, 3.0)]).unwrap();
        assert!((size.improvement - 7.0 / 9.0).abs() < 1e-15, "{size:?}");
        assert!((size.cliff - 5.0 / 9.0).abs() < 1e-15);
        assert!((size.d.unwrap() - 1.0).abs() < 1e-15, "differences 2, 0, 1");
        assert!((size.hedges.unwrap() - 4.0 / 7.0).abs() < 1e-15);
    }

    #[test]
    fn an_arm_that_always_wins_has_a_chance_of_one() {
        let size = effect_size(&[(2.0, 1.0), (3.0, 0.0)]).unwrap();
        assert_eq!((size.improvement, size.cliff), (1.0, 1.0));
        assert_eq!(size.improvement_interval, Some(Interval { low: 1.0, high: 1.0 }));
    }

    #[test]
    fn without_a_spread_there_is_no_standardised_size() {
        let size = effect_size(&[(0.5, 0.25); 4]).unwrap();
        assert_eq!((size.d, size.hedges), (None, None));
        assert_eq!(effect_size(&[]), None);
        assert_eq!(effect_size(&[(0.5, 0.25)]).unwrap().improvement_interval, None);
    }

    #[test]
    fn data_sets_weigh_alike_however_many_runs_they_have() {
        let wins = [(1.0, 0.0); 2];
        let ties = [(1.0, 1.0); 20];
        let (improvement, _) = probability_of_improvement(&[&wins, &ties]).unwrap();
        assert!((improvement - 0.75).abs() < 1e-15);
    }
}
