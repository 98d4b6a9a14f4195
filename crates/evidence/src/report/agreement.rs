//! The section on how far the networks of an arm agree with each other.

use super::markdown::{cell, table};
use crate::analysis::{Agreement, Analysis};
use crate::number::{or_dash, percent, points, points_interval};

/// A table, or nothing where records do not say what was answered.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    if analysis.agreement.is_empty() {
        return None;
    }
    let mut text = "## Agreement between seeds\n\n".to_owned();
    table(&mut text, &HEADS, &analysis.agreement, |arm: &Agreement| {
        let first = [format!("`{}`", cell(&arm.arm)), arm.runs.to_string()];
        first.into_iter().chain(numbers(arm)).collect()
    });
    Some(text + "\n" + READING + "\n")
}

pub(super) const HEADS: [&str; 7] = [
    "arm",
    "runs",
    "churn (%)",
    "disagreement (%)",
    "gain of all together (points)",
    "churn − the partner's (points)",
    "95 % interval",
];

/// How the table is to be read.
pub(super) const READING: &str = "Churn is the share of test images that two seeds of an arm take for different classes. Disagreement is the share of answers that are not what most seeds say; the gain is what the answers of most seeds are more accurate than those of one. The article calls a network without pooling noisy, so it would have more of each. The difference is over the seeds of both arms, its interval a jackknife over seeds, unadjusted: it decides nothing.";

/// The columns after the first two.
pub(super) fn numbers(arm: &Agreement) -> [String; 5] {
    [
        or_dash(arm.churn, percent),
        or_dash(arm.disagreement, percent),
        or_dash(arm.gain, points),
        or_dash(arm.extra_churn, points),
        or_dash(arm.extra_interval, points_interval),
    ]
}

#[cfg(test)]
mod tests {
    use crate::report::html::html;
    use crate::report::markdown;
    use crate::sample::{design, record};
    use crate::{Analysis, Taken};

    #[test]
    fn the_section_has_a_line_for_every_arm() {
        let run = |seed: u64, classes: [usize; 4]| {
            let mut run = record("max", seed, 0.9);
            run.marks = Some(classes.iter().map(|&class| class == 1).collect());
            run.taken = Taken::new(classes);
            run
        };
        let records = [run(1, [1, 1, 1, 0]), run(2, [1, 1, 0, 1])];
        let analysis = Analysis::of(&design(), &records).unwrap();
        let text = markdown(&analysis);
        assert!(text.contains("| `max` | 2 | 50.00 | 25.00 | "), "{text}");
        let page = html(&analysis, &records);
        assert!(page.contains("<h2 id=\"agreement\">Agreement between seeds"), "{page}");
    }
}
