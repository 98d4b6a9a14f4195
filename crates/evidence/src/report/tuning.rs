//! The section on the learning rates that were tried before the study.

use std::fmt::Write;

use super::markdown::{cell, table};
use crate::analysis::Analysis;
use crate::number::{or_dash, percent};
use crate::{TunedArm, TuningNote};

/// What was tried and chosen, or nothing where nothing was.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    let tuning = analysis.design.tuning.as_ref()?;
    let mut text = "## Learning rates\n\n".to_owned();
    let heads = heads(tuning);
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    table(&mut text, &heads, &tuning.arms, |arm| {
        let tried = arm.tried.iter().enumerate().map(|(place, tried)| {
            let shown = or_dash(tried.validation, percent);
            if arm.place() == Some(place) { format!("**{shown}**") } else { shown }
        });
        let names = [format!("`{}`", cell(&arm.arm)), arm.learning_rate.to_string()];
        names.into_iter().chain(tried).collect()
    });
    let _ = writeln!(text, "\n{}", reading(analysis, tuning));
    for warning in tuning.arms.iter().filter_map(TunedArm::warning) {
        let _ = writeln!(text, "\n> **At the end of the list:** {warning}");
    }
    Some(text)
}

/// The heads of the table: the arm, what was chosen, and every rate.
pub(super) fn heads(tuning: &TuningNote) -> Vec<String> {
    let tried = tuning.arms.first().map_or(&[][..], |arm| &arm.tried);
    let rates = tried.iter().map(|tried| format!("at {} (%)", tried.learning_rate));
    ["arm", "chosen"].map(str::to_owned).into_iter().chain(rates).collect()
}

/// How a rate was chosen, as a sentence.
pub(super) fn reading(analysis: &Analysis, tuning: &TuningNote) -> String {
    format!(
        "Mean validation {} of runs with {}, each {}, before the first run of the study. The best rate of each arm is the one that the study trains it with, of equals the smallest; no test image had a part in it. A dash is a rate with which a run diverged.",
        analysis.design.validation_metric(),
        match &tuning.seeds[..] {
            [seed] => format!("seed {seed}"),
            seeds =>
                format!("seeds {}", seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
        },
        tuning.budget,
    )
}

#[cfg(test)]
mod tests {
    use crate::report::html::html;
    use crate::report::markdown;
    use crate::sample::{design, record};
    use crate::{Analysis, Design, TriedRate, TunedArm, TuningNote};

    fn tuned(arm: &str, chosen: f64, scores: [Option<f64>; 3]) -> TunedArm {
        let tried = [0.01, 0.1, 1.0].into_iter().zip(scores);
        let tried =
            tried.map(|(learning_rate, validation)| TriedRate { learning_rate, validation });
        TunedArm { arm: arm.to_owned(), learning_rate: chosen, tried: tried.collect() }
    }

    #[test]
    fn what_was_tried_is_told_with_a_warning_where_the_best_is_at_an_end() {
        let arms = vec![
            tuned("max", 0.1, [Some(0.7), Some(0.81), Some(0.5)]),
            tuned("none", 0.01, [Some(0.9), Some(0.8), None]),
            tuned("avg", 1.0, [Some(0.1), Some(0.2), Some(0.3)]),
        ];
        let tuning = TuningNote { seeds: vec![7], budget: "2 epochs".to_owned(), arms };
        let records = [record("max", 1, 0.9)];
        let design = Design { tuning: Some(tuning), ..design() };
        let analysis = Analysis::of(&design, &records).unwrap();
        let text = markdown(&analysis);
        for line in [
            "| arm | chosen | at 0.01 (%) | at 0.1 (%) | at 1 (%) |",
            "| `max` | 0.1 | 70.00 | **81.00** | 50.00 |",
            "| `none` | 0.01 | **90.00** | 80.00 | – |",
            "> **At the end of the list:** `none` was best at 0.01, the smallest rate that was tried: a smaller one may be better.",
            "> **At the end of the list:** `avg` was best at 1, the largest rate that was tried: a larger one may be better.",
            "Mean validation accuracy of runs with seed 7, each 2 epochs,",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert_eq!(text.matches("At the end of the list").count(), 2);
        let page = html(&analysis, &records);
        assert!(page.contains("<h2 id=\"tuning\">Learning rates</h2>"), "{page}");
        assert_eq!(page.matches("may be better").count(), 2);
    }
}
