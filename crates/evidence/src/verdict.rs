//! From paired differences to a verdict.
//!
//! `[L, U]` is the adjusted 95 % interval of the mean difference, `Δ` the margin, and the
//! equivalence interval the adjusted 90 % one:
//!
//! ```text
//! L > Δ                                helps, at least by the margin
//! L > 0, U ≤ Δ, equivalence within ±Δ  no meaningful difference: detectable, but below the margin
//! L > 0, otherwise                     helps, maybe by less than the margin
//! the same with U < 0                  hurts, …
//! L ≤ 0 ≤ U, equivalence within ±Δ     no meaningful difference
//! else                                 undecided, and what would decide it
//! ```
//!
//! Intervals and p values come from one test, [`SignFlip`], at one level, so the verdict, the
//! interval and the p value cannot contradict each other. In a family of comparisons [`judge_all`]
//! gives every comparison its Holm share of the error, separately for differing and for being
//! equivalent. With truly equal arms the chance of any "helps" or "hurts" in the family is at
//! most 5 %, and likewise that of any "no meaningful difference" where all differ by the margin: even a
//! detectable one is said only where the equivalence is shown with its own share of the error.
//! [`judge_looks`](crate::judge_looks) does the same for a study that is looked at before its end.

use serde::Serialize;

use crate::number::plural;
use crate::stats::{
    HolmStep, Interval, Looks, Need, Pilot, SignFlip, equivalence, holm, mean, seeds_needed,
    standard_deviation,
};

/// Share of families with a false claim that is accepted.
pub const ALPHA: f64 = 0.05;

/// What the differences support.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The arm is better.
    Helps {
        /// By how much.
        size: Size,
    },
    /// The arm is worse.
    Hurts {
        /// By how much.
        size: Size,
    },
    /// The arm is the same, as far as it matters.
    NoMeaningfulDifference {
        /// Whether it differs all the same, by less than the margin.
        detectable: bool,
    },
    /// The runs so far do not tell.
    Undecided {
        /// What would.
        need: Need,
    },
}

/// How a difference compares with the margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// The whole interval lies beyond the margin.
    AtLeastTheMargin,
    /// The interval reaches below the margin, or lies there but the equivalence is not shown.
    MaybeLess,
}

impl Verdict {
    /// The verdict in words, for a score where larger is better.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Helps { .. } => "helps",
            Self::Hurts { .. } => "hurts",
            Self::NoMeaningfulDifference { .. } => "no meaningful difference",
            Self::Undecided { .. } => "undecided",
        }
    }

    /// The same, with what an open one needs: `undecided (about 12 more seeds)`.
    pub fn phrase(&self) -> String {
        let Self::Undecided { need } = self else { return self.words().to_owned() };
        match need {
            Need::About { more, .. } => format!("undecided (about {})", plural(*more, "more seed")),
            Need::AtLeast { more, .. } => {
                format!("undecided (at least {})", plural(*more, "more seed"))
            }
            Need::FirstLook { seeds } => {
                format!("undecided (judged after {})", plural(*seeds, "seed"))
            }
            Need::OutOfReach { .. } => {
                format!("undecided (above {})", plural(Need::MOST, "more seed"))
            }
        }
    }
}

/// A verdict with every number it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// Paired differences.
    pub n: usize,
    /// Their mean; `None` without pairs.
    pub mean: Option<f64>,
    /// Their standard deviation; `None` below two pairs.
    pub sd: Option<f64>,
    /// Adjusted two-sided p of "there is a difference".
    pub p: f64,
    /// Adjusted 95 % interval of the mean; `None` where so few pairs cannot give one.
    pub interval: Option<Interval>,
    /// Adjusted p of "the difference is within the margin".
    pub equivalence_p: f64,
    /// Adjusted 90 % interval, which is inside the margin exactly when `equivalence_p` is at most
    /// [`ALPHA`].
    pub equivalence_interval: Option<Interval>,
    /// One-sided p of "the arm is better", adjusted; judged at half of [`ALPHA`] so that it agrees
    /// with the interval.
    pub better_p: f64,
    /// Whether the upper end of the interval lies below the margin.
    pub below_margin: bool,
    /// The margin.
    pub margin: f64,
    /// The look that decided, or the last one taken, counted from one; 0 before the first.
    pub look: usize,
    /// Two-sided level at which this look judged the difference, and `1 - level` of its interval.
    pub level: f64,
    /// What follows.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Judgement {
    /// Whether the verdict is anything but undecided.
    pub fn is_decided(&self) -> bool {
        !matches!(self.verdict, Verdict::Undecided { .. })
    }
}

