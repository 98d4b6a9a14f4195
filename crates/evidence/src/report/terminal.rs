//! The report for a terminal: one table and four answers, at most 100 columns wide.

use std::fmt::Write;

use super::{other_scores, spending};
use crate::analysis::{Analysis, ArmSummary};
use crate::number::{bytes, grouped, large, or_dash, percent, percent_interval, seconds};

/// Columns that are never exceeded, but by a word that is longer.
const WIDTH: usize = 100;

/// Supporting sentences shown per answer; `report.md` has them all.
const SENTENCES: usize = 2;

/// What stands before every line of an answer but its first.
const INDENT: &str = "   ";

/// Longest arm name shown whole.
const NAME: usize = 20;

/// The report as plain text: no colours, no control characters, at most 100 columns.
pub fn terminal(analysis: &Analysis) -> String {
    let mut text = String::new();
    wrap(&mut text, &analysis.design.question, "");
    text.push('\n');
    table(&mut text, analysis);
    scores(&mut text, analysis);
    let census = &analysis.census;
    if census.done < census.planned {
        let _ = writeln!(
            text,
            "\n{} of {} runs done: {} diverged, {} failed, {} missing.",
            census.done, census.planned, census.diverged, census.failed, census.missing
        );
    }
    if let Some(line) = spending::line(analysis) {
        let _ = writeln!(text, "\n{line}");
    }
    looks(&mut text, analysis);
    for (number, answer) in (1..).zip(&analysis.answers) {
        text.push('\n');
        wrap(&mut text, &format!("{number}. {} {}.", answer.question, answer.answer), "");
        for sentence in answer.because.iter().take(SENTENCES).chain(&answer.caveats) {
            wrap(&mut text, sentence, INDENT);
        }
    }
    text.push_str("\nClaims of the article:\n");
    for claim in &analysis.claims {
        let line = format!("{} {}: {}.", claim.id, claim.claim, claim.finding.words());
        wrap(&mut text, &line, INDENT);
        // What the measures say is the finding, so it is told which.
        let by_measures = !analysis.measures.is_empty() && matches!(claim.id, "C6" | "C7");
        for sentence in claim.because.iter().filter(|_| by_measures) {
            wrap(&mut text, sentence, INDENT);
        }
    }
    text
}

/// Every comparison by a score beside the one that decides.
fn scores(text: &mut String, analysis: &Analysis) {
    if analysis.other_scores.is_empty() {
        return;
    }
    let heads = ["other score", "arm − partner", "points", "95 % interval", "verdict"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (score, comparison) in other_scores::pairs(analysis) {
        let [_, mean, interval, ..] = other_scores::numbers(comparison);
        let names = format!("{} − {}", shorten(&comparison.arm), shorten(&comparison.against));
        let verdict = comparison.judgement.verdict.words().to_owned();
        rows.push(vec![shorten(&score.note.metric), names, mean, interval, verdict]);
    }
    let _ = write!(text, "\nOther scores:\n{}", columns(&rows));
    wrap(text, &other_scores::reading(analysis), "");
}

/// How far a study with planned looks has come.
fn looks(text: &mut String, analysis: &Analysis) {
    let taken = analysis.looks.iter().filter(|look| look.taken).count();
    let decided: usize = analysis.looks.iter().map(|look| look.decided.len()).sum();
    if let Some(last) = analysis.looks.last() {
        let seen = taken.checked_sub(1).map_or(0, |last| analysis.looks[last].seeds);
        let _ = writeln!(
            text,
            "\n{taken} of {} looks taken, at {seen} of at most {} seeds: {decided} of {} comparisons decided.",
            analysis.looks.len(),
            last.seeds,
            analysis.comparisons.len()
        );
    }
}

fn table(text: &mut String, analysis: &Analysis) {
    let metric = format!("{} %", analysis.design.metric);
    let heads =
        ["arm", &metric, "95 % interval", "parameters", "MACs", "memory", "s/epoch", "runs"];
    let heads: Vec<String> = heads.iter().map(|head| shorten(head)).collect();
    let rows = analysis.arms.iter().map(cells);
    let rows: Vec<Vec<String>> = std::iter::once(heads).chain(rows).collect();
    text.push_str(&columns(&rows));
}

/// Rows of as many cells each, the first column to the left and the others to the right.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = format!("{:width$}", row[0], width = widths[0]);
        for (cell, &width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(line, "  {cell:>width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn cells(arm: &ArmSummary) -> Vec<String> {
    vec![
        shorten(&arm.name),
        or_dash(arm.mean, percent),
        or_dash(arm.interval, percent_interval),
        or_dash(arm.costs, |costs| grouped(costs.parameters)),
        or_dash(arm.costs, |costs| large(costs.macs)),
        or_dash(arm.costs, |costs| bytes(costs.peak_bytes)),
        or_dash(arm.epoch_seconds, seconds),
        format!("{}/{}", arm.done, arm.planned()),
    ]
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}

/// Writes words into lines of at most [`WIDTH`] columns: the first after `indent`.
pub(super) fn wrap(text: &mut String, words: &str, indent: &str) {
    let mut line = String::new();
    for word in words.split_whitespace() {
        let long = line.chars().count() + 1 + word.chars().count() > WIDTH;
        if !line.is_empty() && long {
            let _ = writeln!(text, "{line}");
            line.clear();
            line.push_str(INDENT);
        } else {
            line.push_str(if line.is_empty() { indent } else { " " });
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
