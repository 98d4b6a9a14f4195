//! What was measured of the networks besides their score.

use super::figures::curves;
use super::table::{Cell, Table};
use super::text::prose;
use crate::Analysis;
use crate::number::or_dash;
use crate::report::measures::{HEADS, MEANS, READING, expectation, numbers, pairs, plain, reading};

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
    let mut differences = Table::new("Differences between arm and partner", &HEADS);
    for (measured, comparison) in pairs(analysis) {
        let [count, mean, interval, p] = numbers(comparison);
        differences.row(vec![
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
    format!(
        "{}{}{}<p class=\"note\">{}</p>\n",
        curves(analysis),
        means.html(),
        differences.html(),
        prose(READING)
    )
}
