//! The section on what was measured of the networks besides their score.

use std::fmt::Write;

use super::markdown::{cell, table};
use crate::analysis::{Analysis, MeasureComparison, Measured};
use crate::number::{or_dash, p_value};
use crate::stats::Interval;
use crate::verdict::ALPHA;

/// Two tables, or nothing where the study takes no measures.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    if analysis.measures.is_empty() {
        return None;
    }
    let mut text = format!("## Measures of the networks\n\n{MEANS}:\n\n");
    let arms = analysis.design.arms.iter().map(|arm| format!("`{}`", cell(&arm.name)));
    let heads: Vec<String> =
        ["measure".to_owned(), "unit".to_owned()].into_iter().chain(arms).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    table(&mut text, &heads, &analysis.measures, |measured: &Measured| {
        let means = measured.arms.iter().map(|arm| or_dash(arm.mean, plain));
        let note = &measured.note;
        let first = [format!("`{}`: {}", cell(&note.name), cell(&note.about)), cell(&note.unit)];
        first.into_iter().chain(means).collect()
    });
    let _ = write!(text, "\n{READING}\n\n");
    table(&mut text, &HEADS, &pairs(analysis), |(measured, comparison)| {
        let name = cell(&measured.note.name);
        let (arm, against) = (cell(&comparison.arm), cell(&comparison.against));
        let mut row = vec![format!("`{name}`"), format!("`{arm}` − `{against}`")];
        row.extend(numbers(comparison));
        row.push(expectation(measured).to_owned());
        row.push(reading(measured, comparison).to_owned());
        row
    });
    Some(text)
}

/// What the first table shows.
pub(super) const MEANS: &str = "Mean over runs";

/// The columns of the second table.
pub(super) const HEADS: [&str; 8] = [
    "measure",
    "arm against partner",
    "pairs",
    "difference",
    "95 % interval",
    "p (Holm)",
    "expected without pooling",
    "against the article",
];

/// How the second table is to be read.
pub(super) const READING: &str = "Differences are paired by seed. The interval is BCa from eight pairs on and Student's below, unadjusted; p is of sign flips, adjusted for the arms of its measure. What is expected is what the article says of a network without pooling; a difference of another arm is read the same way. Measures whose p is above 0.05 are undecided. Networks without pools have other sizes, fields and grids, so a measure tells what an arm does, not that pooling is its cause.";

/// Every comparison of every measure.
pub(super) fn pairs(analysis: &Analysis) -> Vec<(&Measured, &MeasureComparison)> {
    let mut pairs = Vec::new();
    for measured in &analysis.measures {
        pairs.extend(measured.comparisons.iter().map(|comparison| (measured, comparison)));
    }
    pairs
}

/// Pairs, difference, interval and p of a comparison.
pub(super) fn numbers(comparison: &MeasureComparison) -> [String; 4] {
    [
        comparison.pairs.to_string(),
        or_dash(comparison.mean, signed),
        or_dash(comparison.interval, |Interval { low, high }| {
            format!("[{}, {}]", signed(low), signed(high))
        }),
        or_dash(comparison.adjusted_p, |p| p_value(p, ALPHA)),
    ]
}

/// What the article expects, in a word.
pub(super) fn expectation(measured: &Measured) -> &'static str {
    measured.note.expects.as_ref().map_or("–", |expects| expects.without_pooling.word())
}

/// What a comparison says to the article, in a word.
pub(super) fn reading(measured: &Measured, comparison: &MeasureComparison) -> &'static str {
    match (&measured.note.expects, measured.agrees(comparison)) {
        (None, _) => "–",
        (_, Some(true)) => "agrees",
        (_, Some(false)) => "contradicts",
        (_, None) => "undecided",
    }
}

/// A number with three decimals.
pub(super) fn plain(value: f64) -> String {
    format!("{value:.3}").replace('-', "−")
}

/// The same with its sign.
pub(super) fn signed(value: f64) -> String {
    format!("{value:+.3}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use crate::report::html::html;
    use crate::report::markdown;
    use crate::sample::{design, record};
    use crate::{Analysis, Design, Direction, Expectation, MeasureNote};

    #[test]
    fn the_section_has_the_mean_of_every_arm_and_the_difference_of_every_pair() {
        let expects =
            Some(Expectation { claim: "C6".to_owned(), without_pooling: Direction::Lower });
        let note = MeasureNote {
            name: "focus".to_owned(),
            about: "evidence in the object".to_owned(),
            unit: "share".to_owned(),
            expects,
            curve: None,
        };
        let design = Design { measures: vec![note], ..design() };
        let run = |arm: &str, seed: u64, focus: f64| {
            let mut record = record(arm, seed, 0.9);
            record.measures.insert("focus".to_owned(), focus);
            record
        };
        let records =
            [run("max", 1, 0.5), run("max", 2, 0.75), run("none", 1, 0.25), run("none", 2, 0.375)];
        let analysis = Analysis::of(&design, &records).unwrap();
        let text = markdown(&analysis);
        for line in [
            "| `focus`: evidence in the object | share | 0.625 | – | – | – | 0.312 | – | – |",
            "| `focus` | `none` − `max` | 2 | −0.312 | [−1.107, +0.482] | 1.000 | lower | undecided |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let page = html(&analysis, &records);
        assert!(page.contains("<h2 id=\"measures\">") && page.contains(">undecided<"), "{page}");
        let without = Analysis::of(&crate::sample::design(), &records).unwrap();
        assert!(!markdown(&without).contains("Measures of the networks"));
    }
}
