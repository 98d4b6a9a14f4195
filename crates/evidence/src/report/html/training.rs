//! How long runs trained, and with which learning rates, where a study says more of it than epochs.

use std::fmt::Write;

use super::table::{Cell, Table};
use super::text::prose;
use crate::number::{or_dash, percent};
use crate::report::{ending, tuning};
use crate::{Analysis, TunedArm};

/// Empty where epochs alone end training and the last is judged.
pub(super) fn endings(analysis: &Analysis) -> String {
    if analysis.endings.is_empty() {
        return String::new();
    }
    let mut table = Table::new("Every arm: how its runs ended", &ending::HEADS);
    for arm in &analysis.endings {
        let first = |range: Option<[u64; 2]>| range.map(|[least, _]| least as f64);
        let sorts = [
            Some(arm.runs as f64),
            first(arm.steps),
            first(arm.judged.map(|range| range.map(u64::from))),
            Some(arm.reached as f64),
            arm.target_steps,
            arm.target_seconds,
        ];
        let cells = ending::cells(analysis, arm);
        let cells = sorts.into_iter().zip(&cells).map(|(sort, shown)| Cell::value(sort, shown));
        table.row(std::iter::once(Cell::code(&arm.arm)).chain(cells).collect());
    }
    format!("{}<p class=\"note\">{}</p>\n", table.html(), prose(&ending::reading(analysis)))
}

/// Empty where no learning rates were tried.
pub(super) fn tuning(analysis: &Analysis) -> String {
    let Some(tuning) = &analysis.design.tuning else { return String::new() };
    let heads = tuning::heads(tuning);
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut table = Table::new("Validation scores by learning rate, before the study", &heads);
    for arm in &tuning.arms {
        let tried = arm
            .tried
            .iter()
            .map(|tried| Cell::value(tried.validation, &or_dash(tried.validation, percent)));
        let rate = Cell::value(Some(arm.learning_rate), &arm.learning_rate.to_string());
        table.row([Cell::code(&arm.arm), rate].into_iter().chain(tried).collect());
    }
    let mut html = table.html();
    let _ = writeln!(html, "<p class=\"note\">{}</p>", prose(&tuning::reading(analysis, tuning)));
    for warning in tuning.arms.iter().filter_map(TunedArm::warning) {
        let _ = writeln!(html, "<p class=\"warning\">{}</p>", prose(&warning));
    }
    html
}