/// Judges one comparison in a family of `family` comparisons, each with an equal share of the
/// error (Bonferroni).
///
/// # Panics
/// If a difference is not finite.
pub fn judge(differences: &[f64], margin: f64, family: usize) -> Judgement {
    let test = SignFlip::new(differences);
    let family = family.max(1);
    let step = |p: f64| HolmStep { adjusted: (p * family as f64).min(1.0), divisor: family };
    let look = Look { looks: &Looks::once(differences.len()), number: 1 };
    let shares = Shares { differing: step(test.p(0.0)), within: step(look.within(&test, margin)) };
    judge_at(differences, margin, &test, shares, look)
}

/// Judges a family of comparisons, with Holm's shares of the error.
///
/// # Panics
/// If a difference is not finite.
pub fn judge_all<D: AsRef<[f64]>>(family: &[D], margin: f64) -> Vec<Judgement> {
    let looks = Looks::once(0);
    let look = Look { looks: &looks, number: 1 };
    let tests: Vec<SignFlip> = family.iter().map(|d| SignFlip::new(d.as_ref())).collect();
    let differing: Vec<f64> = tests.iter().map(|test| look.differing(test)).collect();
    let within: Vec<f64> = tests.iter().map(|test| look.within(test, margin)).collect();
    let judged = family.iter().zip(&tests).zip(Shares::holm(&differing, &within));
    judged.map(|((d, test), shares)| judge_at(d.as_ref(), margin, test, shares, look)).collect()
}

/// One of the looks at a study.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) looks: &'a Looks,
    /// Counted from one.
    pub(crate) number: usize,
}

impl Look<'_> {
    /// Two-sided overall p of "there is a difference".
    pub(crate) fn differing(self, test: &SignFlip) -> f64 {
        let one_sided = test.p_above(0.0).min(test.p_below(0.0));
        (2.0 * self.looks.overall(self.number, one_sided)).min(1.0)
    }

    /// Overall p of "the difference is within the margin".
    pub(crate) fn within(self, test: &SignFlip, margin: f64) -> f64 {
        self.looks.overall(self.number, equivalence(test, margin, ALPHA).p)
    }
}

/// What one comparison is given of the error of its family.
#[derive(Clone, Copy)]
pub(crate) struct Shares {
    differing: HolmStep,
    within: HolmStep,
}

impl Shares {
    /// Holm's shares from the overall p values of a family.
    pub(crate) fn holm(differing: &[f64], within: &[f64]) -> Vec<Self> {
        let steps = holm(differing, ALPHA).into_iter().zip(holm(within, ALPHA));
        steps.map(|(differing, within)| Self { differing, within }).collect()
    }
}

