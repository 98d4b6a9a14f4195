//! The phrases that sentences of a report are made of; every number in them is computed.

use super::{Analysis, Comparison, Controls};
use crate::number::{self, duration, p_equals, plural, points, points_interval, ratio};
use crate::stats::Need;
use crate::verdict::{Size, Verdict};

/// How every verdict ends: it says nothing about other data.
pub(super) const SCOPE: &str = "on this data and budget";

/// What is measured on what: `test accuracy on fashion-mnist`.
pub(super) fn metric(analysis: &Analysis) -> String {
    format!("{} on {}", analysis.design.judged(), analysis.design.dataset.name)
}

/// The two arms: `` `none` against `max` ``.
pub(super) fn pair(comparison: &Comparison) -> String {
    format!("`{}` against `{}`", comparison.arm, comparison.against)
}

/// The margin: `±0.50 points`.
pub(super) fn margin(analysis: &Analysis) -> String {
    format!("±{:.2} points", 100.0 * analysis.design.margin)
}

/// The verdict in words, with its size.
pub(super) fn verdict(analysis: &Analysis, comparison: &Comparison) -> String {
    match comparison.judgement.verdict {
        Verdict::Helps { size } => format!("helps, {}", by(size)),
        Verdict::Hurts { size } => format!("hurts, {}", by(size)),
        Verdict::NoMeaningfulDifference { detectable: true } => {
            "no meaningful difference: detectable, but below the margin".to_owned()
        }
        Verdict::NoMeaningfulDifference { detectable: false } => {
            "no meaningful difference".to_owned()
        }
        Verdict::Undecided { need: need @ Need::OutOfReach { .. } } => {
            needed(analysis, comparison, need)
        }
        Verdict::Undecided { need } => format!("undecided, {}", needed(analysis, comparison, need)),
    }
}

/// The size of a difference: `by at least the margin`.
pub(super) fn by(size: Size) -> &'static str {
    match size {
        Size::AtLeastTheMargin => "by at least the margin",
        Size::MaybeLess => "maybe by less than the margin",
    }
}

/// What would decide an open question.
pub(super) fn needed(analysis: &Analysis, comparison: &Comparison, need: Need) -> String {
    match need {
        Need::About { more, total } => {
            let time = time_for(analysis, comparison, more);
            format!("needs about {} ({total} in all{time})", more_seeds(more))
        }
        Need::AtLeast { more, total } => {
            let time = time_for(analysis, comparison, more);
            format!("needs at least {} ({total} in all{time})", more_seeds(more))
        }
        Need::FirstLook { seeds } => {
            format!("waits for the first look, after {}", plural(seeds, "seed"))
        }
        Need::OutOfReach { smallest_margin } => format!(
            "cannot be decided at this margin with {} more seeds; the smallest decidable margin is about ±{:.2} points",
            Need::MOST,
            100.0 * smallest_margin
        ),
    }
}

/// How far a difference reaches, and how sure that is: everything a reader needs to disagree.
pub(super) fn evidence(analysis: &Analysis, comparison: &Comparison) -> String {
    let judgement = &comparison.judgement;
    let interval = judgement.interval.map_or_else(
        || "no 95 % interval from so few pairs".to_owned(),
        |interval| format!("95 % interval {}", points_interval(interval)),
    );
    let mut text = format!(
        "{}, {interval}, {}{}, margin {}",
        difference(analysis, comparison),
        p_equals(judgement.p),
        adjusted(analysis, comparison),
        margin(analysis)
    );
    if judgement.verdict == (Verdict::NoMeaningfulDifference { detectable: false }) {
        text.push_str("; ");
        text.push_str(&within(comparison));
    }
    text
}

/// The bare difference: `+0.81 points of test accuracy on … (10 paired seeds)`.
pub(super) fn difference(analysis: &Analysis, comparison: &Comparison) -> String {
    let judgement = &comparison.judgement;
    match judgement.mean {
        None => format!("no paired seed of {}", metric(analysis)),
        Some(mean) => format!(
            "{} points of {} ({})",
            points(mean),
            metric(analysis),
            plural(judgement.n, "paired seed")
        ),
    }
}

/// Why a difference counts as within the margin.
pub(super) fn within(comparison: &Comparison) -> String {
    let judgement = &comparison.judgement;
    let interval = number::or_dash(judgement.equivalence_interval, points_interval);
    format!(
        "its 90 % interval {interval} lies within the margin, {}",
        p_equals(judgement.equivalence_p)
    )
}

