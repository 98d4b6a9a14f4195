//! What runs took of time, energy and money.

use super::table::{Cell, Table};
use super::text::prose;
use crate::Analysis;
use crate::report::spending::{heads, numbers, reading, rows};

/// Empty where no run is recorded.
pub(super) fn spending(analysis: &Analysis) -> String {
    if analysis.spent.is_none() {
        return String::new();
    }
    let mut table = Table::new("Arm by arm, verdict by verdict", &heads(analysis));
    for (what, spent) in rows(analysis) {
        let numbers = numbers(analysis, spent).into_iter();
        let numbers = numbers.map(|(value, shown)| Cell::value(value, &shown));
        table.row(std::iter::once(Cell::text(&what)).chain(numbers).collect());
    }
    format!("{}<p class=\"note\">{}</p>\n", table.html(), prose(&reading(analysis)))
}
