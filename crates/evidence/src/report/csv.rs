//! Every run as a line of a table for spreadsheets and data frames, by RFC 4180.

use std::collections::BTreeSet;

use crate::analysis::{core_seconds, what_happened};
use crate::{EndedBy, Outcome, Record};

/// The runs with a line of heads. Lines end in CR LF; a field with a comma, a quote or a line end
/// stands in quotes, its quotes doubled.
///
/// Numbers have as many digits as it takes to read the same bits back. Accuracies under corruptions stand
/// behind the scores, as `fog@3` or, where a corruption has one level, `shear`; how trainings ended stands last, where
/// records say so. A score that a run does not have is an empty field.
pub(super) fn csv(runs: &[Record]) -> String {
    let scores: BTreeSet<&str> =
        runs.iter().flat_map(|run| run.scores.keys().map(String::as_str)).collect();
    let damages: BTreeSet<_> =
        runs.iter().flat_map(|run| &run.corrupted).map(|s| (&*s.corruption, s.severity)).collect();
    let heads = BEFORE.iter().chain(&scores).map(|head| (*head).to_owned());
    let damaged = damages.iter().map(|(name, severity)| match severity {
        None => (*name).to_owned(),
        Some(severity) => format!("{name}@{severity}"),
    });
    let behind = AFTER.iter().map(|head| (*head).to_owned());
    let limited = runs.iter().any(|run| run.ending.is_some());
    let last = ENDING.iter().filter(|_| limited).map(|head| (*head).to_owned());
    let mut text = line(heads.chain(damaged).chain(behind).chain(last));
    for run in runs {
        let scores = scores.iter().map(|name| optional(run.scores.get(*name).copied()));
        let damaged = damages.iter().map(|damage| {
            let mut all = run.corrupted.iter();
            optional(all.find(|s| (&*s.corruption, s.severity) == *damage).map(|s| s.accuracy))
        });
        let last = ending(run).into_iter().filter(|_| limited);
        let fields = before(run).into_iter().chain(scores).chain(damaged);
        let fields = fields.chain(after(run)).chain(last);
        text.push_str(&line(fields));
    }
    text
}

/// The columns before the scores, whose names are those of the study's metrics.
const BEFORE: [&str; 4] = ["arm", "seed", "outcome", "message"];
/// The columns behind them.
const AFTER: [&str; 19] = [
    "parameters",
    "macs",
    "peak_bytes",
    "epochs",
    "final_train_loss",
    "final_train_accuracy",
    "started",
    "total_seconds",
    "core_seconds",
    "joules",
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

/// The columns of studies that more than epochs can end.
const ENDING: [&str; 4] = ["ended_by", "steps", "judged_epoch", "target_seconds"];

fn before(run: &Record) -> [String; BEFORE.len()] {
    let outcome = match run.outcome {
        Outcome::Done => "done",
        Outcome::Diverged { .. } => "diverged",
        Outcome::Failed { .. } => "failed",
    };
    let what = what_happened(run).unwrap_or_default();
    [run.arm.clone(), run.seed.to_string(), outcome.to_owned(), what]
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
        core_seconds(run).to_string(),
        optional(run.joules),
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

fn ending(run: &Record) -> [String; ENDING.len()] {
    let Some(ending) = run.ending else { return Default::default() };
    let by = match ending.by {
        EndedBy::Epochs => "epochs",
        EndedBy::Steps => "steps",
        EndedBy::Seconds => "seconds",
        EndedBy::Target => "target",
    };
    [
        by.to_owned(),
        ending.steps.to_string(),
        ending.judged.to_string(),
        optional(run.times.target_seconds),
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
    use crate::sample::record;
    use crate::{CorruptedScore, Ending};

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
    fn accuracies_under_corruptions_have_columns_of_their_own() {
        let mut runs = [record("max", 1, 0.875), record("none", 1, 0.75)];
        for (severity, accuracy) in [(Some(3), 0.5), (Some(1), 0.625), (None, 0.25)] {
            let corruption = if severity.is_some() { "fog" } else { "shear" }.to_owned();
            runs[1].corrupted.push(CorruptedScore { corruption, severity, accuracy });
        }
        let text = csv(&runs);
        assert!(text.contains(",accuracy,fog@1,fog@3,shear,parameters,"), "{text}");
        assert!(text.contains("none,1,done,,0.75,0.625,0.5,0.25,"), "{text}");
        assert!(text.contains("max,1,done,,0.875,,,,"), "{text}");
    }

    #[test]
    fn how_trainings_ended_stands_last_where_records_say_so() {
        let mut runs = [record("max", 1, 0.875), record("none", 1, 0.75)];
        assert!(!csv(&runs).contains("ended_by"));
        let by = EndedBy::Target;
        runs[0].ending = Some(Ending { by, steps: 80, judged: 2, reached: Some(2) });
        runs[0].times.target_seconds = Some(4.5);
        let text = csv(&runs);
        assert!(text.contains(",jobs,ended_by,steps,judged_epoch,target_seconds\r\n"), "{text}");
        assert!(text.contains(",2,target,80,2,4.5\r\n") && text.ends_with(",2,,,,\r\n"), "{text}");
    }

    #[test]
    fn no_run_leaves_the_heads() {
        assert_eq!(csv(&[]).matches("\r\n").count(), 1);
    }
}
