//! Planned looks at a study that is not finished, and what each may claim.
//!
//! Whoever looks several times and stops when a test is significant claims too much. A study may
//! therefore plan at most three looks, and spend its error over them so that all looks together make a
//! false claim no more often than one look would. By look `k`, with a share `t_k = n_k / n_K` of the
//! seeds, a one-sided test of level `α` may have spent
//!
//! ```text
//! α*(t) = 2 - 2 Φ(z(1 - α/2) / sqrt(t))           little early, nearly everything at the end
//! ```
//!
//! (Lan and DeMets 1983, doi:10.1093/biomet/70.3.659, in the manner of O'Brien and Fleming 1979,
//! doi:10.2307/2530245). The critical values `c_k` follow one after the other from
//!
//! ```text
//! P(Z_1 < c_1, …, Z_(k-1) < c_(k-1), Z_k ≥ c_k) = α*(t_k) - α*(t_(k-1))        corr(Z_j, Z_k) = sqrt(t_j / t_k)
//! ```
//!
//! by numerical integration of the partial sums (Armitage, McPherson and Rowe 1969,
//! doi:10.2307/2343787). For `α = 0.025` and three looks at thirds `c` is 3.710, 2.511, 1.993.
//!
//! At look `k` the sign-flip test, which is exact at every single look, is judged at the nominal level
//! `1 - Φ(c_k)`; only the dependence between looks is taken as that of normal sums. Reading the table
//! backwards gives for a p value of look `k` the overall level at which this look would reject (the
//! repeated p value of Jennison and Turnbull 1984, doi:10.1016/0197-2456(84)90005-4). Those are valid at
//! whatever look a comparison is decided, so Holm's procedure takes them as it takes any p values.

use std::sync::Arc;

use statrs::distribution::{ContinuousCDF, Normal};

use super::SignFlip;
use crate::verdict::ALPHA;

/// Points of the Gauss-Legendre rule that integrates over a partial sum.
const NODES: usize = 64;

/// How far below zero a partial sum is followed, in standard deviations.
const REACH: f64 = 8.0;

/// No critical value is further out: its level is 5e-198.
const FAR: f64 = 30.0;

/// Overall levels in the table: `z(1 - α)` from [`START`], `α = 0.31`, in these steps.
const STEP: f64 = 0.04;
/// Above this level spending is no longer a matter of tails, and nothing is judged there.
const START: f64 = 0.5;
/// How many levels there are; the last is 1e-7, less than any sign-flip test can reach.
const STEPS: usize = 118;

/// The seeds at which a study is looked at, and the levels of each look.
#[derive(Clone, Debug)]
pub struct Looks {
    seeds: Vec<usize>,
    /// For every overall level, the critical value of each look; `None` for a single look.
    table: Option<Arc<[Vec<f64>]>>,
}

impl Looks {
    /// More looks than this gain little and cost certainty.
    pub const MOST: usize = 3;

    /// One look, at the end.
    pub fn once(seeds: usize) -> Self {
        Self { seeds: vec![seeds], table: None }
    }

    /// Looks after so many seeds each, the last of them all.
    ///
    /// # Panics
    /// If there are none, or they are not [apart](Looks::are_apart).
    pub fn after(seeds: &[usize]) -> Self {
        assert!(!seeds.is_empty(), "looks: none");
        assert!(Self::are_apart(seeds), "looks: less than a tenth of the seeds apart: {seeds:?}");
        let table = (seeds.len() > 1).then(|| {
            let last = seeds[seeds.len() - 1] as f64;
            let shares: Vec<f64> = seeds.iter().map(|&n| n as f64 / last).collect();
            let rule = gauss_legendre(NODES);
            let level = |step: usize| Normal::standard().sf(START + STEP * step as f64);
            (0..STEPS).map(|step| critical_values(level(step), &shares, &rule)).collect()
        });
        Self { seeds: seeds.to_vec(), table }
    }

    /// Whether looks lie at least a tenth of all their seeds apart, and the first from the start: levels
    /// of looks that see nearly the same differences cannot be told.
    pub fn are_apart(seeds: &[usize]) -> bool {
        let apart = seeds.last().map_or(0, |&all| Self::apart(all));
        let starts = std::iter::once(0).chain(seeds.iter().copied());
        starts.zip(seeds).all(|(before, &look)| look.saturating_sub(before) >= apart)
    }

    /// The fewest seeds between two looks, where all looks together see so many: a tenth of them.
    fn apart(all: usize) -> usize {
        all.div_ceil(10).max(1)
    }

