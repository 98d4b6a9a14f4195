//! What each factor of a study does by itself, and what two of them do together.
//!
//! With `s(l, c)` the score of the arm that has level `l` of a factor and levels `c` of the others, and `l₀`, `m₀` the first
//! levels, seed by seed:
//!
//! ```text
//! main effect of l        mean over c of  s(l, c) − s(l₀, c)
//! interaction of l and m  mean over c of  s(l, m, c) − s(l₀, m, c) − s(l, m₀, c) + s(l₀, m₀, c)
//! ```
//!
//! The means are over every `c` for which the study has all arms of the line, so they are those of a factorial design where
//! it is one, and of one-at-a-time designs, which have no interactions, the difference to the first levels. All effects are
//! one family and judged as comparisons are: sign flips, Holm, the study's margin. They are judged once, by all seeds that
//! have every run they need, so where looks are planned they decide nothing.
//! (Montgomery, Design and Analysis of Experiments, ch. 5 and 6.)

use std::collections::BTreeMap;

use serde::Serialize;

use super::census::{Runs, is_done};
use crate::record::ArmNote;
use crate::stats::mean;
use crate::verdict::{Judgement, Verdict, judge_all};

/// The levels of an arm, by factor.
type Levels = BTreeMap<String, String>;

/// What a level of a factor does in place of the first one, or what two levels of two factors do beyond that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The level, and where it is an interaction, that of the other factor.
    pub changes: Vec<Change>,
    /// Combinations of the other factors that it is the mean over.
    pub settings: usize,
    /// The verdict and its numbers, adjusted for all effects of the study.
    #[serde(flatten)]
    pub judgement: Judgement,
}

/// A level in place of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The factor.
    pub factor: String,
    /// Its level.
    pub level: String,
    /// The first level, which it is compared with.
    pub against: String,
}

/// Four arms of an interaction, or two of a main effect, with their signs.
type Term<'a> = Vec<(f64, &'a ArmNote)>;

