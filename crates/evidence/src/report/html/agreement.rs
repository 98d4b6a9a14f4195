//! How far the networks of an arm agree with each other.

use super::table::{Cell, Table};
use crate::Analysis;
use crate::report::agreement::{HEADS, READING, numbers};

/// Empty where records do not say what was answered.
pub(super) fn agreement(analysis: &Analysis) -> String {
    if analysis.agreement.is_empty() {
        return String::new();
    }
    let mut table =
        Table::new("What two networks that differ in their seed alone say of one image", &HEADS);
    for arm in &analysis.agreement {
        let values = [
            arm.churn,
            arm.disagreement,
            arm.gain,
            arm.extra_churn,
            arm.extra_interval.map(|interval| interval.low),
        ];
        let cells = values.into_iter().zip(numbers(arm)).map(|(v, text)| Cell::value(v, &text));
        let first =
            [Cell::code(&arm.arm), Cell::value(Some(arm.runs as f64), &arm.runs.to_string())];
        table.row(first.into_iter().chain(cells).collect());
    }
    format!("{}<p class=\"note\">{READING}</p>\n", table.html())
}
