//! A family of comparisons judged at planned looks, until each is decided.
//!
//! At every look the comparisons that are still open are judged by all their pairs so far, at the level
//! that [`Looks`] gives the look. What is decided stays so: its verdict, interval and p value are those of
//! the look that decided it, whatever pairs come later, and its p value keeps its place in Holm's
//! procedure. Since that p value holds for all looks together, the family has no more false claims over
//! all looks than it would have at one.

use crate::stats::{Looks, Need, SignFlip, mean, standard_deviation};
use crate::verdict::{ALPHA, Judgement, Look, Shares, Verdict, judge_at};

/// The paired differences of one comparison, by seed, and how many of them each look sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Differences in the order of the seeds.
    pub differences: Vec<f64>,
    /// For every look whose runs are over, how many of the differences belong to it and those before.
    pub looks: Vec<usize>,
}

/// Judges every comparison at the look that decided it, or else at the last look that is complete.
///
/// A look is taken when its runs are over for every comparison that is still open. Before the first,
/// nothing is judged: `look` is 0.
///
/// # Panics
/// If a difference is not finite, or a look counts more differences than there are.
pub fn judge_looks(family: &[Sequence], margin: f64, looks: &Looks) -> Vec<Judgement> {
    let mut judged: Vec<Judgement> =
        family.iter().map(|sequence| unseen(sequence, margin, looks)).collect();
    let mut differing = vec![1.0; family.len()];
    let mut within = vec![1.0; family.len()];
    for number in 1..=looks.count() {
        let open: Vec<usize> = (0..family.len()).filter(|&i| !judged[i].is_decided()).collect();
        if open.iter().any(|&i| family[i].looks.len() < number) {
            break;
        }
        let look = Look { looks, number };
        let seen = |i: usize| &family[i].differences[..family[i].looks[number - 1]];
        let tests: Vec<SignFlip> = open.iter().map(|&i| SignFlip::new(seen(i))).collect();
        for (&i, test) in open.iter().zip(&tests) {
            differing[i] = look.differing(test);
            within[i] = look.within(test, margin);
        }
        let shares = Shares::holm(&differing, &within);
        for (&i, test) in open.iter().zip(&tests) {
            judged[i] = judge_at(seen(i), margin, test, shares[i], look);
        }
    }
    judged
}

