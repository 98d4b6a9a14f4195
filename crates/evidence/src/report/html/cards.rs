//! The verdicts at a glance: a card for each question and each comparison.

use std::fmt::Write;

use super::text::{plain, prose};
use crate::analysis::{Answer, Comparison, Question};
use crate::number::{or_dash, p_equals, points, points_interval, ratio};
use crate::report::svg::{Shown, interval_bar};
use crate::verdict::Verdict;
use crate::{Analysis, CostRatios};

/// A card for each of the four questions, then one for each comparison.
pub(super) fn verdicts(analysis: &Analysis) -> String {
    let mut html = "<div class=\"cards answers\">\n".to_owned();
    for (number, answer) in (1..).zip(&analysis.answers) {
        html.push_str(&question(analysis, number, answer));
    }
    html.push_str(
        "</div>\n<h3>Each arm against its partner</h3>\n<div class=\"cards comparisons\">\n",
    );
    for comparison in &analysis.comparisons {
        html.push_str(&compared(analysis, comparison));
    }
    let _ = write!(
        html,
        "</div>\n<p class=\"note\">Points of {}, arm minus partner, paired by seed; the band is the margin, ±{:.2} points, set before the runs: a smaller difference does not matter. Intervals and p are adjusted for all comparisons.</p>\n",
        plain(&analysis.design.judged()),
        100.0 * analysis.design.margin
    );
    html
}

/// How a verdict looks: a class of the style sheet, and a sign that does not need colour.
pub(super) fn look(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Helps { .. } => ("good", "▲"),
        Verdict::Hurts { .. } => ("bad", "▼"),
        Verdict::NoMeaningfulDifference { .. } => ("same", "≈"),
        Verdict::Undecided { .. } => ("open", "?"),
    }
}

fn question(analysis: &Analysis, number: usize, answer: &Answer) -> String {
    let mut html = format!(
        "<article class=\"card {}\">\n<h3>{number}. {}</h3>\n<p class=\"answer\">{}</p>\n",
        mood(analysis, answer),
        plain(answer.question),
        prose(&answer.answer)
    );
    if let Some(reason) = answer.because.first() {
        let _ = writeln!(html, "<p>{}</p>", prose(reason));
    }
    let more = answer.because.len().saturating_sub(1) + answer.caveats.len();
    if more > 0 {
        let _ = writeln!(
            html,
            "<p><a href=\"#answer-{number}\">All reasons{}</a></p>",
            if answer.caveats.is_empty() { "" } else { ", and what limits them" }
        );
    }
    html.push_str("</article>\n");
    html
}

/// The look of an answer: that of the verdict it is, where it is one.
fn mood(analysis: &Analysis, answer: &Answer) -> &'static str {
    let removed = analysis.comparison(&analysis.design.questions.removed);
    match (answer.id, removed) {
        (Question::Accuracy, Some(removed)) => look(&removed.judgement.verdict).0,
        _ if answer.is_open() => "open",
        _ => "",
    }
}

fn compared(analysis: &Analysis, comparison: &Comparison) -> String {
    let judgement = &comparison.judgement;
    let (class, sign) = look(&judgement.verdict);
    let shown = Shown {
        margin: analysis.design.margin,
        reach: reach(analysis),
        mean: judgement.mean,
        interval: judgement.interval,
    };
    let mut html = format!(
        "<article class=\"card {class}\">\n<h3><code>{}</code> − <code>{}</code></h3>\n<p class=\"size\">{} <small>points</small></p>\n{}<p class=\"chip\">{sign} {}</p>\n<p>95 % interval <span class=\"whole\">{},</span> <span class=\"whole\">{};</span> <span class=\"whole\">{} of {} pairs</span></p>\n",
        plain(&comparison.arm),
        plain(&comparison.against),
        or_dash(judgement.mean, points),
        interval_bar(&shown),
        judgement.verdict.words(),
        or_dash(judgement.interval, points_interval),
        p_equals(judgement.p),
        judgement.n,
        comparison.planned
    );
    if let Some(costs) = &comparison.costs {
        let _ = writeln!(html, "<p>{}</p>", cost_words(costs));
    }
    html.push_str("</article>\n");
    html
}

fn cost_words(costs: &CostRatios) -> String {
    let time = costs.seconds.map(|seconds| (seconds.ratio, "time"));
    let exact =
        [(costs.macs, "MACs"), (costs.peak_bytes, "memory"), (costs.parameters, "parameters")];
    let whole = |(times, what)| format!("<span class=\"whole\">{} {what}</span>", ratio(times));
    time.into_iter().chain(exact).map(whole).collect::<Vec<_>>().join(", ")
}

/// How far the intervals of all comparisons reach from zero, so that all cards have one scale.
fn reach(analysis: &Analysis) -> f64 {
    let ends = analysis.comparisons.iter().flat_map(|comparison| {
        let judgement = &comparison.judgement;
        let interval = judgement.interval.map_or([0.0; 2], |i| [i.low, i.high]);
        [interval[0], interval[1], judgement.mean.unwrap_or(0.0)]
    });
    ends.map(f64::abs).fold(1.5 * analysis.design.margin, f64::max)
}