    /// The looks that are proposed for a family of comparisons where at most so many seeds may run.
    ///
    /// The first is after 40 % of the seeds, or later where sign flips of so few could not reject even if
    /// every pair gained: `2^-n ≤ α*(n / most)`. The second lies half way between it and the end. One that
    /// would lie nearer to another than looks may is left out, and one look is left where an earlier one
    /// could decide nothing.
    pub fn proposed(most: usize, family: usize) -> Vec<usize> {
        let alpha = ALPHA / 2.0 / family.max(1) as f64;
        let decides =
            |n: &usize| SignFlip::smallest_p(*n) <= spending(alpha, *n as f64 / most as f64);
        let first = (most * 2).div_ceil(5).max(1);
        let mut before_the_end = first..=most.saturating_sub(Self::apart(most));
        let Some(first) = before_the_end.find(decides) else { return vec![most] };
        let three = vec![first, first.midpoint(most), most];
        if Self::are_apart(&three) { three } else { vec![first, most] }
    }

    /// How many looks there are.
    pub fn count(&self) -> usize {
        self.seeds.len()
    }

    /// Seeds at a look, counted from one.
    pub fn seeds(&self, look: usize) -> usize {
        self.seeds[look - 1]
    }

    /// The nominal one-sided level of a look, counted from one, where all looks together have `alpha`.
    pub fn level(&self, look: usize, alpha: f64) -> f64 {
        let Some(table) = &self.table else { return alpha };
        let normal = Normal::standard();
        let place = (upper_quantile(alpha) - START) / STEP;
        let place = place.clamp(0.0, (STEPS - 1) as f64);
        let step = (place.floor() as usize).min(STEPS - 2);
        let (low, high) = (table[step][look - 1], table[step + 1][look - 1]);
        normal.sf(low + (place - step as f64) * (high - low))
    }

    /// The one-sided level of all looks at which `p` of this look, counted from one, would just reject.
    ///
    /// It is the inverse of [`Looks::level`], and 1 where only a level above 0.31 would do.
    pub fn overall(&self, look: usize, p: f64) -> f64 {
        let Some(table) = &self.table else { return p };
        let z = upper_quantile(p);
        let above = table.partition_point(|row| row[look - 1] <= z);
        let Some(step) = above.checked_sub(1) else { return 1.0 };
        let part = table.get(above).map_or(0.0, |next| {
            (z - table[step][look - 1]) / (next[look - 1] - table[step][look - 1])
        });
        Normal::standard().sf(START + STEP * (step as f64 + part))
    }

    /// What a one-sided test of level `alpha` has spent by a look, counted from one.
    pub fn spent(&self, look: usize, alpha: f64) -> f64 {
        spending(alpha, self.seeds(look) as f64 / self.seeds(self.count()) as f64)
    }
}

/// `α*(t)`, what may be spent by a share `t` of the seeds.
fn spending(alpha: f64, t: f64) -> f64 {
    2.0 * Normal::standard().sf(upper_quantile(alpha / 2.0) / t.sqrt())
}

/// What a normal value exceeds with this probability; written so that small ones keep their digits.
fn upper_quantile(p: f64) -> f64 {
    (-Normal::standard().inverse_cdf(p)).min(FAR)
}

/// The one-sided critical values of looks after shares `t` of the seeds, on the scale of a normal `Z`.
fn critical_values(alpha: f64, t: &[f64], rule: &[(f64, f64)]) -> Vec<f64> {
    let normal = Normal::standard();
    let mut values = vec![upper_quantile(spending(alpha, t[0]))];
    // Where the partial sum may be if nothing was rejected yet: places, and weights times densities.
    let mut sum: Vec<(f64, f64)> =
        below(values[0], t[0], rule).map(|(x, weight)| (x, weight * density(x, t[0]))).collect();
    for k in 1..t.len() {
        let may_spend = spending(alpha, t[k]) - spending(alpha, t[k - 1]);
        let step = t[k] - t[k - 1];
        let reach = |c: f64| {
            let end = c * t[k].sqrt();
            let (mut excess, mut slope) = (-may_spend, 0.0);
            for &(x, mass) in &sum {
                excess += mass * normal.cdf((x - end) / step.sqrt());
                slope -= mass * density(end - x, step) * t[k].sqrt();
            }
            (excess, slope)
        };
        // Newton's steps, halving the range instead where one would leave it.
        let (mut low, mut high) = (-REACH, upper_quantile(may_spend));
        let mut c = high;
        for _ in 0..100 {
            let (excess, slope) = reach(c);
            *(if excess > 0.0 { &mut low } else { &mut high }) = c;
            let newton = c - excess / slope;
            let next =
                if low < newton && newton < high { newton } else { f64::midpoint(low, high) };
            if (next - c).abs() < 1e-12 {
                break;
            }
            c = next;
        }
        values.push(c);
        sum = below(c, t[k], rule)
            .map(|(x, weight)| {
                let from = sum.iter().map(|&(y, mass)| mass * density(x - y, step));
                (x, weight * from.sum::<f64>())
            })
            .collect();
    }
    values
}

