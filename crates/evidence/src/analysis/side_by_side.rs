//! Two studies side by side: the same arms by name, paired by seed.
//!
//! For an arm `a` with partner `b` and a seed `s` that both studies finished,
//!
//! ```text
//! change of an arm        second(a, s) − first(a, s)
//! change of an effect     [second(a, s) − second(b, s)] − [first(a, s) − first(b, s)]
//! ```
//!
//! Changes of arms are one family of tests, changes of effects another. The margin is the smaller
//! of the two studies'.

use serde::Serialize;

use super::{Analysis, ArmSummary, PairedDifference};
use crate::number::{grouped, plural};
use crate::record::{ArmNote, Costs, LayerNote};
use crate::stats::Interval;
use crate::{Error, Judgement, judge_all};

/// Two studies and what changed from the first to the second; its JSON form is what
/// `cenote report A B --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideBySide {
    /// Layout of the JSON form.
    pub schema: &'static str,
    /// Names of the two studies.
    pub studies: [String; 2],
    /// The metric of both.
    pub metric: String,
    /// The smaller of their margins.
    pub margin: f64,
    /// What their designs and surroundings do not share.
    pub differs: Vec<Differs>,
    /// Every arm that both have, in the order of the first.
    pub arms: Vec<ArmChange>,
    /// Every difference to a partner that both have.
    pub effects: Vec<EffectChange>,
    /// Arms that only the one or the other has.
    pub alone: [Vec<String>; 2],
}

/// Something that two studies do not share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differs {
    /// What.
    pub what: String,
    /// In the first.
    pub first: String,
    /// In the second.
    pub second: String,
}

/// One arm in both studies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmChange {
    /// The arm.
    pub arm: String,
    /// Mean of the metric in each, over all its seeds.
    pub means: [Option<f64>; 2],
    /// Student's 95 % interval of each mean.
    pub intervals: [Option<Interval>; 2],
    /// What a run needs in each.
    pub costs: [Option<Costs>; 2],
    /// Seconds per epoch in each.
    pub epoch_seconds: [Option<f64>; 2],
    /// Second minus first, for every seed that both finished.
    pub pairs: Vec<PairedDifference>,
    /// The verdict on the second, adjusted for all arms.
    #[serde(flatten)]
    pub judgement: Judgement,
}

/// The difference between an arm and its partner in both studies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EffectChange {
    /// The arm.
    pub arm: String,
    /// Its partner, the same in both.
    pub against: String,
    /// Mean difference in each, over all its pairs.
    pub means: [Option<f64>; 2],
    /// Difference in the second minus difference in the first, for every seed that both finished.
    pub pairs: Vec<PairedDifference>,
    /// The verdict on the second, adjusted for all effects.
    #[serde(flatten)]
    pub judgement: Judgement,
}

impl SideBySide {
    /// The layout of the JSON form.
    pub const SCHEMA: &'static str = "cenote.side_by_side/1";

    /// Sets two studies side by side.
    ///
    /// # Errors
    /// [`Error::Incomparable`] if they measure different things, share no arm, or share no seed
    /// that both finished.
    pub fn of(first: &Analysis, second: &Analysis) -> Result<Self, Error> {
        let refuse = |problem: String| {
            let studies = [first.design.name.clone(), second.design.name.clone()];
            Err(Error::Incomparable { studies, problem })
        };
        let (one, other) = (&first.design, &second.design);
        if one.metric != other.metric {
            return refuse(format!(
                "the first measures {}, the second {}; expected one metric",
                one.metric, other.metric
            ));
        }
        let shared: Vec<(&ArmSummary, &ArmSummary)> =
            first.arms.iter().filter_map(|arm| Some((arm, second.arm(&arm.name)?))).collect();
        if shared.is_empty() {
            return refuse(format!(
                "no arm has the same name in both; the first has {}, the second {}",
                names(&first.arms),
                names(&second.arms)
            ));
        }
        let margin = one.margin.min(other.margin);
        let changes: Vec<Vec<PairedDifference>> =
            shared.iter().map(|(one, other)| paired(&scores(one), &scores(other))).collect();
        if changes.iter().all(Vec::is_empty) {
            return refuse("no arm has a finished run with the same seed in both, so nothing is paired; expected common seeds".to_owned());
        }
        let arms = judged(&changes, margin)
            .zip(&shared)
            .map(|((pairs, judgement), (one, other))| ArmChange {
                arm: one.name.clone(),
                means: [one.mean, other.mean],
                intervals: [one.interval, other.interval],
                costs: [one.costs, other.costs],
                epoch_seconds: [one.epoch_seconds, other.epoch_seconds],
                pairs,
                judgement,
            })
            .collect();
        let alone = |of: &Analysis, in_: &Analysis| {
            let alone = of.arms.iter().filter(|arm| in_.arm(&arm.name).is_none());
            alone.map(|arm| arm.name.clone()).collect()
        };
        Ok(Self {
            schema: Self::SCHEMA,
            studies: [one.name.clone(), other.name.clone()],
            metric: one.metric.clone(),
            margin,
            differs: differs(first, second),
            arms,
            effects: effects(first, second, margin),
            alone: [alone(first, second), alone(second, first)],
        })
    }
}