impl Effect {
    /// Main effects factor by factor, then interactions; none where arms are no combinations.
    pub(super) fn of(runs: &Runs<'_>) -> Vec<Self> {
        let arms: Vec<&ArmNote> =
            runs.design.arms.iter().filter(|arm| !arm.levels.is_empty()).collect();
        let changes = changes(&arms);
        let alone = changes.iter().map(|change| vec![change.clone()]);
        let together = changes.iter().enumerate().flat_map(|(nth, one)| {
            let others = changes[nth + 1..].iter().filter(|other| other.factor != one.factor);
            others.map(|other| vec![one.clone(), other.clone()]).collect::<Vec<_>>()
        });
        let found: Vec<(Vec<Change>, Vec<Term<'_>>)> = alone
            .chain(together)
            .map(|changes| {
                let terms = arms.iter().filter_map(|arm| term(&changes, arm, &arms)).collect();
                (changes, terms)
            })
            .filter(|(_, terms): &(_, Vec<_>)| !terms.is_empty())
            .collect();
        let differences: Vec<Vec<f64>> =
            found.iter().map(|(_, terms)| differences(terms, runs)).collect();
        let judgements = judge_all(&differences, runs.design.margin);
        let effect = |((changes, terms), judgement): ((Vec<Change>, Vec<Term<'_>>), Judgement)| {
            Self { changes, settings: terms.len(), judgement }
        };
        found.into_iter().zip(judgements).map(effect).collect()
    }

    /// Whether it is of two factors.
    pub fn is_interaction(&self) -> bool {
        self.changes.len() > 1
    }

    /// What changes, in words: `pool: none − max`.
    pub fn told(&self) -> String {
        let change = |c: &Change| format!("{}: {} − {}", c.factor, c.level, c.against);
        self.changes.iter().map(change).collect::<Vec<_>>().join(" × ")
    }

    /// The verdict in words; of an interaction, what the two do together against the sum of what each does.
    pub fn words(&self) -> String {
        match self.judgement.verdict {
            Verdict::Helps { .. } if self.is_interaction() => "more than the sum".to_owned(),
            Verdict::Hurts { .. } if self.is_interaction() => "less than the sum".to_owned(),
            Verdict::NoMeaningfulDifference { .. } if self.is_interaction() => "the sum".to_owned(),
            verdict => verdict.phrase(),
        }
    }
}

/// Every level of every factor but the first, in the order in which arms have them.
fn changes(arms: &[&ArmNote]) -> Vec<Change> {
    let factors = arms.first().map_or_else(Vec::new, |arm| arm.levels.keys().collect());
    let of_factor = |factor: &String| {
        let mut levels: Vec<&String> = Vec::new();
        for level in arms.iter().filter_map(|arm| arm.levels.get(factor)) {
            if !levels.contains(&level) {
                levels.push(level);
            }
        }
        let against = levels[0].clone();
        let change = move |level: &&String| Change {
            factor: factor.clone(),
            level: (*level).clone(),
            against: against.clone(),
        };
        levels[1..].iter().map(change).collect::<Vec<_>>()
    };
    factors.into_iter().flat_map(of_factor).collect()
}

/// The arms of the line of an effect whose last one is `arm`; `None` where it has other levels or an arm is missing.
fn term<'a>(changes: &[Change], arm: &'a ArmNote, arms: &[&'a ArmNote]) -> Option<Term<'a>> {
    if !changes.iter().all(|change| arm.levels.get(&change.factor) == Some(&change.level)) {
        return None;
    }
    // Every subset of the changes, each taken back to its first level.
    let subset = |back: usize| {
        let mut levels: Levels = arm.levels.clone();
        let undone = changes.iter().enumerate().filter(|(nth, _)| back >> nth & 1 == 1);
        undone.for_each(|(_, change)| {
            levels.insert(change.factor.clone(), change.against.clone());
        });
        let sign = if back.count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
        Some((sign, *arms.iter().find(|arm| arm.levels == levels)?))
    };
    (0..1 << changes.len()).map(subset).collect()
}

/// The effect seed by seed, for every seed of which all runs are scored.
fn differences(terms: &[Term<'_>], runs: &Runs<'_>) -> Vec<f64> {
    let score = |arm: &ArmNote, seed| {
        runs.get(&arm.name, seed).filter(|record| is_done(record)).map(|record| runs.score(record))
    };
    let of_seed = |&seed: &u64| {
        let of_term = |term: &Term<'_>| {
            term.iter().map(|(sign, arm)| Some(sign * score(arm, seed)?)).sum::<Option<f64>>()
        };
        mean(&terms.iter().map(of_term).collect::<Option<Vec<f64>>>()?)
    };
    runs.seeds.iter().filter_map(of_seed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};
    use crate::{Analysis, Design, Outcome, Record};

    /// The first four arms of the sample as a factorial of two factors, in this order: both first, one other, the other, both.
    fn crossed() -> Design {
        let mut design = design();
        let levels = [("max", "slow"), ("max", "fast"), ("none", "slow"), ("none", "fast")];
        for (arm, (pool, rate)) in design.arms.iter_mut().zip(levels) {
            let levels = [("pool", pool), ("rate", rate)];
            arm.levels = levels.map(|(f, l)| (f.to_owned(), l.to_owned())).into();
        }
        design
    }

    /// Runs of those arms: 0.5, and what each level and both together add, with a wave over seeds.
    fn runs(none: f64, fast: f64, both: f64) -> Vec<Record> {
        let arms = ["max", "avg", "strided", "decimate"];
        let of = |seed: u64| {
            let wave = 0.001 * (seed % 3) as f64;
            let scores = [0.0, fast, none + wave, none + wave + fast + both];
            let run = move |(arm, score): (&str, f64)| record(arm, seed, 0.5 + score);
            arms.into_iter().zip(scores).map(run).collect::<Vec<_>>()
        };
        (1..=10).flat_map(of).collect()
    }

    fn effects(records: &[Record]) -> Vec<(String, Option<f64>, String)> {
        let analysis = Analysis::of(&crossed(), records).unwrap();
        let told = |effect: &Effect| (effect.told(), effect.judgement.mean, effect.words());
        analysis.effects.iter().map(told).collect()
    }

    #[test]
    fn effects_of_a_factorial_are_those_that_made_the_scores() {
        let effects = effects(&runs(0.02, 0.1, -0.06));
        // Half of the pairs have the interaction in them, so a main effect has half of it; the wave is 0.001 on average.
        let expected = [
            ("pool: none − max", 0.02 + 0.001 - 0.03, "hurts"),
            ("rate: fast − slow", 0.1 - 0.03, "helps"),
            ("pool: none − max × rate: fast − slow", -0.06, "less than the sum"),
        ];
        assert_eq!(effects.len(), expected.len());
        for ((told, mean, words), (name, value, verdict)) in effects.iter().zip(expected) {
            assert_eq!((told.as_str(), words.as_str()), (name, verdict));
            assert!((mean.unwrap() - value).abs() < 1e-12, "{told}: {mean:?}, not {value}");
        }
    }

    #[test]
    fn what_adds_up_is_said_to() {
        let effects = effects(&runs(0.02, 0.1, 0.0));
        assert_eq!(effects[2].2, "the sum");
    }

    #[test]
    fn a_seed_without_one_of_the_runs_says_nothing() {
        let mut records = runs(0.02, 0.1, 0.0);
        records[3].outcome = Outcome::Diverged { epoch: 1 };
        records[3].scores.clear();
        let analysis = Analysis::of(&crossed(), &records).unwrap();
        let pairs: Vec<usize> = analysis.effects.iter().map(|e| e.judgement.n).collect();
        assert_eq!(pairs, [9, 9, 9]);
    }

    #[test]
    fn one_at_a_time_has_no_interactions_and_listed_arms_no_effects() {
        let mut design = crossed();
        design.arms[3].levels.clear();
        let analysis = Analysis::of(&design, &runs(0.02, 0.1, 0.0)).unwrap();
        let told: Vec<String> = analysis.effects.iter().map(Effect::told).collect();
        assert_eq!(told, ["pool: none − max", "rate: fast − slow"]);
        assert!(analysis.effects.iter().all(|effect| effect.settings == 1));
        let plain = Analysis::of(&crate::sample::design(), &runs(0.02, 0.1, 0.0)).unwrap();
        assert!(plain.effects.is_empty());
    }
}
