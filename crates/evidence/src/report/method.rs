//! How a study was measured: what every form of the report says of it.

use crate::number::{grouped, plural};
use crate::{Analysis, LookSummary};

/// A term and what is said of it, a sentence whose names stand between backticks.
pub(super) struct Fact {
    pub(super) term: &'static str,
    pub(super) text: String,
}

/// Everything the records say of how they were made; a term may stand several times in a row.
pub(super) fn facts(analysis: &Analysis) -> Vec<Fact> {
    let (design, census) = (&analysis.design, &analysis.census);
    let data = &design.dataset;
    let mut facts = Vec::new();
    let mut add = |term, text| facts.push(Fact { term, text });
    add(
        "Data",
        format!(
            "{}, {} training, {} validation and {} test images, checksum `{}`",
            data.name,
            grouped(data.train),
            grouped(data.validation),
            grouped(data.test),
            data.checksum
        ),
    );
    if let Some(division) = &data.division {
        add("Validation", format!("{division}; the test part is never divided"));
    }
    if let Some(range) = &analysis.scaling {
        let (least, most) = (&range.least, &range.most);
        let mean = channels(&least.mean, &most.mean);
        let deviation = channels(&least.deviation, &most.deviation);
        let text = format!(
            "mean {mean}, deviation {deviation} per channel of pixels in 0 to 1, measured on the images trained on alone"
        );
        add("Scaling", text);
    }
    add("Budget", design.budget.clone());
    let seeds = seeds(&design.seeds);
    add(
        "Seeds",
        format!(
            "{seeds}; a seed fixes initial weights, data order and every other draw, and is shared by all arms"
        ),
    );
    let margin = 100.0 * design.margin;
    add(
        "Metric",
        format!(
            "{} on the {} images, margin ±{margin:.2} points, set before the runs",
            design.metric.strip_prefix("validation_").unwrap_or(&design.metric),
            if design.metric.starts_with("validation_") { "validation" } else { "test" },
        ),
    );
    add("Plan", format!("`{}`", design.plan));
    add("Test", "sign flips of paired differences (exact up to 16 pairs), intervals by inverting it, equivalence by two one-sided tests, Holm over all comparisons".to_owned());
    add("Scope", "the intervals are over seeds, for this test set; they say nothing about other images or data".to_owned());
    add("Looks", match analysis.looks.len() {
        0 => "one, at the planned seeds; adding seeds because an answer is open makes false claims likelier than stated".to_owned(),
        n => format!("{n} planned beforehand, the error spent over them after Lan and DeMets in the manner of O'Brien and Fleming; a comparison is judged by the look that decides it"),
    });
    for look in &analysis.looks {
        add("Looks", look_words(look));
    }
    add(
        "Census",
        format!(
            "{} planned = {} done + {} diverged + {} failed + {} missing",
            census.planned, census.done, census.diverged, census.failed, census.missing
        ),
    );
    if census.spared > 0 {
        let runs = plural(census.spared, "run");
        add("Spared", format!("{runs} of later looks, since all they could tell was decided"));
    }
    if census.outside > 0 {
        let records = plural(census.outside, "record");
        add("Not counted", format!("{records} of other arms, seeds or plans"));
    }
    for (term, troubles) in [("Not done", &census.trouble), ("At chance", &census.stuck)] {
        for trouble in troubles {
            add(term, format!("`{}` seed {}: {}", trouble.arm, trouble.seed, trouble.what));
        }
    }
    for at in &analysis.environments {
        let (threads, runs) =
            (plural(at.threads as usize, "thread"), plural(at.jobs as usize, "run"));
        add("Hardware", format!("{}, {}; {threads} per run, {runs} at a time", at.cpu, at.os));
        add("Version", format!("cenote {}, code `{}`", at.cenote, at.code));
        let command = if at.command.is_empty() {
            "not recorded; the version that made these runs did not say".to_owned()
        } else {
            format!("`{}`", at.command)
        };
        add("Command", command);
    }
    facts
}

/// When a study with planned looks was judged, and what that look could claim.
fn look_words(look: &LookSummary) -> String {
    let decided: Vec<String> = look.decided.iter().map(|arm| format!("`{arm}`")).collect();
    let outcome = match (look.taken, decided.is_empty()) {
        (false, _) => "not taken".to_owned(),
        (true, true) => "decided nothing".to_owned(),
        (true, false) => format!("decided {}", decided.join(", ")),
    };
    format!(
        "after {}: a single comparison judged at {:.5}, {:.1} % of its error spent by then; {outcome}",
        plural(look.seeds, "seed"),
        look.level,
        100.0 * look.spent
    )
}

/// Seeds as a range where they are one: `1 to 10`.
fn seeds(seeds: &[u64]) -> String {
    let mut sorted = seeds.to_vec();
    sorted.sort_unstable();
    match sorted[..] {
        [first, .., last] if last - first == sorted.len() as u64 - 1 => {
            format!("{first} to {last}")
        }
        _ => sorted.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// A value per channel, or a range where runs differ: `0.2860`, `0.4915 to 0.4923`.
fn channels(least: &[f64], most: &[f64]) -> String {
    let shown = least.iter().zip(most).map(|(least, most)| {
        match (format!("{least:.4}"), format!("{most:.4}")) {
            (least, most) if least == most => least,
            (least, most) => format!("{least} to {most}"),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The first sentence: how large the study is, and how far.
pub(super) fn extent(analysis: &Analysis) -> String {
    let (design, census) = (&analysis.design, &analysis.census);
    format!(
        "Study `{}`: {} and {}{} on {}, {}; {} of {} runs done.",
        design.name,
        plural(design.arms.len(), "arm"),
        if design.looks.is_empty() { "" } else { "at most " },
        plural(design.seeds.len(), "seed"),
        design.dataset.name,
        design.budget,
        census.done,
        census.planned
    )
}

/// What is missing, where something is.
pub(super) fn missing(analysis: &Analysis) -> Option<String> {
    let census = &analysis.census;
    (census.done < census.planned).then(|| {
        format!(
            "{} diverged, {} failed, {} missing. The answers rest on the pairs that finished.",
            census.diverged, census.failed, census.missing
        )
    })
}
