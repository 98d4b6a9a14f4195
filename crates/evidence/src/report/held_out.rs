//! The section on images that were held out of the training part.

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
    Some(text + "\n" + READING + "\n")
}

/// What the scores are for.
pub(super) const READING: &str = "Images of the training part that were not trained on: for choices. The answers rest on the test images.";

#[cfg(test)]
mod tests {
    use crate::report::html::html;
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
        let records = [run(1, 0.28), run(2, 0.29)];
        let analysis = Analysis::of(&design, &records).unwrap();
        let text = markdown(&analysis);
        for line in [
            "- Validation: 5 folds of the training part; the test part is never divided\n",
            "- Scaling: mean 0.2800 to 0.2900, deviation 0.2500 per channel",
            "| `max` | 2 | 80.00 | [80.00, 80.00] |",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let page = html(&analysis, &records);
        for part in [
            "<dt>Validation</dt><dd>5 folds of the training part; the test part is never divided</dd>",
            "<dt>Scaling</dt><dd>mean 0.2800 to 0.2900, deviation 0.2500 per channel",
            "<td data-sort=\"0.8\">80.00</td>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }
}
