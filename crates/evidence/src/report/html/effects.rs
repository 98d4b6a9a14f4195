//! What each factor does, where arms are combined from levels.

use super::table::{Cell, Table};
use super::text::prose;
use crate::Analysis;
use crate::report::effects::{HEADS, numbers, reading};

/// Empty where arms are no combinations of levels.
pub(super) fn effects(analysis: &Analysis) -> String {
    if analysis.effects.is_empty() {
        return String::new();
    }
    let mut table = Table::new("What each level does against the first of its factor", &HEADS);
    for effect in &analysis.effects {
        let judgement = &effect.judgement;
        let [told, settings, seeds, mean, interval, p, words] = numbers(effect);
        table.row(vec![
            Cell::text(&told),
            Cell::value(Some(effect.settings as f64), &settings),
            Cell::value(Some(judgement.n as f64), &seeds),
            Cell::value(judgement.mean, &mean),
            Cell::value(judgement.interval.map(|interval| interval.low), &interval),
            Cell::value(Some(judgement.p), &p),
            Cell::text(&words),
        ]);
    }
    format!("{}<p class=\"note\">{}</p>\n", table.html(), prose(&reading(analysis)))
}
