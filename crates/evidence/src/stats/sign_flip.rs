//! The sign-flip test of paired differences, and the interval that agrees with it.
//!
//! If an arm changes nothing, each difference `D_i` might as well have had the other sign. The
//! test flips every subset `S` of the signs and asks how many flips give a mean at least as large:
//!
//! ```text
//! Σ ±(D_i - θ) ≥ Σ (D_i - θ)   ⇔   mean of D over S ≤ θ        S = the flipped ones, or none flipped
//! p(mean > θ)  = (1 + #{S : mean_S ≤ θ}) / 2^n
//! ```
//!
//! So the sorted means of all `2^n - 1` subsets hold the whole test for every `θ` at once, and the
//! differences it does not reject at level `alpha` are those from the `K`-th smallest to the `K`-th
//! largest of them, `K = floor(alpha · 2^n / 2)` (the typical values of Hartigan 1969). The
//! smallest two-sided p is `2^(1-n)`: five seeds can never reach 0.05.
//!
//! Up to [`SignFlip::EXACT`] differences every subset is used, beyond that 20,000 random ones with
//! the same count of one for the data themselves (Phipson and Smyth 2010, arXiv:1603.05766).
//! It assumes that differences are independent and symmetric around their mean, not that they are
//! normal.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::Interval;

/// Seed of the random subsets: the same differences always give the same answer.
const STREAM: u64 = 0x5167_6E66_6C69_7073;

/// The sign-flip test of one set of paired differences, against any value.
#[derive(Clone, Debug)]
pub struct SignFlip {
    /// Means of the flipped subsets, sorted; the empty one, which is the data, is not among them.
    means: Vec<f64>,
    /// Differences between means below this come from rounding.
    slack: f64,
}

impl SignFlip {
    /// Up to this many differences the test is exact.
    pub const EXACT: usize = 16;

    /// Random subsets beyond [`SignFlip::EXACT`] differences.
    pub const RANDOM: usize = 20_000;

    /// Prepares the test.
    ///
    /// # Panics
    /// If a difference is not finite: no number of flips makes sense of it.
    pub fn new(differences: &[f64]) -> Self {
        assert!(
            differences.iter().all(|d| d.is_finite()),
            "sign flips: not finite: {differences:?}"
        );
        let mut means = if differences.len() <= Self::EXACT {
            every_mean(differences)
        } else {
            random_means(differences)
        };
        means.sort_by(f64::total_cmp);
        let largest = differences.iter().fold(0.0, |max: f64, d| max.max(d.abs()));
        Self { means, slack: 1e-12 * largest }
    }

    /// The smallest one-sided p that so many differences can reach: that of the data alone among all flips.
    pub fn smallest_p(n: usize) -> f64 {
        let flips = if n <= Self::EXACT { 2f64.powi(n as i32) } else { Self::RANDOM as f64 + 1.0 };
        flips.recip()
    }

    /// One-sided p of "the mean is above `theta`".
    pub fn p_above(&self, theta: f64) -> f64 {
        let at_most = self.means.partition_point(|&mean| mean <= theta + self.slack);
        (1 + at_most) as f64 / self.flips()
    }

    /// One-sided p of "the mean is below `theta`".
    pub fn p_below(&self, theta: f64) -> f64 {
        let below = self.means.partition_point(|&mean| mean < theta - self.slack);
        (1 + self.means.len() - below) as f64 / self.flips()
    }

    /// Two-sided p of "the mean is not `theta`".
    pub fn p(&self, theta: f64) -> f64 {
        (2.0 * self.p_above(theta).min(self.p_below(theta))).min(1.0)
    }

    /// The values that the two-sided test does not reject: a `1 - alpha` interval of the mean.
    ///
    /// `None` when there are too few differences to reject anything at this level.
    pub fn interval(&self, alpha: f64) -> Option<Interval> {
        let k = (alpha / 2.0 * self.flips()).floor() as usize;
        let low = *self.means.get(k.checked_sub(1)?)?;
        let high = *self.means.get(self.means.len().checked_sub(k)?)?;
        (low <= high).then_some(Interval { low, high })
    }

    /// Whether the `1 - alpha` interval lies within `±margin`, its ends included.
    pub(crate) fn keeps_to(&self, margin: f64, alpha: f64) -> bool {
        let most = margin + self.slack;
        self.interval(alpha).is_some_and(|interval| -most <= interval.low && interval.high <= most)
    }

    fn flips(&self) -> f64 {
        (self.means.len() + 1) as f64
    }
}

/// The mean of every subset but the empty one.
fn every_mean(differences: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; 1 << differences.len()];
    for subset in 1..sums.len() {
        let rest = subset & (subset - 1);
        sums[subset] = sums[rest] + differences[subset.trailing_zeros() as usize];
    }
    let mean = |(subset, sum): (usize, &f64)| sum / f64::from(subset.count_ones());
    sums.iter().enumerate().skip(1).map(mean).collect()
}

