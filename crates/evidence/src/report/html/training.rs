//! How long runs trained, where a study says more of it than epochs.

use super::table::{Cell, Table};
use super::text::prose;
use crate::Analysis;
use crate::report::ending;

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