pub(crate) fn judge_at(
    differences: &[f64],
    margin: f64,
    test: &SignFlip,
    Shares { differing, within }: Shares,
    Look { looks, number }: Look<'_>,
) -> Judgement {
    let alpha = 2.0 * looks.level(number, ALPHA / 2.0 / differing.divisor as f64);
    let alpha_within = looks.level(number, ALPHA / within.divisor as f64);
    let above = |theta: f64| 2.0 * test.p_above(theta) <= alpha; // L > theta
    let below = |theta: f64| 2.0 * test.p_below(theta) <= alpha; // U < theta
    let size = |beyond| if beyond { Size::AtLeastTheMargin } else { Size::MaybeLess };
    let mean = mean(differences);
    let sd = standard_deviation(differences);
    let equivalent = within.adjusted <= ALPHA;
    let small = equivalent && test.keeps_to(margin, alpha);
    let verdict = if above(0.0) && !small {
        Verdict::Helps { size: size(above(margin)) }
    } else if below(0.0) && !small {
        Verdict::Hurts { size: size(below(-margin)) }
    } else if above(0.0) || below(0.0) {
        Verdict::NoMeaningfulDifference { detectable: true }
    } else if equivalent {
        Verdict::NoMeaningfulDifference { detectable: false }
    } else {
        // More seeds end with the last look, whose levels are wider than those of the looks before.
        let last = looks.count();
        let pilot = Pilot {
            n: differences.len(),
            mean: mean.unwrap_or(0.0),
            sd,
            alpha: 2.0 * looks.level(last, ALPHA / 2.0 / differing.divisor as f64),
            alpha_equivalence: looks.level(last, ALPHA / within.divisor as f64),
        };
        Verdict::Undecided { need: seeds_needed(pilot, margin) }
    };
    let better = looks.overall(number, test.p_above(0.0)) * differing.divisor as f64;
    Judgement {
        n: differences.len(),
        mean,
        sd,
        p: differing.adjusted,
        interval: test.interval(alpha),
        equivalence_p: within.adjusted,
        equivalence_interval: test.interval(2.0 * alpha_within),
        better_p: better.max(differing.adjusted / 2.0).min(1.0),
        below_margin: below(margin),
        margin,
        look: number,
        level: alpha,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::simulate::{FAMILIES, MOST_WRONG, normal};

    const MARGIN: f64 = 0.5;

    /// Ten differences around a centre; their test at 5 % gives about centre ± 0.22.
    fn around(centre: f64) -> Vec<f64> {
        (0..10).map(|i| centre + 0.1 * (f64::from(i) - 4.5)).collect()
    }

    #[test]
    fn every_row_of_the_table_is_reached() {
        let check = |centre: f64, expected: &str| {
            let verdict = judge(&around(centre), MARGIN, 1).verdict;
            let shown = serde_json::to_string(&verdict).unwrap();
            assert!(shown.contains(expected), "{centre}: {shown}");
        };
        check(1.0, r#""helps","size":"at_least_the_margin""#);
        check(0.4, r#""helps","size":"maybe_less""#);
        check(0.25, r#""no_meaningful_difference","detectable":true"#);
        check(0.1, r#""no_meaningful_difference","detectable":false"#);
        check(-0.25, r#""no_meaningful_difference","detectable":true"#);
        check(-0.4, r#""hurts","size":"maybe_less""#);
        check(-1.0, r#""hurts","size":"at_least_the_margin""#);
        let wide: Vec<f64> = around(0.3).iter().map(|d| 10.0 * d - 2.7).collect();
        let open = judge(&wide, MARGIN, 1).verdict;
        assert_eq!(open.phrase(), "undecided (above 100 more seeds)");
        let narrow: Vec<f64> = around(0.3).iter().map(|d| 2.0 * d - 0.3).collect();
        let phrase = judge(&narrow, MARGIN, 1).verdict.phrase();
        assert!(phrase.starts_with("undecided (about "), "{phrase}");
        assert_eq!(judge(&[1.0], MARGIN, 1).verdict.phrase(), "undecided (at least 4 more seeds)");
    }

    #[test]
    fn few_or_no_differences_are_undecided() {
        for differences in [&[][..], &[1.0], &[1.0, 1.0], &[1.0, 1.1, 1.2, 1.3, 1.4]] {
            let judgement = judge(differences, MARGIN, 1);
            assert!(matches!(judgement.verdict, Verdict::Undecided { .. }), "{judgement:?}");
            assert_eq!(judgement.interval, None);
        }
    }

    #[test]
    fn equal_differences_are_decided_without_a_spread() {
        assert_eq!(
            judge(&[0.0; 10], MARGIN, 5).verdict,
            Verdict::NoMeaningfulDifference { detectable: false }
        );
        assert_eq!(
            judge(&[0.6; 10], MARGIN, 5).verdict,
            Verdict::Helps { size: Size::AtLeastTheMargin }
        );
    }

    #[test]
    fn verdict_interval_and_p_never_contradict_each_other() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for round in 0..60 {
            let family: Vec<Vec<f64>> = (0..6)
                .map(|arm| {
                    let centre = f64::from(arm - 3) * 0.01 * f64::from(round);
                    (0..9).map(|_| centre + 0.3 * normal(&mut random)).collect()
                })
                .collect();
            for j in judge_all(&family, MARGIN) {
                let excludes_zero = j.interval.is_some_and(|i| !i.contains(0.0));
                assert_eq!(excludes_zero, j.p <= ALPHA, "{j:?}");
                let within =
                    j.equivalence_interval.is_some_and(|i| i.low > -MARGIN && i.high < MARGIN);
                assert_eq!(within, j.equivalence_p <= ALPHA, "{j:?}");
                assert_eq!(
                    j.better_p <= ALPHA / 2.0,
                    j.interval.is_some_and(|i| i.low > 0.0),
                    "{j:?}"
                );
                let fits = match j.verdict {
                    Verdict::Helps { size } => {
                        let low = j.interval.unwrap().low;
                        low > 0.0 && (low > MARGIN) == (size == Size::AtLeastTheMargin)
                    }
                    Verdict::Hurts { size } => {
                        let high = j.interval.unwrap().high;
                        high < 0.0 && (high < -MARGIN) == (size == Size::AtLeastTheMargin)
                    }
                    Verdict::NoMeaningfulDifference { detectable: true } => within && excludes_zero,
                    Verdict::NoMeaningfulDifference { detectable: false } => {
                        within && !excludes_zero
                    }
                    Verdict::Undecided { .. } => !within && !excludes_zero,
                };
                assert!(fits, "{j:?}");
            }
        }
    }

    /// Share of simulated families with a claim that is wrong for the given true difference.
    fn wrong_claims(truth: f64, sd: f64, wrong: fn(&Verdict) -> bool) -> f64 {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let mut any = 0;
        for _ in 0..FAMILIES {
            let baseline: Vec<f64> = (0..10).map(|_| normal(&mut random)).collect();
            let family: Vec<Vec<f64>> = (0..4)
                .map(|_| baseline.iter().map(|b| truth + sd * (normal(&mut random) - b)).collect())
                .collect();
            any += i32::from(judge_all(&family, MARGIN).iter().any(|j| wrong(&j.verdict)));
        }
        f64::from(any) / f64::from(FAMILIES)
    }

    #[test]
    fn equal_arms_are_called_different_no_more_often_than_claimed() {
        let wrong = |v: &Verdict| matches!(v, Verdict::Helps { .. } | Verdict::Hurts { .. });
        let share = wrong_claims(0.0, 1.0, wrong);
        assert!(share > 0.0 && share <= MOST_WRONG, "{share}");
    }

    #[test]
    fn arms_that_differ_by_the_margin_are_called_equal_no_more_often_than_claimed() {
        let wrong = |v: &Verdict| matches!(v, Verdict::NoMeaningfulDifference { .. });
        let share = wrong_claims(MARGIN, 0.2, wrong);
        assert!(share > 0.0 && share <= MOST_WRONG, "{share}");
    }

    #[test]
    fn a_difference_that_is_plain_is_called_meaningless_no_more_often_than_claimed() {
        // Each of ten arms lies at the margin, 5.5 standard errors off zero: that it differs is certain, and
        // Holm's last step would ask of the arm nearest to zero no more than of a single one.
        let mut random = ChaCha8Rng::seed_from_u64(12);
        let sd = MARGIN / 5.5 * 10f64.sqrt();
        let any = (0..FAMILIES).filter(|_| {
            let arm = |_| (0..10).map(|_| MARGIN + sd * normal(&mut random)).collect();
            let family: Vec<Vec<f64>> = (0..10).map(arm).collect();
            let small = |j: &Judgement| matches!(j.verdict, Verdict::NoMeaningfulDifference { .. });
            judge_all(&family, MARGIN).iter().any(small)
        });
        let share = any.count() as f64 / f64::from(FAMILIES);
        assert!(share > 0.0 && share <= MOST_WRONG, "{share}");
    }

    #[test]
    fn an_interval_that_ends_at_the_margin_is_small_and_one_past_it_is_not() {
        let family = |high: f64| {
            let mut differences = vec![0.3; 9];
            differences.push(high); // the largest mean of any subset, where the interval of ten ends
            judge(&differences, MARGIN, 20).verdict
        };
        assert_eq!(family(0.5), Verdict::NoMeaningfulDifference { detectable: true });
        assert_eq!(family(0.51), Verdict::Helps { size: Size::MaybeLess });
    }

    #[test]
    fn a_difference_of_two_standard_deviations_is_found_most_of_the_time() {
        let found = wrong_claims(1.5, 0.5, |v| matches!(v, Verdict::Helps { .. }));
        assert!(found > 0.9, "{found}");
    }
}
