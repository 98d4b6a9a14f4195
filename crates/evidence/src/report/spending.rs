//! What runs took of time, energy and money, arm by arm and verdict by verdict.

use super::markdown::{cell, table};
use crate::Prices;
use crate::analysis::{Analysis, Spending};
use crate::number::{duration, or_dash, plural};

/// The columns of the table.
pub(super) fn heads(analysis: &Analysis) -> Vec<&'static str> {
    let mut heads = vec!["what", "runs", "core-hours", "energy (Wh)"];
    if analysis.design.prices.as_ref().is_some_and(priced) {
        heads.push("money");
    }
    heads
}

/// Every arm, every verdict, and the study.
pub(super) fn rows(analysis: &Analysis) -> Vec<(String, Option<Spending>)> {
    let arms = analysis.arms.iter().map(|arm| (format!("arm {}", arm.name), arm.spent));
    let verdicts = analysis
        .comparisons
        .iter()
        .map(|c| (format!("verdict {} − {}", c.arm, c.against), c.spent));
    arms.chain(verdicts).chain([("the study".to_owned(), analysis.spent)]).collect()
}

/// Runs, core-hours, energy, and money where something has a price: as numbers and as they are shown.
pub(super) fn numbers(analysis: &Analysis, spent: Option<Spending>) -> Vec<(Option<f64>, String)> {
    let column = |of: fn(&Spending) -> f64, show: fn(f64) -> String| {
        let value = spent.as_ref().map(of);
        (value, or_dash(value, show))
    };
    let mut numbers = vec![
        column(|spent| spent.runs as f64, |runs| format!("{runs:.0}")),
        column(|spent| spent.core_seconds / 3_600.0, significant),
        column(|spent| spent.joules / 3_600.0, significant),
    ];
    if let Some(prices) = analysis.design.prices.as_ref().filter(|prices| priced(prices)) {
        let money = spent.and_then(|spent| spent.money);
        let shown = or_dash(money, |money| format!("{} {}", significant(money), prices.currency));
        numbers.push((money, shown));
    }
    numbers
}

fn priced(prices: &Prices) -> bool {
    prices.core_hour.is_some() || prices.kilowatt_hour.is_some()
}

/// How the table is to be read.
pub(super) fn reading(analysis: &Analysis) -> String {
    let prices = analysis.design.prices_or_assumed();
    let energy = if analysis.spent.is_some_and(|spent| spent.measured) {
        "Energy is of the processor's own counters (RAPL), divided evenly by the runs that one process had at a time; of processes side by side each counts all.".to_owned()
    } else {
        let said = if analysis.design.prices.is_some() { "" } else { ", an assumption" };
        format!(
            "Energy is core-seconds times {} W per core{said}; counters of the processor take its place in runs where they can be read.",
            prices.watts_per_core
        )
    };
    let per = |price: Option<f64>, unit: &str| {
        price.map(|price| format!("{price} {} per {unit}", prices.currency))
    };
    let per = [per(prices.core_hour, "core-hour"), per(prices.kilowatt_hour, "kWh")];
    let per = per.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let money = if per.is_empty() { String::new() } else { format!(" Money is at {per}.") };
    format!(
        "Core-hours are seconds of each run times its threads, judging and measures included. A verdict took the runs of both its arms; arms that several verdicts share are counted in each. {energy}{money}"
    )
}

/// What the whole study took, in a line.
pub(super) fn line(analysis: &Analysis) -> Option<String> {
    let spent = analysis.spent?;
    let shown: Vec<String> =
        numbers(analysis, Some(spent)).into_iter().map(|(_, shown)| shown).collect();
    let money = shown.get(3).map_or_else(String::new, |money| format!(", {money}"));
    Some(format!(
        "{}: {} of a core, {} Wh{money}",
        plural(spent.runs, "run"),
        duration(spent.core_seconds),
        shown[2]
    ))
}

/// The table and how to read it; nothing where no run is recorded.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    analysis.spent?;
    let mut text = "## What it took\n\n".to_owned();
    table(&mut text, &heads(analysis), &rows(analysis), |(what, spent)| {
        let numbers = numbers(analysis, *spent).into_iter().map(|(_, shown)| cell(&shown));
        std::iter::once(cell(what)).chain(numbers).collect()
    });
    text.push('\n');
    text.push_str(&reading(analysis));
    text.push('\n');
    Some(text)
}

/// A number with three significant digits, or as many before the point as it has.
fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Design;
    use crate::report::html::html;
    use crate::report::markdown;
    use crate::sample::{design, records};

    #[test]
    fn three_digits_say_what_counts() {
        let shown = [0.0, 0.001_234_5, 0.567_89, 12.345, 1234.5].map(significant);
        assert_eq!(shown, ["0", "0.00123", "0.568", "12.3", "1234"]);
    }

    #[test]
    fn money_is_shown_where_something_has_a_price() {
        let plain = Analysis::of(&design(), &records()).unwrap();
        let text = markdown(&plain);
        assert!(text.contains("| what | runs | core-hours | energy (Wh) |"), "{text}");
        assert!(text.contains("10 W per core, an assumption"), "{text}");
        let prices = Prices {
            core_hour: Some(0.05),
            currency: "EUR".to_owned(),
            watts_per_core: 15.0,
            ..Prices::default()
        };
        let priced = Design { prices: Some(prices), ..design() };
        let analysis = Analysis::of(&priced, &records()).unwrap();
        let text = markdown(&analysis);
        assert!(text.contains("Money is at 0.05 EUR per core-hour."), "{text}");
        assert!(text.contains("core-seconds times 15 W per core;"), "{text}");
        let money = analysis.spent.unwrap().money.unwrap();
        let row = format!("{} EUR |", significant(money));
        assert!(text.contains(&row), "{row}\n{text}");
        assert!(html(&analysis, &records()).contains("EUR"));
        assert!(line(&analysis).unwrap().ends_with(" EUR"));
    }
}