/// What is known of a comparison before its first look: what the differences of that look are so far, and
/// nothing about them. One that has them all waits for the others.
fn unseen(sequence: &Sequence, margin: f64, looks: &Looks) -> Judgement {
    let first = looks.seeds(1);
    let seen = sequence.looks.first().copied().unwrap_or(first);
    let differences = &sequence.differences[..seen.min(sequence.differences.len())];
    Judgement {
        n: differences.len(),
        mean: mean(differences),
        sd: standard_deviation(differences),
        p: 1.0,
        interval: None,
        equivalence_p: 1.0,
        equivalence_interval: None,
        better_p: 1.0,
        below_margin: false,
        margin,
        look: 0,
        level: 2.0 * looks.level(1, ALPHA / 2.0),
        verdict: Verdict::Undecided { need: Need::FirstLook { seeds: first } },
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::simulate::{FAMILIES, MOST_WRONG, Shape, normal};
    use crate::verdict::judge_all;

    const MARGIN: f64 = 0.5;

    /// The last look sees everything; those before it what they plan.
    fn sequence(differences: Vec<f64>, looks: &Looks) -> Sequence {
        let seen = (1..=looks.count()).map(|look| looks.seeds(look).min(differences.len()));
        Sequence { looks: seen.collect(), differences }
    }

    #[test]
    fn one_look_is_the_study_judged_at_its_end() {
        let family: Vec<Vec<f64>> = (0..4)
            .map(|arm| (0..10).map(|i| 0.05 * f64::from(arm * i % 7) - 0.1).collect())
            .collect();
        let looks = Looks::once(10);
        let sequences: Vec<_> = family.iter().map(|d| sequence(d.clone(), &looks)).collect();
        assert_eq!(judge_looks(&sequences, MARGIN, &looks), judge_all(&family, MARGIN));
    }

    #[test]
    fn a_verdict_is_that_of_the_look_that_reached_it() {
        let looks = Looks::after(&[12, 16, 20]);
        // Plain for twelve seeds, and turned round afterwards.
        let turned: Vec<f64> =
            (0..20).map(|i| if i < 12 { 2.0 + 0.01 * f64::from(i) } else { -9.0 }).collect();
        let open: Vec<f64> = (0..20).map(|i| f64::from(i * 7 % 20) - 9.5).collect();
        let family = [sequence(turned.clone(), &looks), sequence(open, &looks)];
        let judged = judge_looks(&family, MARGIN, &looks);
        assert_eq!((judged[0].look, judged[0].n, judged[0].verdict.words()), (1, 12, "helps"));
        assert_eq!((judged[1].look, judged[1].verdict.words()), (3, "undecided"));
        let early = [sequence(turned[..12].to_vec(), &looks), family[1].clone()];
        assert_eq!(judge_looks(&early, MARGIN, &looks)[0], judged[0]);
    }

    #[test]
    fn a_look_that_is_not_complete_is_not_taken() {
        let looks = Looks::after(&[12, 16, 20]);
        let differences: Vec<f64> = (0..14).map(|i| 1.0 + 0.01 * f64::from(i)).collect();
        let none = Sequence { differences: differences.clone(), looks: vec![] };
        let judged = judge_looks(&[none.clone(), sequence(differences, &looks)], MARGIN, &looks);
        for judgement in judged {
            assert_eq!((judgement.look, judgement.p, judgement.interval), (0, 1.0, None));
        }
        let judged = judge_looks(&[none], MARGIN, &looks)[0];
        assert_eq!(judged.verdict.phrase(), "undecided (judged after 12 seeds)");
        assert_eq!(judged.n, 12, "those of the look");
    }

    #[test]
    fn verdict_interval_and_p_agree_at_every_look() {
        let looks = Looks::after(&[9, 14, 20]);
        let mut random = ChaCha8Rng::seed_from_u64(8);
        for round in 0..30 {
            let family: Vec<Sequence> = (0..4)
                .map(|arm| {
                    let centre = f64::from(arm) * 0.012 * f64::from(round);
                    let d = (0..20).map(|_| centre + 0.4 * normal(&mut random)).collect();
                    sequence(d, &looks)
                })
                .collect();
            for j in judge_looks(&family, MARGIN, &looks) {
                let excludes_zero = j.interval.is_some_and(|i| !i.contains(0.0));
                assert_eq!(excludes_zero, j.p <= ALPHA, "{j:?}");
                let within =
                    j.equivalence_interval.is_some_and(|i| i.low > -MARGIN && i.high < MARGIN);
                assert_eq!(within, j.equivalence_p <= ALPHA, "{j:?}");
                assert_eq!(j.is_decided(), excludes_zero || within, "{j:?}");
            }
        }
    }

    /// Share of families with a wrong claim at any look, where every arm truly differs by `truth`.
    fn wrong_claims(shape: Shape, truth: f64, sd: f64, wrong: fn(&Verdict) -> bool) -> f64 {
        let looks = Looks::after(&[8, 10, 12]); // each of them can reject in a family of two
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let any = (0..FAMILIES).filter(|_| {
            let family: Vec<Sequence> = (0..2)
                .map(|_| {
                    let d = (0..12).map(|_| truth + sd * shape.draw(&mut random)).collect();
                    sequence(d, &looks)
                })
                .collect();
            judge_looks(&family, MARGIN, &looks).iter().any(|j| wrong(&j.verdict))
        });
        any.count() as f64 / f64::from(FAMILIES)
    }

    #[test]
    fn three_looks_call_equal_arms_different_no_more_often_than_one() {
        for shape in [Shape::Normal, Shape::Heavy, Shape::Tied] {
            let differs = |v: &Verdict| matches!(v, Verdict::Helps { .. } | Verdict::Hurts { .. });
            let share = wrong_claims(shape, 0.0, 1.0, differs);
            assert!(share <= MOST_WRONG, "{shape:?}: {share}");
        }
    }

    #[test]
    fn three_looks_call_arms_that_differ_by_the_margin_equal_no_more_often_than_one() {
        for shape in [Shape::Normal, Shape::Heavy, Shape::Tied] {
            let equal = |v: &Verdict| matches!(v, Verdict::NoMeaningfulDifference { .. });
            let share = wrong_claims(shape, MARGIN, 0.2, equal);
            assert!(share <= MOST_WRONG, "{shape:?}: {share}");
        }
    }

    #[test]
    fn a_plain_difference_is_found_before_the_last_look() {
        let found = wrong_claims(Shape::Normal, 1.5, 0.5, |v| matches!(v, Verdict::Helps { .. }));
        assert!(found > 0.99, "{found}");
        let looks = Looks::after(&[8, 10, 12]);
        let mut random = ChaCha8Rng::seed_from_u64(6);
        let at: usize = (0..50)
            .map(|_| {
                let d = (0..12).map(|_| 1.5 + 0.5 * normal(&mut random)).collect();
                judge_looks(&[sequence(d, &looks)], MARGIN, &looks)[0].n
            })
            .sum();
        assert!(at < 50 * 10, "{} seeds on average", at as f64 / 50.0);
    }
}
