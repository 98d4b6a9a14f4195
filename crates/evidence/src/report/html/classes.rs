//! What each arm does with each class.

use std::fmt::Write;

use super::table::{Cell, Table};
use super::text::{code, plain};
use crate::analysis::{ArmSummary, ClassScore};
use crate::number::{UNDEFINED, or_dash, percent, percent_interval};
use crate::{Analysis, Interval};

/// Most classes whose confusion is shown as a table of all pairs.
const MOST: usize = 24;
/// Pairs of classes that are shown instead.
const PAIRS: usize = 20;

/// Empty where no record has counts.
pub(super) fn classes(analysis: &Analysis) -> String {
    let arms: Vec<&ArmSummary> =
        analysis.arms.iter().filter(|arm| !arm.classes.is_empty()).collect();
    if arms.is_empty() {
        return String::new();
    }
    let mut html = "<div class=\"pair\">\n".to_owned();
    html.push_str(&by_arm("Recall (%): images of a class that are recognised", &arms, |class| {
        (class.recall, class.recall_interval)
    }));
    html.push_str(&by_arm(
        "Precision (%): images taken for a class that are of it",
        &arms,
        |class| (class.precision, class.precision_interval),
    ));
    html.push_str("</div>\n<p class=\"note\">Means over seeds; a cell says its 95 % interval to whoever points at it.</p>\n<h3>What is taken for what</h3>\n<p class=\"note\">Test images of all seeds together. A row is what an image shows, a column what it was taken for.</p>\n<div class=\"pair\">\n");
    for (i, arm) in arms.iter().enumerate() {
        let open = if i == 0 { " open" } else { "" };
        let body = if arm.classes.len() <= MOST { matrix(arm) } else { pairs(arm) };
        let _ = write!(
            html,
            "<details{open}>\n<summary>Confusion of {}</summary>\n{body}</details>\n",
            code(&arm.name)
        );
    }
    html.push_str("</div>\n");
    html
}

/// One row per class, one column per arm.
fn by_arm(
    caption: &'static str,
    arms: &[&ArmSummary],
    score: fn(&ClassScore) -> (Option<f64>, Option<Interval>),
) -> String {
    let heads: Vec<&str> =
        std::iter::once("class").chain(arms.iter().map(|arm| arm.name.as_str())).collect();
    let mut table = Table::new(caption, &heads);
    let mut labels: Vec<(u32, &str)> = arms
        .iter()
        .flat_map(|arm| arm.classes.iter().map(|class| (class.label, class.name.as_str())))
        .collect();
    labels.sort_unstable();
    labels.dedup();
    for (label, name) in labels {
        let mut cells = vec![Cell::text(name)];
        for arm in arms {
            let class = arm.classes.iter().find(|class| class.label == label);
            let (value, interval) = class.map_or((None, None), score);
            let says = interval.map_or_else(String::new, percent_interval);
            let shown = format!("<span title=\"{says}\">{}</span>", or_dash(value, percent));
            // From half of the images to all of them, steeply, so that what differs shows.
            let shade = value.map(|value| (2.0 * value - 1.0).max(0.0).powi(3));
            cells.push(Cell::html(shown).sorted(value).shaded(shade));
        }
        table.row(cells);
    }
    table.html()
}

fn matrix(arm: &ArmSummary) -> String {
    let counts = &arm.confusion;
    let mut html = "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Confusion of an arm\">\n<table class=\"confusion\">\n<thead><tr><th scope=\"col\" class=\"word\">is</th>".to_owned();
    for class in &arm.classes {
        let _ = write!(
            html,
            "<th scope=\"col\"><span class=\"turned\">{}</span></th>",
            plain(&class.name)
        );
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for class in &arm.classes {
        let of_class = |taken: &ClassScore| counts.get(class.label, taken.label);
        let all: u64 = arm.classes.iter().map(of_class).fold(0, u64::saturating_add);
        let _ = write!(html, "<tr><th scope=\"row\">{}</th>", plain(&class.name));
        for taken in &arm.classes {
            let images = of_class(taken);
            if images == 0 {
                html.push_str("<td></td>");
                continue;
            }
            let share = images as f64 / all as f64;
            let class = if class.label == taken.label { "right" } else { "wrong" };
            let _ = write!(html, "<td class=\"{class}\" style=\"--v:{share:.2}\">{images}</td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n</div>\n");
    html
}

/// The pairs of classes that are mistaken most, where a table of all would be too large.
fn pairs(arm: &ArmSummary) -> String {
    let name = |label: u32| {
        let class = arm.classes.iter().find(|class| class.label == label);
        class.map_or(UNDEFINED, |class| class.name.as_str())
    };
    let mut wrong: Vec<(u32, u32, u64)> =
        arm.confusion.iter().filter(|(label, taken, _)| label != taken).collect();
    wrong.sort_by_key(|&(label, taken, images)| (std::cmp::Reverse(images), label, taken));
    let mut table = Table::new("The pairs that are mistaken most", &["is", "<taken for", "images"]);
    for (label, taken, images) in wrong.into_iter().take(PAIRS) {
        table.row(vec![
            Cell::text(name(label)),
            Cell::text(name(taken)),
            Cell::value(Some(images as f64), &images.to_string()),
        ]);
    }
    table.html()
}
