//! Every run as a line of a table for spreadsheets and data frames, by RFC 4180.

use std::collections::BTreeSet;

use crate::Record;
use crate::analysis::what_happened;

/// The runs with a line of heads. Lines end in CR LF; a field with a comma, a quote or a line end
/// stands in quotes, its quotes doubled.
///
/// Numbers have as many digits as it takes to read the same bits back. A score that a run does not
/// have is an empty field.
pub(super) fn csv(runs: &[Record]) -> String {
    let scores: BTreeSet<&str> =
        runs.iter().flat_map(|run| run.scores.keys().map(String::as_str)).collect();
    let heads = BEFORE.iter().copied().chain(scores.iter().copied()).chain(AFTER.iter().copied());
    let mut text = line(heads.map(str::to_owned));
    for run in runs {
        let scores = scores.iter().map(|name| optional(run.scores.get(*name).copied()));
        text.push_str(&line(before(run).into_iter().chain(scores).chain(after(run))));
    }
    text
}

/// The columns before the scores, whose names are those of the study's metrics.
const BEFORE: [&str; 4] = ["arm", "seed", "outcome", "message"];
/// The columns behind them.
const AFTER: [&str; 17] = [
    "parameters",
    "macs",
    "peak_bytes",
    "epochs",
    "final_train_loss",
    "final_train_accuracy",
    "started",
    "total_seconds",
    "epoch_seconds",
    "weights",
    "cell",
    "cenote",
    "code",
    "cpu",
    "os",
    "threads",
    "jobs",
];

fn before(run: &Record) -> [String; BEFORE.len()] {
    let what = what_happened(run);
    let outcome = match what.as_deref() {
        None => "done",
        Some(what) if what.starts_with("diverged") => "diverged",
        Some(_) => "failed",
    };
    [run.arm.clone(), run.seed.to_string(), outcome.to_owned(), what.unwrap_or_default()]
}

fn after(run: &Record) -> [String; AFTER.len()] {
    let (costs, times, at) = (&run.costs, &run.times, &run.environment);
    let last = run.curve.last();
    [
        costs.parameters.to_string(),
        costs.macs.to_string(),
        costs.peak_bytes.to_string(),
        times.epoch_seconds.len().to_string(),
        optional(last.map(|point| point.train_loss)),
        optional(last.map(|point| point.train_accuracy)),
        times.started.clone(),
        times.total_seconds.to_string(),
        optional(crate::median(&times.epoch_seconds)),
        run.weights.clone(),
        run.cell.clone(),
        at.cenote.clone(),
        at.code.clone(),
        at.cpu.clone(),
        at.os.clone(),
        at.threads.to_string(),
        at.jobs.to_string(),
    ]
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let fields: Vec<String> = fields.map(|field| quoted(&field)).collect();
    fields.join(",") + "\r\n"
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::sample::record;

    #[test]
    fn a_line_has_a_field_for_every_head_whatever_a_message_holds() {
        let mut runs = [record("max", 1, 0.875), record("none", 2, 0.5)];
        runs[1].arm = "no,\"ne\"".to_owned();
        runs[0].scores.insert("f1".to_owned(), 0.1 + 0.2);
        runs[1].outcome = Outcome::Failed { message: "no \"memory\",\r\nleft".to_owned() };
        runs[1].scores.clear();
        let text = csv(&runs);
        let heads = text.lines().next().unwrap();
        assert!(heads.starts_with("arm,seed,outcome,message,accuracy,f1,parameters,"), "{heads}");
        assert!(text.contains("\r\nmax,1,done,,0.875,0.30000000000000004,56394,"), "{text}");
        let failed =
            "\r\n\"no,\"\"ne\"\"\",2,failed,\"failed: no \"\"memory\"\",\r\nleft\",,,56394,";
        assert!(text.contains(failed), "{text}");
    }

    #[test]
    fn no_run_leaves_the_heads() {
        assert_eq!(csv(&[]).matches("\r\n").count(), 1);
    }
}
