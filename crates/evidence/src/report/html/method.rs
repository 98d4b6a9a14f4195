//! What was run, on what, when, and how to do it again.

use std::fmt::Write;

use super::text::{plain, prose};
use crate::report::method::{Fact, facts};
use crate::{Analysis, Record};

pub(super) fn method(analysis: &Analysis, runs: &[Record]) -> String {
    let mut list = Entries::default();
    list.add("Dates", &dates(runs));
    for Fact { term, text } in facts(analysis) {
        list.add(term, &prose(&text));
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
