//! Two studies side by side, as text.

use std::fmt::Write;

use super::terminal::{columns, wrap};
use crate::SideBySide;
use crate::number::{
    bytes, grouped, large, or_dash, p_value, percent, points, points_interval, ratio, seconds,
};
use crate::verdict::{ALPHA, Judgement};

/// The comparison as plain text: no colours, no control characters.
pub fn side_by_side(both: &SideBySide) -> String {
    let [first, second] = &both.studies;
    let mut text = format!(
        "Second minus first, paired by seed: `{first}`, then `{second}`.\nTest {} in %, differences in points; margin ±{:.2} points.\n",
        both.metric,
        100.0 * both.margin
    );
    differs(&mut text, both);
    text.push_str("\nArms\n");
    text.push_str(&arms(both));
    if !both.effects.is_empty() {
        text.push_str("\nDifferences between an arm and its partner, and how they changed\n");
        text.push_str(&effects(both));
    }
    text.push_str("\nCosts\n");
    text.push_str(&costs(both));
    for (study, alone) in both.studies.iter().zip(&both.alone) {
        if !alone.is_empty() {
            let _ = writeln!(text, "\nOnly in `{study}`: {}", alone.join(", "));
        }
    }
    text
}

fn differs(text: &mut String, both: &SideBySide) {
    if both.differs.is_empty() {
        text.push_str("\nThe designs are the same.\n");
        return;
    }
    text.push_str("\nWhat differs\n");
    for differs in &both.differs {
        wrap(text, &format!("{}: {} | {}", differs.what, differs.first, differs.second), "  ");
    }
    if both.differs.iter().any(|differs| differs.what.contains("data")) {
        wrap(
            text,
            "The images are not the same: pairs share a seed, so initial weights where the networks are equal, but not their data. A change of an arm is one of data too; a change of a difference is how far the effect carries over.",
            "",
        );
    }
}

fn judged(judgement: &Judgement) -> Vec<String> {
    vec![
        or_dash(judgement.mean, points),
        or_dash(judgement.interval, points_interval),
        p_value(judgement.p, ALPHA),
        judgement.n.to_string(),
        judgement.verdict.words().to_owned(),
    ]
}

fn table<T>(heads: &[&str], rows: &[T], cells: impl Fn(&T) -> Vec<String>) -> String {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(heads).chain(rows.iter().map(cells)).collect();
    columns(&rows)
}

fn arms(both: &SideBySide) -> String {
    let heads = ["arm", "first", "second", "change", "95 % interval", "p", "pairs", "verdict"];
    table(&heads, &both.arms, |arm| {
        let [first, second] = arm.means.map(|mean| or_dash(mean, percent));
        [arm.arm.clone(), first, second].into_iter().chain(judged(&arm.judgement)).collect()
    })
}

fn effects(both: &SideBySide) -> String {
    let heads =
        ["arm − partner", "first", "second", "change", "95 % interval", "p", "pairs", "verdict"];
    table(&heads, &both.effects, |effect| {
        let [first, second] = effect.means.map(|mean| or_dash(mean, points));
        let name = format!("{} − {}", effect.arm, effect.against);
        [name, first, second].into_iter().chain(judged(&effect.judgement)).collect()
    })
}

fn costs(both: &SideBySide) -> String {
    let heads = ["arm", "parameters", "", "MACs", "", "memory", "", "s/epoch", "", "time"];
    table(&heads, &both.arms, |arm| {
        let of = |shown: fn(&crate::Costs) -> String| {
            arm.costs.each_ref().map(|costs| or_dash(costs.as_ref(), shown))
        };
        let [p1, p2] = of(|costs| grouped(costs.parameters));
        let [m1, m2] = of(|costs| large(costs.macs));
        let [b1, b2] = of(|costs| bytes(costs.peak_bytes));
        let [s1, s2] = arm.epoch_seconds.map(|time| or_dash(time, seconds));
        let time = match arm.epoch_seconds {
            [Some(first), Some(second)] if first > 0.0 => ratio(second / first),
            _ => crate::number::UNDEFINED.to_owned(),
        };
        vec![arm.arm.clone(), p1, p2, m1, m2, b1, b2, s1, s2, time]
    })
}
