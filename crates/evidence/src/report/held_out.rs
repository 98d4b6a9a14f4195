//! What was held out of the training part, and how the rest was scaled.

use std::fmt::Write;

use super::markdown::{cell, table};
use crate::analysis::Analysis;
use crate::number::{or_dash, percent, percent_interval};

/// Scores on the images that were held out, or nothing where there are none.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    if analysis.validation.is_empty() {
        return None;
    }
    let mut text = "## Validation images\n\n".to_owned();
    let title = format!("validation {} (%)", cell(&analysis.design.metric));
    let heads = ["arm", "runs", &title, "95 % interval"];
    table(&mut text, &heads, &analysis.validation, |arm| {
        vec![
            format!("`{}`", cell(&arm.arm)),
            arm.runs.to_string(),
            or_dash(arm.mean, percent),
            or_dash(arm.interval, percent_interval),
        ]
    });
    text.push_str("\nImages of the training part that were not trained on: for choices. The answers rest on the test images.\n");
    Some(text)
}

/// Lines on how the training part was divided and scaled.
pub(super) fn lines(analysis: &Analysis) -> String {
    let mut text = String::new();
    if let Some(division) = &analysis.design.dataset.division {
        let _ = writeln!(text, "- Validation: {}; the test part is never divided", cell(division));
    }
    if let Some(range) = &analysis.scaling {
        let (least, most) = (&range.least, &range.most);
        let _ = writeln!(
            text,
            "- Scaling: mean {}, deviation {} per channel of pixels in 0 to 1, measured on the images trained on alone",
            channels(&least.mean, &most.mean),
            channels(&least.deviation, &most.deviation)
        );
    }
    text
}

/// A value per channel, or a range where runs differ: `0.2860`, `0.4915 to 0.4923`.
fn channels(least: &[f64], most: &[f64]) -> String {
    let shown = least.iter().zip(most).map(|(least, most)| {
        match (format!("{least:.4}"), format!("{most:.4}")) {
            (least, most) if least == most => least,
            (least, most) => format!("{least} to {most}"),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::report::markdown;
    use crate::sample::{design, record};
    use crate::{Analysis, Scaling};

    #[test]
    fn division_scaling_and_validation_scores_are_told_where_there_are_any() {
        let mut design = design();
        design.dataset.division = Some("5 folds of the training part".to_owned());
        let run = |seed: u64, mean: f64| {
            let mut record = record("max", seed, 0.9);
            record.scaling = Some(Scaling { mean: vec![mean], deviation: vec![0.25] });
            record.scores.insert("validation_accuracy".to_owned(), 0.8);
            record
        };
        let text = markdown(&Analysis::of(&design, &[run(1, 0.28), run(2, 0.29)]).unwrap());
        for line in [
            "- Validation: 5 folds of the training part; the test part is never divided\n",
            "- Scaling: mean 0.2800 to 0.2900, deviation 0.2500 per channel",
            "| `max` | 2 | 80.00 | [80.00, 80.00] |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
