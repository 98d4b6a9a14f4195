//! The section on how trainings ended that more than their epochs can end.

use super::markdown::table;
use crate::analysis::{Analysis, ArmEnding};
use crate::number::{grouped, or_dash, seconds};

/// The heads of the table.
pub(super) const HEADS: [&str; 7] =
    ["arm", "runs", "steps", "epoch judged", "reached the target", "steps to it", "seconds to it"];

/// How trainings ended, or nothing where they have but their epochs.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    if analysis.endings.is_empty() {
        return None;
    }
    let mut text = "## How training ended\n\n".to_owned();
    table(&mut text, &HEADS, &analysis.endings, |arm| {
        let cells = cells(analysis, arm);
        std::iter::once(format!("`{}`", super::markdown::cell(&arm.arm))).chain(cells).collect()
    });
    Some(format!("{text}\n{}\n", reading(analysis)))
}

/// What stands behind the name of an arm.
pub(super) fn cells(analysis: &Analysis, arm: &ArmEnding) -> [String; 6] {
    let whole = |value: f64| grouped(value.round() as u64);
    let reached = format!("{} of {}", arm.reached, arm.runs);
    [
        arm.runs.to_string(),
        or_dash(arm.steps, |[least, most]| span(&grouped(least), &grouped(most))),
        or_dash(arm.judged, |[first, last]| span(&first.to_string(), &last.to_string())),
        or_dash(analysis.design.limits.target, |_| reached),
        or_dash(arm.target_steps, whole),
        or_dash(arm.target_seconds, seconds),
    ]
}

/// A range, or what its ends have in common.
fn span(least: &str, most: &str) -> String {
    if least == most { least.to_owned() } else { format!("{least} to {most}") }
}

/// What ends training and what is judged, in sentences.
pub(super) fn reading(analysis: &Analysis) -> String {
    let (limits, metric) = (analysis.design.limits, analysis.design.validation_metric());
    let mut text = Vec::new();
    if let Some(target) = limits.target {
        text.push(format!(
            "The target is validation {metric} of {:.2} %, looked at after every epoch; steps and seconds to it are medians over the runs that reached it, and the others trained to their end.",
            100.0 * target
        ));
    }
    if limits.best_epoch {
        text.push(format!(
            "Of every run the parameters of the epoch with the best validation {metric} are judged, of equals the first."
        ));
    }
    if limits.seconds.is_some() {
        let runs: usize = analysis.endings.iter().map(|arm| arm.by_clock).sum();
        text.push(format!(
            "A clock ended {runs} of {} runs, so the same seeds do not give the same bits when they are run again.",
            analysis.endings.iter().map(|arm| arm.runs).sum::<usize>()
        ));
    }
    if limits.steps.is_some() {
        text.push(
            "An epoch that the number of steps cuts short is judged by what it saw.".to_owned(),
        );
    }
    text.join(" ")
}
