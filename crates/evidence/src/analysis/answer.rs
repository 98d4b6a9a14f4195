//! The four questions, and the rules that turn comparisons into answers.

use serde::Serialize;

use super::without::without;
use super::wording::{self, SCOPE};
use super::{Analysis, Comparison};
use crate::number::{p_equals_at, points_interval, ratio};
use crate::stats::Need;
use crate::verdict::{ALPHA, Size, Verdict};

/// One of the four questions of the article that cenote puts to the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Does removing max pooling affect accuracy?
    Accuracy,
    /// Is pooling necessary?
    Necessary,
    /// What happens without it?
    Without,
    /// Does removing it improve results?
    Improves,
}

/// The answer where the runs so far do not tell.
pub(super) const UNDECIDED: &str = "Undecided";

/// An answer, generated from the statistics by rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The question.
    pub id: Question,
    /// The question in words.
    pub question: &'static str,
    /// The answer in a few words.
    pub answer: String,
    /// Sentences that support it: the verdict with its numbers first, then what was held equal.
    pub because: Vec<String>,
    /// What limits it: lost pairs, confounds, times that cannot be trusted.
    pub caveats: Vec<String>,
}

impl Answer {
    /// Whether the runs so far do not tell.
    pub fn is_open(&self) -> bool {
        self.answer == UNDECIDED
    }
}

impl Question {
    /// All four, in the order of the reports.
    pub const ALL: [Self; 4] = [Self::Accuracy, Self::Necessary, Self::Without, Self::Improves];

    /// The question in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Accuracy => "Does removing max pooling affect accuracy?",
            Self::Necessary => "Is pooling necessary?",
            Self::Without => "What happens without it?",
            Self::Improves => "Does removing it improve results?",
        }
    }

    pub(super) fn answer(self, analysis: &Analysis) -> Answer {
        let mut parts = Parts::default();
        let answer = match self {
            Self::Accuracy => accuracy(analysis, &mut parts),
            Self::Necessary => necessary(analysis, &mut parts),
            Self::Without => without(analysis, &mut parts),
            Self::Improves => improves(analysis, &mut parts),
        };
        Answer {
            id: self,
            question: self.words(),
            answer,
            because: parts.because,
            caveats: parts.caveats,
        }
    }
}

/// The sentences of an answer while it is made.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) because: Vec<String>,
    pub(super) caveats: Vec<String>,
}

fn accuracy(analysis: &Analysis, parts: &mut Parts) -> String {
    let removed = removed(analysis);
    let answer = match removed.judgement.verdict {
        Verdict::Helps { .. } => "Yes, it helps",
        Verdict::Hurts { .. } => "Yes, it hurts",
        Verdict::NoMeaningfulDifference { .. } => "No meaningful difference",
        Verdict::Undecided { .. } => UNDECIDED,
    };
    let naive = naive(analysis);
    parts.because.push(judged(analysis, removed));
    parts.because.extend(naive.map(|naive| {
        format!("Deleting the pools and adapting nothing: {}", judged(analysis, naive))
    }));
    for comparison in std::iter::once(removed).chain(naive) {
        parts.because.extend(wording::controls(comparison));
        parts.caveats.extend(wording::limits(analysis, comparison));
    }
    parts.caveats.extend(naive.and_then(confounded));
    answer.to_owned()
}

