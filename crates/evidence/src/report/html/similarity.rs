//! How alike the layers of networks are.

use super::figures::{SIMILARITY, WITHIN, figure};
use super::table::{Cell, Table};
use super::text::prose;
use crate::Analysis;
use crate::report::similarity::{HEADS, matched, numbers, reading};

/// Empty where no run says what its layers make of images.
pub(super) fn similarity(analysis: &Analysis) -> String {
    let Some(similarity) = &analysis.similarity else { return String::new() };
    let mut table = Table::new("Layers that an arm and its partner both have", &HEADS);
    for (arm, layer) in matched(analysis) {
        let [pairs, same, interval, other, two, beyond, beyond_interval] = numbers(layer);
        table.row(vec![
            Cell::text(&format!("{} − {}", arm.arm, arm.against)),
            Cell::code(&layer.layer),
            Cell::value(Some(layer.pairs as f64), &pairs),
            Cell::value(layer.same_seed, &same),
            Cell::value(layer.interval.map(|interval| interval.low), &interval),
            Cell::value(layer.other_seeds, &other),
            Cell::value(layer.two_seeds, &two),
            Cell::value(layer.beyond_seeds, &beyond),
            Cell::value(layer.beyond_interval.map(|interval| interval.low), &beyond_interval),
        ]);
    }
    format!(
        "<p>{}</p>\n{}{}{}",
        prose(&reading(similarity.images)),
        figure(analysis, "similarity", SIMILARITY),
        figure(analysis, "similarity-within", WITHIN),
        table.html()
    )
}