/// The means of random subsets; an empty one is the data themselves and drawn again.
fn random_means(differences: &[f64]) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(STREAM);
    let mut draw = || {
        let (mut sum, mut count) = (0.0, 0u32);
        for chunk in differences.chunks(64) {
            let flips = random.next_u64();
            for (i, difference) in chunk.iter().enumerate() {
                if flips >> i & 1 == 1 {
                    sum += difference;
                    count += 1;
                }
            }
        }
        (count > 0).then(|| sum / f64::from(count))
    };
    std::iter::repeat_with(&mut draw).flatten().take(SignFlip::RANDOM).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The textbook form of the test: flip every sign, count the sums at least as large.
    fn by_flipping(differences: &[f64], theta: f64) -> f64 {
        let shifted: Vec<f64> = differences.iter().map(|d| d - theta).collect();
        let observed: f64 = shifted.iter().sum();
        let flips = 1u32 << shifted.len();
        let extreme = (0..flips).filter(|flip| {
            let sum: f64 = shifted
                .iter()
                .enumerate()
                .map(|(i, d)| if flip >> i & 1 == 1 { -d } else { *d })
                .sum();
            sum >= observed - 1e-9
        });
        extreme.count() as f64 / f64::from(flips)
    }

    #[test]
    fn three_differences_by_hand() {
        // Subset means of (1, 2, 6): 1, 1.5, 2, 3, 3.5, 4, 6.
        let test = SignFlip::new(&[1.0, 2.0, 6.0]);
        assert_eq!(test.means, [1.0, 1.5, 2.0, 3.0, 3.5, 4.0, 6.0]);
        assert_eq!((test.p_above(0.0), test.p(0.0)), (1.0 / 8.0, 2.0 / 8.0));
        assert_eq!((test.p_above(1.5), test.p_below(3.7)), (3.0 / 8.0, 3.0 / 8.0));
        assert_eq!(test.interval(0.25), Some(Interval { low: 1.0, high: 6.0 }));
        assert_eq!(test.interval(0.5), Some(Interval { low: 1.5, high: 4.0 }));
        assert_eq!(test.interval(0.05), None);
    }

    #[test]
    fn nothing_and_one_difference_reject_nothing() {
        assert_eq!((SignFlip::new(&[]).p(0.0), SignFlip::new(&[]).interval(0.05)), (1.0, None));
        assert_eq!(
            (SignFlip::new(&[3.0]).p(0.0), SignFlip::new(&[3.0]).interval(0.05)),
            (1.0, None)
        );
    }

    #[test]
    fn the_smallest_p_is_two_to_the_one_minus_n() {
        for n in 1..=16 {
            let p = SignFlip::new(&vec![1.0; n]).p(0.0);
            assert!((p - 2f64.powi(1 - n as i32)).abs() < 1e-15, "{n}: {p}");
        }
    }

    #[test]
    fn equal_differences_have_a_point_for_an_interval() {
        assert_eq!(
            SignFlip::new(&[0.25; 10]).interval(0.05),
            Some(Interval { low: 0.25, high: 0.25 })
        );
        assert!((SignFlip::new(&[0.0; 10]).p(0.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn rounding_does_not_break_a_tie() {
        // 0.1 + 0.2 - 0.3 is 5.6e-17, and the mean of that subset still counts as zero.
        let test = SignFlip::new(&[0.1, 0.2, -0.3]);
        assert!((test.p(0.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn random_flips_come_close_to_all_of_them() {
        let values: Vec<f64> = (0..17).map(|i| f64::from(i * 7 % 17) - 4.5).collect();
        let (exact, random) = (every_mean(&values), SignFlip::new(&values));
        let share = (1 + exact.iter().filter(|&&mean| mean <= 0.0).count()) as f64 / 2f64.powi(17);
        let error = (share * (1.0 - share) / SignFlip::RANDOM as f64).sqrt();
        assert!((random.p_above(0.0) - share).abs() < 4.0 * error, "{share}");
        assert_eq!(random.p(0.0).to_bits(), SignFlip::new(&values).p(0.0).to_bits());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn subset_means_and_flipped_signs_are_one_test(
            differences in prop::collection::vec((-20i32..20).prop_map(|d| f64::from(d) / 8.0), 1..9),
            theta in (-20i32..20).prop_map(|t| f64::from(t) / 16.0),
        ) {
            let test = SignFlip::new(&differences);
            prop_assert!((test.p_above(theta) - by_flipping(&differences, theta)).abs() < 1e-12);
            let mirrored: Vec<f64> = differences.iter().map(|d| -d).collect();
            prop_assert!((test.p_below(theta) - by_flipping(&mirrored, -theta)).abs() < 1e-12);
        }

        #[test]
        fn the_interval_excludes_exactly_what_the_test_rejects(
            differences in prop::collection::vec(-1.0f64..1.0, 6..20),
            alpha in 0.001f64..0.3,
            theta in -1.0f64..1.0,
        ) {
            let test = SignFlip::new(&differences);
            let inside = test.interval(alpha).is_none_or(|interval| interval.contains(theta));
            prop_assert_eq!(inside, test.p(theta) > alpha);
        }
    }
}
