//! How sure a share of counted examples is.

/// Half-width of the central 95 % of the normal distribution, in standard deviations.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Interval for the probability behind `hits` out of `trials` independent examples, `(low, high)`.
///
/// ```text
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)          p = hits / n
/// ```
///
/// It stays inside `0..=1` and has a width also when all or none hit. It speaks about other examples, not about
/// other training runs. `None` without trials, or when there are more hits than trials.
/// After Wilson (1927), doi:10.1080/01621459.1927.10502953.
///
/// ```
/// use cenote_metrics::{Z_95, wilson_interval};
///
/// let (low, high) = wilson_interval(1_740, 2_000, Z_95).expect("there are trials");
/// assert!(low > 0.854 && high < 0.885);
/// ```
pub fn wilson_interval(hits: u64, trials: u64, z: f64) -> Option<(f64, f64)> {
    if trials == 0 || hits > trials {
        return None;
    }
    let n = trials as f64;
    let p = hits as f64 / n;
    let squared = z * z;
    let centre = p + squared / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + squared / (4.0 * n * n)).sqrt();
    let scale = 1.0 + squared / n;
    // Rounding may carry the ends of 0 hits or of all hits past 0 or 1, to either side.
    Some((((centre - spread) / scale).clamp(0.0, p), ((centre + spread) / scale).clamp(p, 1.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_hits_and_nothing_but_hits_are_inside_their_intervals() {
        for trials in 1..2_000 {
            let (low, _) = wilson_interval(0, trials, Z_95).unwrap();
            let (_, high) = wilson_interval(trials, trials, Z_95).unwrap();
            assert!(low <= 0.0 && high >= 1.0, "{trials}");
        }
    }

    #[test]
    fn intervals_equal_scipys() {
        // scipy.stats.binomtest(hits, trials).proportion_ci(0.95, "wilson"), SciPy 1.17.1
        let known = [
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (10, 10, 0.722_467_200_137_110_9, 1.0),
            (1, 3, 0.061_491_944_720_396_26, 0.792_340_399_197_952_3),
            (17, 40, 0.285_093_925_599_503_75, 0.578_049_314_580_089_2),
            (1_740, 2_000, 0.854_548_875_635_861, 0.884_032_509_376_012),
            (9, 100_000, 4.735_143_784_232_029e-5, 1.710_547_603_804_544_4e-4),
        ];
        for (hits, trials, low, high) in known {
            let (got_low, got_high) = wilson_interval(hits, trials, Z_95).unwrap();
            assert!(
                (got_low - low).abs() < 1e-12 && (got_high - high).abs() < 1e-12,
                "{hits}/{trials}"
            );
        }
    }

    #[test]
    fn no_trials_and_more_hits_than_trials_are_undefined() {
        assert_eq!(wilson_interval(0, 0, Z_95), None);
        assert_eq!(wilson_interval(3, 2, Z_95), None);
    }

    proptest! {
        #[test]
        fn the_ends_solve_the_score_equation(trials in 1_u64..5_000, share in 0.0..=1.0) {
            let hits = (share * trials as f64) as u64;
            let (n, p) = (trials as f64, hits as f64 / trials as f64);
            let (low, high) = wilson_interval(hits, trials, Z_95).unwrap();
            prop_assert!((0.0..=p).contains(&low) && (p..=1.0).contains(&high));
            for end in [low, high] {
                let score = (p - end).powi(2) * n - Z_95.powi(2) * end * (1.0 - end);
                prop_assert!(score.abs() < 1e-9, "{}", score);
            }
        }

        #[test]
        fn hits_and_misses_mirror_each_other(trials in 1_u64..500, share in 0.0..=1.0) {
            let hits = (share * trials as f64) as u64;
            let (low, high) = wilson_interval(hits, trials, Z_95).unwrap();
            let (mirrored_low, mirrored_high) = wilson_interval(trials - hits, trials, Z_95).unwrap();
            prop_assert!((low - (1.0 - mirrored_high)).abs() < 1e-12);
            prop_assert!((high - (1.0 - mirrored_low)).abs() < 1e-12);
        }
    }
}
