//! Wilcoxon's signed-rank test of paired differences, as a cross-check.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};

/// Up to this many differences that are not zero, every way to sign the ranks is counted.
const EXACT: usize = 200;

/// What the ranks of the differences say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SignedRank {
    /// Sum of the ranks of differences above zero.
    pub positive: f64,
    /// Sum of the ranks of differences below zero.
    pub negative: f64,
    /// Two-sided p of "there is a difference".
    pub p: f64,
    /// Whether every sign was counted, or the sums are taken as normal.
    pub exact: bool,
}

/// Wilcoxon's signed-rank test: do the ranks of `|D_i|` lie on one side?
///
/// ```text
/// r_i = rank of |D_i| among all, equal ones share their mean rank, zeros ranked and then left out (Pratt)
/// W   = Σ r_i over D_i > 0          under no difference each r_i is in W with probability 1/2
/// p   = 2 · min(P(W ≤ w), P(W ≥ w)), at most 1
/// ```
///
/// Up to 200 differences that are not zero the distribution of `W` is counted, with ties and zeros as
/// they are; beyond, it is normal with mean `Σ r_i / 2` and variance `Σ r_i² / 4`. `None` where every
/// difference is zero. Differences closer than rounding count as equal. It assumes what sign flips
/// assume, and bounds the weight of one large difference by its rank. After Wilcoxon (1945),
/// doi:10.2307/3001968, and Pratt (1959), doi:10.1080/01621459.1959.10501526.
pub fn signed_rank(differences: &[f64]) -> Option<SignedRank> {
    let largest = differences.iter().fold(0.0, |max: f64, d| max.max(d.abs()));
    let slack = 1e-12 * largest;
    let mut sorted = differences.to_vec();
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));

    // Twice the rank is a whole number, also of ties.
    let (mut doubled, mut positive, mut negative) = (Vec::new(), 0, 0);
    let mut start = 0;
    for group in sorted.chunk_by(|a, b| b.abs() - a.abs() <= slack) {
        let end = start + group.len();
        for difference in group.iter().filter(|difference| difference.abs() > slack) {
            let rank = start + 1 + end;
            doubled.push(rank);
            *(if *difference > 0.0 { &mut positive } else { &mut negative }) += rank;
        }
        start = end;
    }
    if doubled.is_empty() {
        return None;
    }
    let exact = doubled.len() <= EXACT;
    let tail = if exact { counted_tail } else { normal_tail };
    Some(SignedRank {
        positive: positive as f64 / 2.0,
        negative: negative as f64 / 2.0,
        p: (2.0 * tail(&doubled, positive.min(negative))).min(1.0),
        exact,
    })
}

/// `P(sum of the drawn ≤ limit)` where each rank is drawn with probability 1/2.
fn counted_tail(ranks: &[usize], limit: usize) -> f64 {
    let mut chance = vec![0.0; limit + 1];
    chance[0] = 1.0;
    for &rank in ranks {
        for sum in (0..=limit).rev() {
            let with = if sum >= rank { chance[sum - rank] } else { 0.0 };
            chance[sum] = f64::midpoint(chance[sum], with);
        }
    }
    chance.iter().sum()
}

/// The same where the sum is taken as normal.
fn normal_tail(ranks: &[usize], limit: usize) -> f64 {
    let mean = ranks.iter().sum::<usize>() as f64 / 2.0;
    let variance = ranks.iter().map(|&rank| (rank * rank) as f64).sum::<f64>() / 4.0;
    Normal::standard().cdf((limit as f64 - mean) / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_differences_by_hand() {
        // |D| = 1, 2, 2, 4 have ranks 1, 2.5, 2.5, 4; below zero: 2.5. Of 16 signs the sums at most 2.5
        // are those of nothing, 1, and either 2.5: four.
        let result = signed_rank(&[1.0, -2.0, 2.0, 4.0]).unwrap();
        assert_eq!((result.positive, result.negative), (7.5, 2.5));
        assert_eq!((result.p, result.exact), (0.5, true));
    }

    #[test]
    fn zeros_take_the_lowest_ranks_and_leave() {
        let result = signed_rank(&[0.0, 0.0, 0.3, 0.1, 0.2]).unwrap();
        assert_eq!((result.positive, result.negative, result.p), (12.0, 0.0, 0.25));
        assert_eq!(signed_rank(&[0.0; 4]), None);
        assert_eq!(signed_rank(&[]), None);
    }

    #[test]
    fn rounding_does_not_break_a_tie() {
        let result = signed_rank(&[0.3, -(0.1 + 0.2), 0.5]).unwrap();
        assert_eq!((result.positive, result.negative), (4.5, 1.5));
    }

    #[test]
    fn many_ranks_are_nearly_normal() {
        let ranks: Vec<usize> = (1..=EXACT).map(|rank| 2 * rank).collect();
        let limit = 17_000;
        let (counted, normal) = (counted_tail(&ranks, limit), normal_tail(&ranks, limit));
        assert!((counted - normal).abs() < 1e-3 && counted < 0.05, "{counted} {normal}");
        let many: Vec<f64> = (1..=250).map(|i| f64::from(i) - 100.0).collect();
        assert!(!signed_rank(&many).unwrap().exact);
    }

    proptest! {
        #[test]
        fn the_other_signs_give_the_same_p(d in prop::collection::vec(-9i32..9, 1..12)) {
            let d: Vec<f64> = d.into_iter().map(f64::from).collect();
            let mirrored: Vec<f64> = d.iter().map(|d| -d).collect();
            prop_assert_eq!(signed_rank(&d).map(|r| r.p), signed_rank(&mirrored).map(|r| r.p));
        }
    }
}