/// "Not necessary" takes one arm without pooling that is as good; "needed" takes all of them worse
/// by more than the margin.
fn necessary(analysis: &Analysis, parts: &mut Parts) -> String {
    let unpooled: Vec<&Comparison> = analysis
        .design
        .questions
        .unpooled
        .iter()
        .filter_map(|arm| analysis.comparison(arm))
        .collect();
    let with = |wanted: fn(&Verdict) -> bool| -> Vec<&Comparison> {
        unpooled.iter().copied().filter(|arm| wanted(&arm.judgement.verdict)).collect()
    };
    let as_good = with(|verdict| {
        matches!(verdict, Verdict::Helps { .. } | Verdict::NoMeaningfulDifference { .. })
    });
    let worse = with(|verdict| matches!(verdict, Verdict::Hurts { size: Size::AtLeastTheMargin }));
    let open = with(|verdict| {
        matches!(verdict, Verdict::Undecided { .. } | Verdict::Hurts { size: Size::MaybeLess })
    });

    let (answer, summary, quoted) = if unpooled.is_empty() {
        let reason = format!("The study has no arm without pooling, so it cannot say, {SCOPE}.");
        parts.because.push(reason);
        return "Not asked".to_owned();
    } else if !as_good.is_empty() {
        let (verb, is) = if as_good.len() == 1 { ("does", "is") } else { ("do", "are") };
        let summary = format!(
            "{} {verb} without pooling and {is} as good or better within the margin, {SCOPE}.",
            wording::names(&as_good)
        );
        ("Not necessary here", summary, &as_good)
    } else if worse.len() == unpooled.len() {
        let summary = format!(
            "Every arm without pooling ({}) is worse by more than the margin, {SCOPE}.",
            wording::names(&worse)
        );
        ("Needed here", summary, &worse)
    } else {
        let summary = format!(
            "No arm without pooling is shown to be as good, and {} not shown to be worse by the margin{}, {SCOPE}.",
            if open.len() == 1 {
                format!("{} is", wording::names(&open))
            } else {
                format!("{} are", wording::names(&open))
            },
            cheapest(analysis, &open)
        );
        (UNDECIDED, summary, &open)
    };
    parts.because.push(summary);
    parts.because.extend(quoted.iter().map(|arm| judged(analysis, arm)));
    parts.because.extend(quoted.iter().filter_map(|arm| wording::controls(arm)));
    parts.caveats.extend(quoted.iter().flat_map(|arm| wording::limits(analysis, arm)));
    answer.to_owned()
}

/// The arm that the fewest seeds would decide, as the end of a sentence.
fn cheapest(analysis: &Analysis, open: &[&Comparison]) -> String {
    let more = |arm: &Comparison| match arm.judgement.verdict {
        Verdict::Undecided { need } => match need {
            Need::About { more, .. } | Need::AtLeast { more, .. } => Some((more, need)),
            Need::FirstLook { .. } | Need::OutOfReach { .. } => None,
        },
        _ => None,
    };
    let best = open
        .iter()
        .filter_map(|&arm| more(arm).map(|(more, need)| (more, need, arm)))
        .min_by_key(|&(more, ..)| more);
    best.map_or_else(String::new, |(_, need, arm)| {
        format!("; `{}` {}", arm.arm, wording::needed(analysis, arm, need))
    })
}

fn improves(analysis: &Analysis, parts: &mut Parts) -> String {
    let removed = removed(analysis);
    let judgement = &removed.judgement;
    let better = judgement.mean.is_some_and(|mean| mean > 0.0);
    let answer = match judgement.verdict {
        Verdict::Helps { size: Size::AtLeastTheMargin } => "Yes, by at least the margin",
        Verdict::Helps { size: Size::MaybeLess } => "Yes, but maybe by less than the margin",
        Verdict::NoMeaningfulDifference { detectable: true } if better => {
            "Only by less than the margin"
        }
        Verdict::NoMeaningfulDifference { .. } | Verdict::Hurts { .. } => "No",
        Verdict::Undecided { .. } if judgement.below_margin => "No, not by the margin",
        Verdict::Undecided { .. } => UNDECIDED,
    };
    let need = match judgement.verdict {
        Verdict::Undecided { need } if !judgement.below_margin => {
            format!("; {}", wording::needed(analysis, removed, need))
        }
        _ => String::new(),
    };
    let interval = judgement.interval.map_or_else(String::new, |interval| {
        format!(", 95 % interval {}", points_interval(interval))
    });
    let within = match judgement.verdict {
        Verdict::NoMeaningfulDifference { detectable: false } => {
            format!("; {}", wording::within(removed))
        }
        _ => String::new(),
    };
    let sentence = format!(
        "{}: {}{interval}, one-sided {} judged at {}{}, margin {}{within}{need}, {SCOPE}.",
        wording::pair(removed),
        wording::difference(analysis, removed),
        p_equals_at(judgement.better_p, ALPHA / 2.0),
        ALPHA / 2.0,
        wording::adjusted(analysis, removed),
        wording::margin(analysis),
    );
    parts.because.push(sentence);
    parts.because.extend(wording::controls(removed));
    parts.caveats.extend(wording::limits(analysis, removed));
    answer.to_owned()
}

