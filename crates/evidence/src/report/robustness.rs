//! The section on corrupted images.

use std::fmt::Write;

use super::markdown::{cell, plots, table};
use crate::analysis::{Analysis, ArmRobustness, ErrorAt, Robustness};
use crate::number::{or_dash, percent, plural, points, points_interval, ratio_interval};

/// Two tables, or nothing where the study asks nothing of robustness.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    let robustness = analysis.robustness.as_ref()?;
    let mut text = format!("## Robustness\n\n{}\n\n", damaged(analysis, robustness));
    let heads = [
        "arm",
        "pairs",
        "clean error (%)",
        "corrupted error (%)",
        "mCE (%)",
        "95 % interval",
        "degradation (points)",
        "against the baseline",
        "95 % interval",
    ];
    table(&mut text, &heads, &robustness.arms, |arm: &ArmRobustness| {
        vec![
            format!("`{}`", cell(&arm.arm)),
            arm.pairs.to_string(),
            or_dash(arm.clean_error, percent),
            or_dash(arm.error, percent),
            or_dash(arm.mce, percent),
            or_dash(arm.mce_interval, ratio_interval),
            or_dash(arm.degradation, points),
            or_dash(arm.extra_degradation, points),
            or_dash(arm.extra_interval, points_interval),
        ]
    });
    let _ = write!(text, "\n{}\n\n", reading(analysis));
    if !robustness.severities.is_empty() {
        let _ = write!(text, "{BY_SEVERITY}:\n\n{}\n", by_severity(robustness));
    }
    let _ = write!(text, "{ERRORS}:\n\n{}\n", by_corruption(robustness));
    text.push_str(&plots(analysis, &["severity", "corruptions"]));
    Some(text)
}

/// What the errors of the second table are.
pub(super) const ERRORS: &str = "Mean error over severities and runs (%)";

/// What the errors of the table of severities are.
pub(super) const BY_SEVERITY: &str = "Mean error over corruptions and runs by severity (%), and in brackets the mean over them of the error divided by that of the baseline (%)";

/// An error at a severity: `55.00 (137.50)`.
pub(super) fn error_at(at: &ErrorAt) -> String {
    let relative = at.relative.map_or_else(String::new, |of| format!(" ({})", percent(of)));
    or_dash(at.mean, percent) + &relative
}

/// Which images the errors are on.
pub(super) fn damaged(analysis: &Analysis, robustness: &Robustness) -> String {
    format!(
        "Test images under {}, the same damaged images for every run: {}.",
        plural(robustness.corruptions.len(), "corruption"),
        corruptions(analysis)
    )
}

/// How the first table is to be read.
pub(super) fn reading(analysis: &Analysis) -> String {
    format!(
        "The mean corruption error (Hendrycks and Dietterich 2019) is the mean over corruptions of the arm's error divided by that of `{}` with the same seed; below 100 % the arm is more robust. Degradation is what corruptions add to the error. Intervals are Student's over pairs, each alone and unadjusted: they decide nothing.",
        analysis.design.baseline
    )
}

/// The corruptions with their severities: `fog (1, 3)`.
fn corruptions(analysis: &Analysis) -> String {
    let notes = analysis.design.corruptions.iter().map(|note| {
        let severities: Vec<String> = note.severities.iter().map(u8::to_string).collect();
        match &severities[..] {
            [] => cell(&note.name),
            all => format!("{} ({})", cell(&note.name), all.join(", ")),
        }
    });
    notes.collect::<Vec<_>>().join(", ")
}

/// Mean errors, a corruption a line.
fn by_corruption(robustness: &Robustness) -> String {
    let names: Vec<String> = robustness.corruptions.iter().map(|name| cell(name)).collect();
    by_arm(robustness, "corruption", &names, |arm, nth| or_dash(arm.errors[nth], percent))
}

/// Mean errors, a severity a line.
fn by_severity(robustness: &Robustness) -> String {
    let severities = std::iter::once(0).chain(robustness.severities.iter().copied());
    let names: Vec<String> = severities.map(|severity| severity.to_string()).collect();
    by_arm(robustness, "severity", &names, |arm, nth| error_at(&arm.by_severity[nth]))
}

/// A table with an arm a column.
fn by_arm(
    robustness: &Robustness,
    head: &str,
    names: &[String],
    shown: impl Fn(&ArmRobustness, usize) -> String,
) -> String {
    let mut text = String::new();
    let arms = robustness.arms.iter().map(|arm| format!("`{}`", cell(&arm.arm)));
    let heads: Vec<String> = std::iter::once(head.to_owned()).chain(arms).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let rows: Vec<(usize, &String)> = names.iter().enumerate().collect();
    table(&mut text, &heads, &rows, |&(nth, name)| {
        let errors = robustness.arms.iter().map(|arm| shown(arm, nth));
        std::iter::once(name.clone()).chain(errors).collect()
    });
    text
}

#[cfg(test)]
mod tests {
    use crate::report::html::html;
    use crate::report::markdown;
    use crate::sample::{design, record};
    use crate::{Analysis, Design};
    use crate::{CorruptedScore, CorruptionNote};

    #[test]
    fn the_section_has_a_line_per_arm_and_per_corruption() {
        let fog = CorruptionNote { name: "fog".to_owned(), severities: vec![1, 3] };
        let design = Design { corruptions: vec![fog], ..design() };
        let run = |arm: &str, seed: u64, accuracy: f64| {
            let mut record = record(arm, seed, 0.9);
            record.corrupted = [1, 3]
                .map(|at| CorruptedScore {
                    corruption: "fog".to_owned(),
                    severity: Some(at),
                    accuracy: accuracy - 0.1 * f64::from(at),
                })
                .to_vec();
            record
        };
        let records =
            [run("max", 1, 0.8), run("none", 1, 0.7), run("max", 2, 0.8), run("none", 2, 0.6)];
        let analysis = Analysis::of(&design, &records).unwrap();
        let text = markdown(&analysis);
        for line in [
            "Test images under 1 corruption, the same damaged images for every run: fog (1, 3).",
            "| `max` | 2 | 10.00 | 40.00 | 100.00 | – | +30.00 | – | – |",
            "| `none` | 2 | 10.00 | 55.00 | 137.50 | [−21.33, 296.33] | +45.00 | +15.00 | [−48.53, +78.53] |",
            "| fog | 40.00 | – | – | – | 55.00 | – | – |",
            "| 0 | 10.00 (100.00) | – | – | – | 10.00 (100.00) | – | – |",
            "| 3 | 50.00 (100.00) | – | – | – | 65.00 (130.00) | – | – |",
            "](severity.svg)\n\n![Error under each corruption by severity](corruptions.svg)",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        let page = html(&analysis, &records);
        for part in [
            "<h2 id=\"robustness\">Robustness</h2>\n<p>Test images under 1 corruption, the same damaged images for every run: fog (1, 3).</p>",
            ">137.50</td>",
            ">[−21.33, 296.33]</td>",
            "<code>fog</code></th>",
            ">65.00 (130.00)</td>",
            "id=\"severity-title\"",
            "id=\"corruptions-narrow-title\"",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        let without = markdown(&Analysis::of(&crate::sample::design(), &records).unwrap());
        assert!(!without.contains("Robustness"));
    }
}
