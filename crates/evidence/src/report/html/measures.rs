//! What was measured of the networks besides their score.

use super::figures::curves;
use super::table::{Cell, Table};
use super::text::prose;
use crate::number::{or_dash, plural};
use crate::report::measures::{HEADS, MEANS, READING, expectation, numbers, pairs, plain, reading};
use crate::{Analysis, MeasureComparison, Measured};

/// Empty where the study takes no measures.
pub(super) fn measures(analysis: &Analysis) -> String {
    if analysis.measures.is_empty() {
        return String::new();
    }
    let arms = analysis.design.arms.iter().map(|arm| arm.name.as_str());
    let heads: Vec<&str> = ["measure", "what", "unit"].into_iter().chain(arms).collect();
    let mut means = Table::new(MEANS, &heads);
    for measured in &analysis.measures {
        let note = &measured.note;
        let first = [Cell::code(&note.name), Cell::text(&note.about), Cell::text(&note.unit)];
        let of_arms =
            measured.arms.iter().map(|arm| Cell::value(arm.mean, &or_dash(arm.mean, plain)));
        means.row(first.into_iter().chain(of_arms).collect());
    }
    let (told, untold): (Vec<_>, Vec<_>) =
        pairs(analysis).into_iter().partition(|(measured, _)| measured.note.expects.is_some());
    let told = differences("Differences of which the article says something", &told);
    // What decides nothing is there for whoever asks.
    let untold = match untold.len() {
        0 => String::new(),
        count => format!(
            "<details>\n<summary>{} of which the article says nothing</summary>\n{}</details>\n",
            plural(count, "difference"),
            differences("Differences of which the article says nothing", &untold)
        ),
    };
    format!(
        "{}{}{told}{untold}<p class=\"note\">{}</p>\n",
        curves(analysis),
        means.html(),
        prose(READING)
    )
}

/// A line for each comparison; empty where there are none.
fn differences(caption: &'static str, pairs: &[(&Measured, &MeasureComparison)]) -> String {
    let mut table = Table::new(caption, &HEADS);
    for (measured, comparison) in pairs {
        let [count, mean, interval, p] = numbers(comparison);
        table.row(vec![
            Cell::code(&measured.note.name),
            Cell::text(&format!("{} − {}", comparison.arm, comparison.against)),
            Cell::value(Some(comparison.pairs as f64), &count),
            Cell::value(comparison.mean, &mean),
            Cell::value(comparison.interval.map(|interval| interval.low), &interval),
            Cell::value(comparison.adjusted_p, &p),
            Cell::text(expectation(measured)),
            Cell::text(reading(measured, comparison)),
        ]);
    }
    if pairs.is_empty() { String::new() } else { table.html() }
}