/// What the p values and intervals are adjusted for, and which look they are of.
pub(super) fn adjusted(analysis: &Analysis, comparison: &Comparison) -> String {
    let family = match analysis.comparisons.len() {
        1 => "the only comparison".to_owned(),
        n => format!("adjusted for {n} comparisons"),
    };
    match (analysis.looks.len(), comparison.judgement.look) {
        (0, _) => format!(" ({family})"),
        (_, 0) => " (before the first look)".to_owned(),
        (looks, look) => format!(" ({family}, look {look} of {looks})"),
    }
}

/// Which controls hold between the two arms; empty until both have run.
pub(super) fn controls(comparison: &Comparison) -> Option<String> {
    let (controls, costs) = (comparison.controls?, comparison.costs?);
    let Controls { same_parameters, same_macs, same_memory, fields, same_time } = controls;
    let size = |[rows, columns]: [u64; 2]| format!("{rows}x{columns}");
    let field = fields.map(|[one, other]| {
        let apart = format!("{} and {} pixels", size(one), size(other));
        (one == other, "receptive field", apart)
    });
    let seconds = costs.seconds.map(|seconds| ratio(seconds.ratio)).unwrap_or_default();
    let all = [
        Some((same_parameters, "parameters", ratio(costs.parameters))),
        Some((same_macs, "MACs", ratio(costs.macs))),
        field,
        Some((same_memory, "memory", ratio(costs.peak_bytes))),
        same_time.map(|same| (same, "time", seconds)),
    ];
    let (held, not): (Vec<_>, Vec<_>) = all.into_iter().flatten().partition(|&(same, ..)| same);
    let list =
        |names: Vec<String>| if names.is_empty() { "nothing".into() } else { names.join(", ") };
    let held = list(held.into_iter().map(|(_, name, _)| name.to_owned()).collect());
    let not = list(not.into_iter().map(|(_, name, how)| format!("{name} ({how})")).collect());
    Some(format!(
        "Held equal between `{}` and `{}`: {held}; not equal: {not}.",
        comparison.arm, comparison.against
    ))
}

/// Which pairs a comparison had to do without; `None` if it had them all.
fn lost(comparison: &Comparison) -> Option<String> {
    const SHOWN: usize = 4;
    let planned = comparison.planned;
    let missing = planned - comparison.pairs.len();
    if missing == 0 {
        return None;
    }
    let have = if missing == 1 { "has" } else { "have" };
    let of = format!("{missing} of {} of {}", plural(planned, "pair"), pair(comparison));
    if comparison.lost.is_empty() {
        return Some(format!("{of} {have} not run yet."));
    }
    let mut reasons = comparison.lost.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    if comparison.lost.len() > SHOWN {
        reasons.push(format!("{} more like these", comparison.lost.len() - SHOWN));
    }
    if comparison.waiting > 0 {
        let have = if comparison.waiting == 1 { "has" } else { "have" };
        reasons.push(format!("{} {have} not run yet", comparison.waiting));
    }
    let diverged = if comparison.diverged {
        " The difference is one between runs that finished: it does not show what diverging costs."
    } else {
        ""
    };
    Some(format!("{of} {have} no result: {}.{diverged}", reasons.join("; ")))
}

/// What limits a comparison: pairs it had to do without, and runs that learnt nothing.
pub(super) fn limits(analysis: &Analysis, comparison: &Comparison) -> Vec<String> {
    lost(comparison).into_iter().chain(stuck(analysis, comparison)).collect()
}

/// Which runs of the two arms are no better than guessing; `None` if none is.
fn stuck(analysis: &Analysis, comparison: &Comparison) -> Option<String> {
    let of = |arm: &str| {
        let runs = analysis.census.stuck.iter().filter(|run| run.arm == arm);
        let seeds: Vec<String> = runs.map(|run| run.seed.to_string()).collect();
        (!seeds.is_empty()).then(|| {
            let word = if seeds.len() == 1 { "seed" } else { "seeds" };
            format!("`{arm}` {word} {}", seeds.join(", "))
        })
    };
    let runs: Vec<String> =
        [&comparison.arm, &comparison.against].into_iter().filter_map(|arm| of(arm)).collect();
    (!runs.is_empty()).then(|| {
        format!(
            "No better than guessing after training: {}. These runs count, so the difference is partly one of training at all.",
            runs.join("; ")
        )
    })
}

/// Names in a row: `` `a`, `b` and `c` ``.
pub(super) fn names(arms: &[&Comparison]) -> String {
    let quoted: Vec<String> = arms.iter().map(|arm| format!("`{}`", arm.arm)).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn more_seeds(more: usize) -> String {
    format!("{more} more seed{}", if more == 1 { "" } else { "s" })
}

fn time_for(analysis: &Analysis, comparison: &Comparison, more: usize) -> String {
    let jobs = f64::from(analysis.jobs());
    comparison
        .pair_seconds
        .map_or_else(String::new, |seconds| format!(", {}", duration(more as f64 * seconds / jobs)))
}
