//! Scores beside the one that decides.

use std::fmt::Write;

use super::cards::look;
use super::table::{Cell, Table};
use super::text::prose;
use crate::Analysis;
use crate::number::{or_dash, percent};
use crate::report::other_scores::{HEADS, MEANS, lost, numbers, pairs, reading};

/// Empty where the study judges by one score.
pub(super) fn other_scores(analysis: &Analysis) -> String {
    if analysis.other_scores.is_empty() {
        return String::new();
    }
    let arms = analysis.design.arms.iter().map(|arm| arm.name.as_str());
    let heads: Vec<&str> = std::iter::once("score").chain(arms).collect();
    let mut means = Table::new(MEANS, &heads);
    for score in &analysis.other_scores {
        let of_arms =
            score.arms.iter().map(|arm| Cell::value(arm.mean, &or_dash(arm.mean, percent)));
        means.row(std::iter::once(Cell::code(&score.note.metric)).chain(of_arms).collect());
    }
    let mut differences = Table::new("Every comparison, adjusted for all by its score", &HEADS);
    for (score, comparison) in pairs(analysis) {
        let judgement = &comparison.judgement;
        let (class, sign) = look(&judgement.verdict);
        let [count, mean, interval, p, within] = numbers(comparison);
        differences.row(vec![
            Cell::code(&score.note.metric),
            Cell::text(&format!("{} − {}", comparison.arm, comparison.against)),
            Cell::value(Some(judgement.n as f64), &count),
            Cell::value(judgement.mean, &mean),
            Cell::value(judgement.interval.map(|interval| interval.low), &interval),
            Cell::value(Some(judgement.p), &p),
            Cell::value(Some(judgement.equivalence_p), &within),
            Cell::text(&format!("{sign} {}", judgement.verdict.words())).class(class),
        ]);
    }
    let mut html = means.html() + &differences.html();
    for note in std::iter::once(reading(analysis)).chain(lost(analysis)) {
        let _ = writeln!(html, "<p class=\"note\">{}</p>", prose(&note));
    }
    html
}