/// Places and weights of the rule for a partial sum of variance `t` that lies below `c` deviations.
fn below(c: f64, t: f64, rule: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    let (low, high) = (-REACH * t.sqrt(), c * t.sqrt());
    let (middle, half) = (f64::midpoint(low, high), (high - low) / 2.0);
    rule.iter().map(move |&(x, weight)| (middle + half * x, half * weight))
}

/// Density of a normal value of mean zero.
fn density(x: f64, variance: f64) -> f64 {
    (-x * x / (2.0 * variance)).exp() / (std::f64::consts::TAU * variance).sqrt()
}

/// Nodes and weights on [-1, 1] that integrate polynomials up to degree `2 n - 1` exactly.
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let node = |i: usize| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..20 {
            let (mut before, mut value) = (1.0, x);
            for k in 2..=n {
                let k = k as f64;
                (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
            }
            slope = n as f64 * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        (x, 2.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(alpha: f64, t: &[f64]) -> Vec<f64> {
        critical_values(alpha, t, &gauss_legendre(NODES))
    }

    #[test]
    fn the_rule_integrates_polynomials_exactly() {
        let rule = gauss_legendre(8);
        let integral = |f: fn(f64) -> f64| rule.iter().map(|&(x, w)| w * f(x)).sum::<f64>();
        assert!((integral(|_| 1.0) - 2.0).abs() < 1e-14);
        assert!((integral(|x| x.powi(14)) - 2.0 / 15.0).abs() < 1e-14);
        assert!(integral(|x| x.powi(15)).abs() < 1e-14);
    }

    #[test]
    fn looks_at_equal_distances_have_the_published_values() {
        // Two-sided 5 %, spending in the manner of O'Brien and Fleming, as every table prints them.
        let published: [&[f64]; 4] =
            [&[1.960], &[2.963, 1.969], &[3.710, 2.511, 1.993], &[4.333, 2.963, 2.359, 2.014]];
        for expected in published {
            let k = expected.len();
            let t: Vec<f64> = (1..=k).map(|i| i as f64 / k as f64).collect();
            for (got, want) in values(0.025, &t).iter().zip(expected) {
                assert!((got - want).abs() < 6e-4, "{k} looks: {got} is not {want}");
            }
        }
    }

    #[test]
    fn one_look_changes_no_level() {
        let once = Looks::once(10);
        assert_eq!((once.level(1, 0.025), once.overall(1, 0.03)), (0.025, 0.03));
        assert!((once.spent(1, 0.025) - 0.025).abs() < 1e-9);
    }

    #[test]
    fn level_and_overall_undo_each_other_and_grow() {
        let looks = Looks::after(&[8, 14, 20]);
        for look in 1..=3 {
            let mut before = 0.0;
            for alpha in [1e-5, 0.001, 0.004, 0.01, 0.025, 0.05, 0.2, 0.3] {
                let level = looks.level(look, alpha);
                assert!(level > before && level <= alpha, "look {look}: {alpha} gives {level}");
                before = level;
                let back = looks.overall(look, level);
                assert!((back / alpha - 1.0).abs() < 1e-6, "look {look}: {alpha} gives {back}");
            }
            assert_eq!((looks.overall(look, 0.45), looks.overall(look, 1.0)), (1.0, 1.0));
        }
    }

    #[test]
    fn the_table_grows_with_every_step() {
        for seeds in [&[8, 14, 20][..], &[9, 10], &[12, 16, 20], &[32, 36, 40], &[4, 8, 40]] {
            let table = Looks::after(seeds).table.unwrap();
            let grows = |pair: &[Vec<f64>]| {
                pair[0].iter().zip(&pair[1]).all(|(a, b)| a < b || *a > FAR - 1.0)
            };
            let stuck = table.windows(2).find(|pair| !grows(pair));
            assert!(stuck.is_none(), "{seeds:?}: {stuck:?}");
        }
    }

    #[test]
    fn the_table_is_as_good_as_the_integral() {
        let looks = Looks::after(&[8, 14, 20]);
        for alpha in [0.005, 0.0083, 0.025, 0.05] {
            let exact = values(alpha, &[0.4, 0.7, 1.0]);
            for (look, c) in (1..).zip(exact) {
                let level = 1.0 - Normal::standard().cdf(c);
                let got = looks.level(look, alpha);
                assert!((got / level - 1.0).abs() < 2e-3, "look {look} of {alpha}: {got} {level}");
            }
        }
    }

    #[test]
    fn proposed_looks_grow_and_end_with_all_seeds() {
        assert_eq!(Looks::proposed(20, 1), [10, 15, 20]);
        assert_eq!(Looks::proposed(20, 5), [12, 16, 20]);
        assert_eq!(Looks::proposed(30, 5), [15, 22, 30]);
        assert_eq!(Looks::proposed(10, 5), [9, 10]);
        assert_eq!(Looks::proposed(12, 5), [10, 12]);
        assert_eq!(Looks::proposed(5, 1), [5]);
    }
}
