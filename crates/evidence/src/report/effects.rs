//! The section on factors, where arms are combined from their levels.

use super::markdown::{cell, table};
use crate::analysis::{Analysis, Effect};
use crate::number::{or_dash, p_value, points, points_interval};
use crate::verdict::ALPHA;

/// The columns of the table.
pub(super) const HEADS: [&str; 7] = [
    "level − first level",
    "settings",
    "seeds",
    "difference (points)",
    "95 % interval",
    "p (Holm)",
    "verdict",
];

/// How the table is to be read.
pub(super) fn reading(analysis: &Analysis) -> String {
    let looks = if analysis.looks.is_empty() {
        ""
    } else {
        " They are judged once, by all seeds there are, and not at the planned looks, so here they decide nothing."
    };
    format!(
        "A level against the first of its factor: the mean, over the settings of the other factors, of the difference in the score. Of two factors it is what both levels do together beyond the sum of what each does. All effects are one family, adjusted by Holm and judged with the study's margin.{looks}"
    )
}

/// Effect, settings, seeds, difference, interval, p and verdict.
pub(super) fn numbers(effect: &Effect) -> [String; 7] {
    let judgement = &effect.judgement;
    [
        effect.told(),
        effect.settings.to_string(),
        judgement.n.to_string(),
        or_dash(judgement.mean, points),
        or_dash(judgement.interval, points_interval),
        p_value(judgement.p, ALPHA),
        effect.words(),
    ]
}

/// A table, or nothing where arms are no combinations of levels.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    if analysis.effects.is_empty() {
        return None;
    }
    let mut text = "## Factors\n\n".to_owned();
    table(&mut text, &HEADS, &analysis.effects, |effect| {
        numbers(effect).iter().map(|text| cell(text)).collect()
    });
    text.push('\n');
    text.push_str(&reading(analysis));
    text.push('\n');
    Some(text)
}

#[cfg(test)]
mod tests {
    use crate::report::html::html;
    use crate::report::markdown;
    use crate::sample::{design, records};
    use crate::{Analysis, Design};

    fn factorial() -> Design {
        let mut design = design();
        for (arm, level) in design.arms.iter_mut().zip(["max", "mean"]) {
            arm.levels = [("pool".to_owned(), level.to_owned())].into();
        }
        design
    }

    #[test]
    fn the_section_has_a_line_for_every_effect() {
        let analysis = Analysis::of(&factorial(), &records()).unwrap();
        let comparison = analysis.comparison("avg").unwrap();
        let mean = crate::number::points(comparison.judgement.mean.unwrap());
        let line = format!("| pool: mean − max | 1 | 10 | {mean} |");
        let text = markdown(&analysis);
        assert!(text.contains("## Factors") && text.contains(&line), "{line}\n{text}");
        let page = html(&analysis, &records());
        assert!(page.contains("<h2 id=\"factors\">") && page.contains("pool: mean − max"));
        let plain = Analysis::of(&design(), &records()).unwrap();
        assert!(!markdown(&plain).contains("## Factors"));
    }

    #[test]
    fn where_looks_are_planned_effects_are_said_to_decide_nothing() {
        let looks = Design { looks: vec![9, 10], ..factorial() };
        let text = markdown(&Analysis::of(&looks, &records()).unwrap());
        assert!(text.contains("not at the planned looks"), "{text}");
    }
}