fn effects(first: &Analysis, second: &Analysis, margin: f64) -> Vec<EffectChange> {
    let shared: Vec<_> = first
        .comparisons
        .iter()
        .filter_map(|one| {
            let other = second.comparison(&one.arm)?;
            (one.against == other.against).then_some((one, other))
        })
        .collect();
    let changes: Vec<_> =
        shared.iter().map(|(one, other)| paired(&one.pairs, &other.pairs)).collect();
    judged(&changes, margin)
        .zip(&shared)
        .map(|((pairs, judgement), (one, other))| EffectChange {
            arm: one.arm.clone(),
            against: one.against.clone(),
            means: [one.judgement.mean, other.judgement.mean],
            pairs,
            judgement,
        })
        .collect()
}

/// Each list of changes with its verdict, as one family.
fn judged(
    changes: &[Vec<PairedDifference>],
    margin: f64,
) -> impl Iterator<Item = (Vec<PairedDifference>, Judgement)> {
    let values: Vec<Vec<f64>> =
        changes.iter().map(|pairs| pairs.iter().map(|pair| pair.difference).collect()).collect();
    changes.iter().cloned().zip(judge_all(&values, margin))
}

/// Values by seed, as differences of nothing.
fn scores(arm: &ArmSummary) -> Vec<PairedDifference> {
    let value = |score: &super::SeedScore| PairedDifference {
        seed: score.seed,
        difference: score.score,
        mcnemar: None,
    };
    arm.scores.iter().map(value).collect()
}

/// Second minus first for every seed of both.
fn paired(first: &[PairedDifference], second: &[PairedDifference]) -> Vec<PairedDifference> {
    let of_seed = |seed: u64| second.iter().find(|pair| pair.seed == seed);
    first
        .iter()
        .filter_map(|one| {
            let other = of_seed(one.seed)?;
            let difference = other.difference - one.difference;
            Some(PairedDifference { seed: one.seed, difference, mcnemar: None })
        })
        .collect()
}

/// What a study says about itself.
type Told = fn(&Analysis) -> String;

/// What the two do not share, the data first: it decides how a change may be read.
fn differs(first: &Analysis, second: &Analysis) -> Vec<Differs> {
    let points: [(&str, Told); 11] = [
        ("data", |study| study.design.dataset.name.clone()),
        ("checksum of the data", |study| study.design.dataset.checksum.clone()),
        ("training images", |study| grouped(study.design.dataset.train)),
        ("test images", |study| grouped(study.design.dataset.test)),
        ("budget", |study| study.design.budget.clone()),
        ("margin", |study| format!("±{:.2} points", 100.0 * study.design.margin)),
        ("baseline", |study| study.design.baseline.clone()),
        ("seeds", |study| plural(study.design.seeds.len(), "seed")),
        ("code", |study| surroundings(study, |at| &at.code)),
        ("version", |study| surroundings(study, |at| &at.cenote)),
        ("processor", |study| surroundings(study, |at| &at.cpu)),
    ];
    let plain = points.into_iter().map(|(what, of)| (what.to_owned(), of(first), of(second)));
    let shared =
        first.design.arms.iter().filter_map(|arm| Some((arm, second.design.arm(&arm.name)?)));
    let of_arms = shared.flat_map(|(one, other)| {
        let partner = format!("partner of `{}`", one.name);
        [Some((partner, one.against.clone(), other.against.clone())), networks(one, other)]
    });
    plain
        .chain(of_arms.flatten())
        .filter(|(_, first, second)| first != second)
        .map(|(what, first, second)| Differs { what, first, second })
        .collect()
}

