//! How many more seeds an open question needs.

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// What the finished pairs of a comparison show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pilot {
    /// Pairs.
    pub n: usize,
    /// Mean difference.
    pub mean: f64,
    /// Standard deviation of the differences; `None` below two pairs.
    pub sd: Option<f64>,
    /// The difference is tested at `alpha` of this.
    pub alpha: f64,
    /// The equivalence is tested one-sided at this.
    pub alpha_equivalence: f64,
}

/// What it takes to decide.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Need {
    /// About this many more seeds give an 80 % chance of a decision, or more.
    About {
        /// Seeds to add.
        more: usize,
        /// Seeds then.
        total: usize,
    },
    /// The spread is still unknown; below this many seeds the test cannot decide whatever it sees.
    AtLeast {
        /// Seeds to add.
        more: usize,
        /// Seeds then.
        total: usize,
    },
    /// Nothing is judged before the first planned look.
    FirstLook {
        /// Seeds that it comes after.
        seeds: usize,
    },
    /// More than [`Need::MOST`] more seeds; a larger margin would be decidable.
    OutOfReach {
        /// The smallest margin within which [`Need::MOST`] more seeds would show equivalence.
        smallest_margin: f64,
    },
}

impl Need {
    /// More further seeds than this are not proposed.
    pub const MOST: usize = 100;
}

/// How many more seeds decide between "differs" and "within the margin", with power 80 %.
///
/// ```text
/// s*     = sd · sqrt((n - 1) / χ²(0.2; n - 1))                 80 % upper bound of the spread
/// n_diff = ((z(1 - α/2) + z(0.8)) s* / |mean|)² + z(1 - α/2)² / 2
/// n_eq   = ((z(1 - α') + z(0.9)) s* / (margin - |mean|))² + z(1 - α')² / 2     if |mean| < margin
/// ```
///
/// Each is raised to what the exact test needs to reach its level at all, `2^(1-n) ≤ α` and
/// `2^-n ≤ α'`; the smaller counts.
pub fn seeds_needed(pilot: Pilot, margin: f64) -> Need {
    let floors = [
        flips_for(pilot.alpha / 2.0), // two-sided: half the level on each side
        flips_for(pilot.alpha_equivalence),
    ];
    let more_for = |total: usize| total.saturating_sub(pilot.n).max(1);
    let Some(sd) = pilot.sd else {
        let more = more_for(floors[0].min(floors[1]));
        return Need::AtLeast { more, total: pilot.n + more };
    };

    let freedom = (pilot.n - 1) as f64;
    let chi = ChiSquared::new(freedom).expect("a spread needs two pairs").inverse_cdf(0.2);
    let spread = sd * (freedom / chi).sqrt();
    let z = |q: f64| Normal::standard().inverse_cdf(q);
    let (size, room) = (pilot.mean.abs(), margin - pilot.mean.abs());
    let z_difference = z(1.0 - pilot.alpha / 2.0);
    let z_equivalence = z(1.0 - pilot.alpha_equivalence);
    let seeds = |z_level: f64, z_power: f64, distance: f64| {
        let n = ((z_level + z_power) * spread / distance).powi(2) + z_level.powi(2) / 2.0;
        (distance > 0.0).then_some(n.ceil())
    };
    let candidates = [
        (seeds(z_difference, z(0.8), size), floors[0]),
        (seeds(z_equivalence, z(0.9), room), floors[1]),
    ];
    let most = pilot.n + Need::MOST;
    let reachable = candidates.into_iter().filter_map(|(seeds, floor)| {
        let total = seeds.filter(|&n| n <= most as f64)? as usize;
        Some(total.max(floor))
    });
    match reachable.min().map(more_for) {
        Some(more) => Need::About { more, total: pilot.n + more },
        None => Need::OutOfReach {
            smallest_margin: size
                + (z_equivalence + z(0.9)) * spread
                    / (most as f64 - z_equivalence.powi(2) / 2.0).sqrt(),
        },
    }
}

/// The fewest differences whose signs can reach a one-sided p of `alpha`: `2^-n ≤ alpha`.
fn flips_for(alpha: f64) -> usize {
    alpha.recip().log2().ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pilot whose upper bound of the spread is one, so that the formula is seen bare.
    fn unit_spread(mean: f64, family: f64) -> Pilot {
        let (n, freedom) = (2, 1.0);
        let chi = ChiSquared::new(freedom).unwrap().inverse_cdf(0.2);
        let sd = Some((chi / freedom).sqrt());
        Pilot { n, mean, sd, alpha: 0.05 / family, alpha_equivalence: 0.05 / family }
    }

    fn total(need: Need) -> usize {
        match need {
            Need::About { total, .. } | Need::AtLeast { total, .. } => total,
            Need::FirstLook { .. } | Need::OutOfReach { .. } => usize::MAX,
        }
    }

    #[test]
    fn the_table_of_the_protocol_comes_out() {
        let effects = [0.5, 0.75, 1.0, 1.25, 1.5, 2.0];
        // The rows of the protocol, raised to the floor of the exact test: 6, 8 and 5.
        for (effect, n) in effects.into_iter().zip([34, 16, 10, 7, 6, 6]) {
            assert_eq!(total(seeds_needed(unit_spread(effect, 1.0), 1e-9)), n, "{effect}");
        }
        for (effect, n) in effects.into_iter().zip([52, 26, 16, 12, 9, 8]) {
            assert_eq!(total(seeds_needed(unit_spread(effect, 6.0), 1e-9)), n, "{effect} of 6");
        }
        for (margin, n) in effects.into_iter().zip([36, 17, 10, 7, 6, 5]) {
            assert_eq!(total(seeds_needed(unit_spread(0.0, 1.0), margin)), n, "within {margin}");
        }
    }

    #[test]
    fn one_pair_says_only_where_the_test_begins() {
        let pilot = Pilot { n: 1, mean: 0.1, sd: None, alpha: 0.05, alpha_equivalence: 0.05 };
        assert_eq!(seeds_needed(pilot, 0.005), Need::AtLeast { more: 4, total: 5 });
    }

    #[test]
    fn a_mean_on_the_margin_is_out_of_reach_until_the_margin_grows() {
        let pilot = Pilot { n: 10, ..unit_spread(0.001, 1.0) };
        let Need::OutOfReach { smallest_margin } = seeds_needed(pilot, 0.001) else {
            panic!("nothing decides this");
        };
        let decided = seeds_needed(pilot, smallest_margin * 1.0001);
        assert!(matches!(decided, Need::About { more: 99..=100, .. }), "{decided:?}");
    }

    #[test]
    fn no_spread_needs_no_more_than_the_floor() {
        let pilot = Pilot { n: 3, mean: 0.2, sd: Some(0.0), alpha: 0.05, alpha_equivalence: 0.05 };
        assert_eq!(seeds_needed(pilot, 0.1), Need::About { more: 3, total: 6 });
        assert_eq!(seeds_needed(pilot, 0.3), Need::About { more: 2, total: 5 });
    }

    #[test]
    fn the_answer_is_always_at_least_one_more() {
        let pilot = Pilot { n: 50, ..unit_spread(2.0, 1.0) };
        assert_eq!(seeds_needed(pilot, 0.1), Need::About { more: 1, total: 51 });
    }
}
