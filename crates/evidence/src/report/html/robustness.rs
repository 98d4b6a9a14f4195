//! Scores on other images than those of the answers: corrupted ones, and those held out of training.

use super::figures::{CORRUPTIONS, SEVERITY, figure};
use super::table::{Cell, Table};
use super::text::prose;
use crate::Analysis;
use crate::number::{or_dash, percent, percent_interval, points, points_interval, ratio_interval};
use crate::report::held_out::READING;
use crate::report::robustness::{BY_SEVERITY, ERRORS, damaged, error_at, reading};

/// Empty where the study asks nothing of robustness.
pub(super) fn robustness(analysis: &Analysis) -> String {
    let Some(robustness) = &analysis.robustness else { return String::new() };
    let heads = [
        "arm",
        "pairs",
        "clean error (%)",
        "corrupted error (%)",
        "mCE (%)",
        "95 % interval",
        "degradation (points)",
        "against the baseline",
        "95 % interval",
    ];
    let share = |value: Option<f64>| Cell::value(value, &or_dash(value, percent));
    let added = |value: Option<f64>| Cell::value(value, &or_dash(value, points));
    let mut table = Table::new("Errors under corruptions, relative to the baseline", &heads);
    for arm in &robustness.arms {
        table.row(vec![
            Cell::code(&arm.arm),
            Cell::value(Some(arm.pairs as f64), &arm.pairs.to_string()),
            share(arm.clean_error),
            share(arm.error),
            share(arm.mce),
            Cell::value(
                arm.mce_interval.map(|i| i.low),
                &or_dash(arm.mce_interval, ratio_interval),
            ),
            added(arm.degradation),
            added(arm.extra_degradation),
            Cell::value(
                arm.extra_interval.map(|i| i.low),
                &or_dash(arm.extra_interval, points_interval),
            ),
        ]);
    }
    let arms = robustness.arms.iter().map(|arm| arm.arm.as_str());
    let heads: Vec<&str> = std::iter::once("corruption").chain(arms).collect();
    let mut each = Table::new(ERRORS, &heads);
    for (nth, name) in robustness.corruptions.iter().enumerate() {
        let errors = robustness.arms.iter().map(|arm| share(arm.errors[nth]));
        each.row(std::iter::once(Cell::code(name)).chain(errors).collect());
    }
    let arms = robustness.arms.iter().map(|arm| arm.arm.as_str());
    let heads: Vec<&str> = std::iter::once("severity").chain(arms).collect();
    let mut strengths = Table::new(BY_SEVERITY, &heads);
    let severities = std::iter::once(0).chain(robustness.severities.iter().copied());
    for (nth, severity) in severities.enumerate().filter(|_| !robustness.severities.is_empty()) {
        let errors = robustness.arms.iter().map(|arm| {
            let at = &arm.by_severity[nth];
            Cell::value(at.mean, &error_at(at))
        });
        let severity = Cell::value(Some(f64::from(severity)), &severity.to_string());
        strengths.row(std::iter::once(severity).chain(errors).collect());
    }
    let strengths = if robustness.severities.is_empty() { String::new() } else { strengths.html() };
    format!(
        "<p>{}</p>\n{}<p class=\"note\">{}</p>\n{}{strengths}{}{}",
        prose(&damaged(analysis, robustness)),
        table.html(),
        prose(&reading(analysis)),
        figure(analysis, "severity", SEVERITY),
        figure(analysis, "corruptions", CORRUPTIONS),
        each.html()
    )
}

/// Empty where nothing was held out.
pub(super) fn validation(analysis: &Analysis) -> String {
    if analysis.validation.is_empty() {
        return String::new();
    }
    let metric = format!("validation {} (%)", analysis.design.metric);
    let heads = ["arm", "runs", &metric, "95 % interval"];
    let mut table = Table::new("Scores on the images that each run held out", &heads);
    for arm in &analysis.validation {
        table.row(vec![
            Cell::code(&arm.arm),
            Cell::value(Some(arm.runs as f64), &arm.runs.to_string()),
            Cell::value(arm.mean, &or_dash(arm.mean, percent)),
            Cell::value(arm.interval.map(|i| i.low), &or_dash(arm.interval, percent_interval)),
        ]);
    }
    format!("{}<p class=\"note\">{READING}</p>\n", table.html())
}