/// The networks of an arm in words, if both designs tell them and they are not the same; the words
/// say which study they are of, so that networks that differ in sizes alone are told too.
fn networks(one: &ArmNote, other: &ArmNote) -> Option<(String, String, String)> {
    if one.layers.is_empty() || other.layers.is_empty() || one.layers == other.layers {
        return None;
    }
    let words = |arm: &ArmNote, place: &str| {
        let layer = |note: &LayerNote| format!("{} {}", note.path, note.kind);
        let all: Vec<String> = arm.layers.iter().map(layer).collect();
        format!("{place}: {}", all.join(", "))
    };
    Some((format!("network of `{}`", one.name), words(one, "first"), words(other, "second")))
}

/// What the runs of a study were made with, each once.
fn surroundings(study: &Analysis, of: fn(&crate::Environment) -> &String) -> String {
    let mut all: Vec<&str> = study.environments.iter().map(|at| of(at).as_str()).collect();
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}

fn names(arms: &[ArmSummary]) -> String {
    arms.iter().map(|arm| format!("`{}`", arm.name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, records};
    use crate::{Design, Record};

    /// The sample again with every run of an arm better by so much.
    fn shifted(arm: &str, by: f64) -> Analysis {
        let mut records = records();
        for record in records.iter_mut().filter(|record| record.arm == arm) {
            *record.scores.get_mut("accuracy").unwrap() += by;
        }
        Analysis::of(&design(), &records).unwrap()
    }

    fn altered(change: impl Fn(&mut Design, &mut Vec<Record>)) -> Analysis {
        let (mut design, mut records) = (design(), records());
        change(&mut design, &mut records);
        Analysis::of(&design, &records).unwrap()
    }

    #[test]
    fn a_study_beside_itself_has_changed_in_nothing() {
        let one = shifted("max", 0.0);
        let both = SideBySide::of(&one, &one).unwrap();
        assert_eq!((both.differs.len(), both.arms.len(), both.effects.len()), (0, 7, 5));
        let same = |judgement: &Judgement| judgement.verdict.words() == "no meaningful difference";
        assert!(both.arms.iter().all(|arm| same(&arm.judgement) && arm.pairs.len() == 10));
        assert!(both.effects.iter().all(|effect| same(&effect.judgement)));
    }

    #[test]
    fn a_change_of_the_partner_changes_every_effect_the_other_way() {
        let both = SideBySide::of(&shifted("max", 0.0), &shifted("max", 0.02)).unwrap();
        let arm = |name: &str| both.arms.iter().find(|arm| arm.arm == name).unwrap();
        assert!((arm("max").judgement.mean.unwrap() - 0.02).abs() < 1e-12);
        assert_eq!(arm("max").judgement.verdict.words(), "helps");
        assert!(arm("avg").judgement.mean.unwrap().abs() < 1e-12);
        let effect = both.effects.iter().find(|effect| effect.arm == "none").unwrap();
        assert!((effect.judgement.mean.unwrap() + 0.02).abs() < 1e-12);
        assert_eq!(effect.judgement.verdict.words(), "hurts");
    }

    #[test]
    fn only_seeds_of_both_are_paired_and_the_smaller_margin_counts() {
        let few = altered(|design, records| {
            design.seeds = (7..=12).collect();
            design.margin = 0.002;
            records.retain(|record| record.seed >= 7);
        });
        let both = SideBySide::of(&shifted("max", 0.0), &few).unwrap();
        assert!((both.margin - 0.002).abs() < 1e-15);
        let seeds: Vec<u64> = both.arms[0].pairs.iter().map(|pair| pair.seed).collect();
        assert_eq!(seeds, [7, 8, 9, 10]);
        let what: Vec<&str> = both.differs.iter().map(|differs| differs.what.as_str()).collect();
        assert_eq!(what, ["margin", "seeds"]);
    }

    #[test]
    fn studies_that_cannot_be_compared_say_why() {
        let one = shifted("max", 0.0);
        let check = |other: &Analysis, expected: &str| {
            let error = SideBySide::of(&one, other).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        let f1 = altered(|design, records| {
            design.metric = "f1".to_owned();
            for record in records {
                record.scores.insert("f1".to_owned(), 0.5);
            }
        });
        check(&f1, "measures accuracy, the second f1");
        let renamed = altered(|design, records| {
            records.clear();
            let other = |name: &mut String| *name = format!("other-{name}");
            for arm in &mut design.arms {
                other(&mut arm.name);
                other(&mut arm.against);
            }
            other(&mut design.baseline);
            other(&mut design.questions.removed);
            design.questions.naive.iter_mut().for_each(other);
            design.questions.unpooled.iter_mut().for_each(other);
        });
        check(&renamed, "no arm has the same name");
        check(&altered(|_, records| records.clear()), "nothing is paired");
    }
}
