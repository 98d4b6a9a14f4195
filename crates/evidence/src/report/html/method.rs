//! What was run, on what, when, and how to do it again.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::text::{code, plain, prose};
use crate::number::{grouped, plural};
use crate::report::markdown::seeds;
use crate::{Analysis, LookSummary, Record};

pub(super) fn method(analysis: &Analysis, runs: &[Record]) -> String {
    let (design, census) = (&analysis.design, &analysis.census);
    let data = &design.dataset;
    let mut list = Entries::default();
    list.add("Command", &commands(analysis));
    list.add("Dates", &dates(runs));
    list.add(
        "Data",
        &format!(
            "{}: {} training, {} validation and {} test images, checksum {}",
            plain(&data.name),
            grouped(data.train),
            grouped(data.validation),
            grouped(data.test),
            code(&data.checksum)
        ),
    );
    list.add("Budget", &plain(&design.budget));
    list.add(
        "Seeds",
        &format!(
            "{}; a seed fixes initial weights, data order and every other draw, and is shared by all arms",
            seeds(&design.seeds)
        ),
    );
    list.add(
        "Metric",
        &format!(
            "{} on the test images, margin ±{:.2} points, set before the runs",
            plain(&design.metric),
            100.0 * design.margin
        ),
    );
    list.add("Plan", &code(&design.plan));
    list.add("Test", "sign flips of paired differences (exact up to 16 pairs), intervals by inverting it, equivalence by two one-sided tests, Holm over all comparisons");
    list.add("Scope", "the intervals are over seeds, for this test set; they say nothing about other images or data");
    list.add(
        "Census",
        &format!(
            "{} planned = {} done + {} diverged + {} failed + {} missing{}",
            census.planned,
            census.done,
            census.diverged,
            census.failed,
            census.missing,
            outside(census.outside)
        ),
    );
    for look in &analysis.looks {
        list.add("Looks", &look_words(look));
    }
    if census.spared > 0 {
        let runs = plural(census.spared, "run");
        list.add(
            "Spared",
            &format!("{runs} of later looks, since all they could tell was decided"),
        );
    }
    for trouble in census.trouble.iter().chain(&census.stuck) {
        let what =
            format!("{} seed {}: {}", code(&trouble.arm), trouble.seed, prose(&trouble.what));
        list.add("Not done", &what);
    }
    for at in &analysis.environments {
        list.add(
            "Hardware",
            &format!(
                "{}, {}; {} per run, {} at a time",
                plain(&at.cpu),
                plain(&at.os),
                plural(at.threads as usize, "thread"),
                plural(at.jobs as usize, "run")
            ),
        );
        list.add("Version", &format!("cenote {}, code {}", plain(&at.cenote), code(&at.code)));
    }
    list.html()
}

/// The terms and descriptions of a list; a term that stands twice in a row is said once.
#[derive(Default)]
struct Entries {
    html: String,
    last: &'static str,
}

impl Entries {
    fn add(&mut self, term: &'static str, description: &str) {
        let said = if self.last == term { "" } else { term };
        let _ = write!(self.html, "<dt>{said}</dt>");
        self.last = term;
        let _ = writeln!(self.html, "<dd>{description}</dd>");
    }

    fn html(self) -> String {
        format!("<dl>\n{}</dl>\n", self.html)
    }
}

/// When a study with planned looks was judged, and what that look could claim.
fn look_words(look: &LookSummary) -> String {
    let decided: Vec<String> = look.decided.iter().map(|arm| code(arm)).collect();
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

/// The commands that made the runs, as far as the records say.
fn commands(analysis: &Analysis) -> String {
    let known: BTreeSet<&str> = analysis
        .environments
        .iter()
        .map(|at| at.command.as_str())
        .filter(|command| !command.is_empty())
        .collect();
    if known.is_empty() {
        return "not recorded; the version that made these runs did not say".to_owned();
    }
    known.into_iter().map(code).collect::<Vec<_>>().join("<br>")
}

/// When the first and the last run started.
fn dates(runs: &[Record]) -> String {
    let started = || runs.iter().map(|run| run.times.started.as_str());
    match (started().min(), started().max()) {
        (Some(first), Some(last)) if first != last => {
            format!("runs started from {} to {}", plain(first), plain(last))
        }
        (Some(first), _) => format!("run started {}", plain(first)),
        _ => "no run yet".to_owned(),
    }
}

fn outside(records: usize) -> String {
    match records {
        0 => String::new(),
        n => format!("; {} of other arms, seeds or plans not counted", plural(n, "record")),
    }
}