/// The verdict sentence of a comparison: words, numbers, scope.
pub(super) fn judged(analysis: &Analysis, comparison: &Comparison) -> String {
    format!(
        "{}: {}; {}, {SCOPE}.",
        wording::pair(comparison),
        wording::verdict(analysis, comparison),
        wording::evidence(analysis, comparison)
    )
}

/// A warning where an arm differs from its partner in more than the pools.
pub(super) fn confounded(comparison: &Comparison) -> Option<String> {
    let costs =
        comparison.costs.filter(|_| !comparison.controls.is_some_and(|c| c.same_parameters))?;
    Some(format!(
        "{} is confounded with the number of parameters ({}): its difference is not one of pooling alone.",
        wording::pair(comparison),
        ratio(costs.parameters)
    ))
}

pub(super) fn removed(analysis: &Analysis) -> &Comparison {
    analysis
        .comparison(&analysis.design.questions.removed)
        .expect("a checked design compares the removed arm with another one")
}

pub(super) fn naive(analysis: &Analysis) -> Option<&Comparison> {
    analysis.comparison(analysis.design.questions.naive.as_ref()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Outcome, Record};
    use crate::sample::{design, record};

    /// The study with the given mean differences, in points, of `none`, `strided`, `decimate` and
    /// `none-flatten`; ten seeds with a spread of `sd` points.
    fn study(differences: [f64; 4], sd: f64) -> Vec<Record> {
        let mut records = Vec::new();
        let arms = ["none", "strided", "decimate", "none-flatten"];
        for seed in 1..=10u64 {
            let wave = (seed as f64 - 5.5) / 3.03; // mean 0, standard deviation 1
            for arm in ["max", "avg", "max-flatten"] {
                records.push(record(arm, seed, 0.87));
            }
            for (arm, difference) in arms.into_iter().zip(differences) {
                records.push(record(arm, seed, 0.87 + (difference + sd * wave) / 100.0));
            }
        }
        records
    }

    fn answers(records: &[Record]) -> Vec<Answer> {
        Analysis::of(&design(), records).unwrap().answers
    }

    /// The answer in a few words to one question.
    fn short(question: Question, records: &[Record]) -> String {
        let answers = answers(records);
        answers.into_iter().find(|answer| answer.id == question).unwrap().answer
    }

    #[test]
    fn accuracy_follows_the_verdict_of_the_removed_arm() {
        let check = |difference: f64, sd: f64, expected: &str| {
            let records = study([difference, 0.0, 0.0, 0.0], sd);
            assert_eq!(short(Question::Accuracy, &records), expected, "{difference} ± {sd}");
        };
        check(1.0, 0.2, "Yes, it helps");
        check(-1.0, 0.2, "Yes, it hurts");
        check(0.0, 0.2, "No meaningful difference");
        check(0.2, 0.1, "No meaningful difference");
        check(0.3, 2.0, "Undecided");
    }

    #[test]
    fn improvement_is_yes_only_above_zero_and_no_where_the_margin_is_excluded() {
        let check = |difference: f64, sd: f64, expected: &str| {
            let records = study([difference, 0.0, 0.0, 0.0], sd);
            assert_eq!(short(Question::Improves, &records), expected, "{difference} ± {sd}");
        };
        check(1.0, 0.2, "Yes, by at least the margin");
        check(0.5, 0.2, "Yes, but maybe by less than the margin");
        check(0.2, 0.05, "Only by less than the margin");
        check(0.0, 0.2, "No");
        check(-0.2, 0.05, "No");
        check(-1.0, 0.2, "No");
        check(-0.5, 0.8, "No, not by the margin");
        check(0.3, 2.0, "Undecided");
    }

    #[test]
    fn one_arm_as_good_makes_pooling_unnecessary_here() {
        let records = study([-2.0, -2.0, 0.0, 0.0], 0.2);
        let answer = &answers(&records)[1];
        assert_eq!(answer.answer, "Not necessary here");
        assert!(answer.because[0].starts_with("`decimate` does without pooling and is as good"));
    }

    #[test]
    fn pooling_is_needed_only_if_every_arm_without_it_is_worse_by_the_margin() {
        assert_eq!(short(Question::Necessary, &study([-2.0, -2.0, -2.0, 0.0], 0.2)), "Needed here");
        let one_open = study([-2.0, -2.0, -0.5, 0.0], 0.2);
        assert_eq!(short(Question::Necessary, &one_open), "Undecided");
    }

    #[test]
    fn an_open_necessity_says_what_would_decide_it() {
        let answer = &answers(&study([0.1, -2.0, -2.0, 0.0], 0.6))[1];
        assert_eq!(answer.answer, "Undecided");
        assert!(answer.because[0].contains("`none` needs about "), "{}", answer.because[0]);
        assert!(answer.because[0].contains(" more seeds ("), "{}", answer.because[0]);
        assert!(answer.because[0].contains(" minute"), "{}", answer.because[0]);
    }

    #[test]
    fn every_verdict_sentence_names_what_a_reader_needs() {
        for records in [study([1.0, 0.0, 0.0, -1.0], 0.2), study([0.3, 0.3, 0.3, 0.3], 2.0)] {
            for answer in answers(&records) {
                let sentence = match answer.id {
                    Question::Necessary => &answer.because[1],
                    _ => &answer.because[0],
                };
                for part in [
                    "accuracy",
                    "fashion-mnist-10k",
                    "10 paired seeds",
                    "95 % interval [",
                    "p = ",
                    "adjusted for 5",
                    "±0.50 points",
                ] {
                    assert!(sentence.contains(part), "no {part} in: {sentence}");
                }
                assert!(sentence.ends_with("on this data and budget."), "{sentence}");
            }
        }
    }

    #[test]
    fn the_naive_pair_is_called_confounded_because_its_parameters_differ() {
        let answer = &answers(&study([0.0; 4], 0.2))[0];
        let controls = "Held equal between `none` and `max`: parameters; not equal: MACs (×7.72), \
                        receptive field (5x5 and 8x8 pixels), memory (×2.50), time (×5.91).";
        assert!(answer.because.iter().any(|sentence| sentence == controls), "{answer:?}");
        assert!(answer.caveats.iter().any(|c| c.contains("confounded") && c.contains("×14.13")));
        assert_eq!(answer.caveats.len(), 1, "the removed arm has the parameters of its partner");
    }

    #[test]
    fn costs_are_ratios_to_the_partner() {
        let answer = short(Question::Without, &study([0.0; 4], 0.2));
        assert!(answer.starts_with("Slower (×5.9"), "{answer}");
        assert!(answer.contains("×7.72 MACs, ×2.50 memory, ×1.00 parameters"), "{answer}");
    }

    #[test]
    fn uneven_times_get_no_verdict() {
        let mut records = study([0.0; 4], 0.2);
        for record in records.iter_mut().filter(|record| record.arm == "none") {
            let factor = if record.seed % 2 == 0 { 0.7 } else { 1.4 };
            record.times.epoch_seconds.iter_mut().for_each(|seconds| *seconds *= factor);
        }
        let answer = &answers(&records)[2];
        assert!(answer.answer.starts_with("Time undecided, ×7.72 MACs"), "{}", answer.answer);
        assert!(answer.caveats.iter().any(|c| c.contains("vary too much")), "{answer:?}");
    }

    #[test]
    fn an_arm_that_failed_throughout_leaves_its_question_open_with_the_reason() {
        let mut records = study([0.0; 4], 0.2);
        for record in records.iter_mut().filter(|record| record.arm == "none") {
            record.outcome = Outcome::Failed { message: "out of memory".to_owned() };
        }
        let analysis = Analysis::of(&design(), &records).unwrap();
        assert_eq!((analysis.census.done, analysis.census.failed), (60, 10));
        assert_eq!(analysis.answers[0].answer, "Undecided");
        assert!(analysis.answers[0].because[0].contains("no paired seed"));
        assert!(analysis.answers[0].caveats[0].contains("`none` seed 1 failed: out of memory"));
        assert_eq!(
            (&*analysis.answers[2].answer, &*analysis.answers[3].answer),
            ("Undecided", "Undecided")
        );
    }

    #[test]
    fn a_diverged_run_is_a_caveat_of_every_answer_it_touches() {
        let mut records = study([0.0; 4], 0.2);
        let run = records.iter_mut().find(|r| r.arm == "none" && r.seed == 3).unwrap();
        run.outcome = Outcome::Diverged { epoch: 2 };
        for index in [0, 1, 3] {
            let caveats = &answers(&records)[index].caveats;
            let told = |c: &String| {
                c.contains("`none` seed 3 diverged in epoch 2")
                    && c.contains("what diverging costs")
            };
            assert!(caveats.iter().any(told), "{caveats:?}");
        }
    }
}
