//! The section on scores beside the one that decides.

use std::fmt::Write;

use super::markdown::{cell, table};
use crate::analysis::{Analysis, OtherComparison, OtherScore};
use crate::number::{or_dash, p_value, percent, points, points_interval};
use crate::verdict::ALPHA;

/// Two tables, or nothing where the study judges by one score.
pub(super) fn section(analysis: &Analysis) -> Option<String> {
    if analysis.other_scores.is_empty() {
        return None;
    }
    let mut text = format!("## Other scores\n\n{MEANS}:\n\n");
    let arms = analysis.design.arms.iter().map(|arm| format!("`{}`", cell(&arm.name)));
    let heads: Vec<String> = std::iter::once("score".to_owned()).chain(arms).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    table(&mut text, &heads, &analysis.other_scores, |score: &OtherScore| {
        let means = score.arms.iter().map(|arm| or_dash(arm.mean, percent));
        std::iter::once(format!("`{}`", cell(&score.note.metric))).chain(means).collect()
    });
    let _ = write!(text, "\n{}\n\n", reading(analysis));
    table(&mut text, &HEADS, &pairs(analysis), |(score, comparison)| {
        let [count, mean, interval, p, within] = numbers(comparison);
        let (arm, against) = (cell(&comparison.arm), cell(&comparison.against));
        vec![
            format!("`{}`", cell(&score.note.metric)),
            format!("`{arm}` − `{against}`"),
            count,
            mean,
            interval,
            p,
            within,
            comparison.judgement.verdict.phrase(),
        ]
    });
    for line in lost(analysis) {
        let _ = write!(text, "\n{}\n", cell(&line));
    }
    Some(text)
}

/// What the first table shows.
pub(super) const MEANS: &str = "Mean over runs (%)";

/// The columns of the second table.
pub(super) const HEADS: [&str; 8] = [
    "score",
    "arm against partner",
    "pairs",
    "difference (points)",
    "95 % interval",
    "p",
    "p within margin",
    "verdict",
];

/// How the second table is to be read.
pub(super) fn reading(analysis: &Analysis) -> String {
    let scores = &analysis.other_scores;
    let margins: Vec<String> = scores
        .iter()
        .map(|score| format!("`{}` ±{:.2}", cell(&score.note.metric), 100.0 * score.note.margin))
        .collect();
    let mut text = format!(
        "Compared as the score that decides is: the same pairs, the same test{}. The comparisons by a score are a family of their own (Holm), so each score has its own 5 %, and none of them answers a question above. Margins in points: {}.",
        if analysis.looks.is_empty() { "" } else { ", the same looks" },
        margins.join(", ")
    );
    let late: Vec<String> = scores
        .iter()
        .filter(|score| score.note.afterwards)
        .map(|score| format!("`{}`", cell(&score.note.metric)))
        .collect();
    if !late.is_empty() {
        let _ = write!(
            text,
            " Not planned, but asked for when this report was made, with its margin: {}.",
            late.join(", ")
        );
    }
    text
}

/// Every comparison by every other score.
pub(super) fn pairs(analysis: &Analysis) -> Vec<(&OtherScore, &OtherComparison)> {
    let mut pairs = Vec::new();
    for score in &analysis.other_scores {
        pairs.extend(score.comparisons.iter().map(|comparison| (score, comparison)));
    }
    pairs
}

/// Pairs, difference, interval and both p values of a comparison.
pub(super) fn numbers(comparison: &OtherComparison) -> [String; 5] {
    let judgement = &comparison.judgement;
    [
        judgement.n.to_string(),
        or_dash(judgement.mean, points),
        or_dash(judgement.interval, points_interval),
        p_value(judgement.p, ALPHA),
        p_value(judgement.equivalence_p, ALPHA),
    ]
}

/// A sentence for each score that runs are over without.
pub(super) fn lost(analysis: &Analysis) -> Vec<String> {
    let sentence = |score: &OtherScore| {
        let mut lost: Vec<&str> =
            score.comparisons.iter().flat_map(|c| &c.lost).map(String::as_str).collect();
        lost.sort_unstable();
        lost.dedup();
        let of = &score.note.metric;
        (!lost.is_empty()).then(|| format!("Pairs lost to `{of}`: {}.", lost.join("; ")))
    };
    analysis.other_scores.iter().filter_map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use crate::report::{html::html, markdown, terminal};
    use crate::sample::{design, records};
    use crate::{Analysis, Design, Record, ScoreNote, Verdict};

    fn noted(metric: &str, margin: f64, afterwards: bool) -> Design {
        let note = ScoreNote { metric: metric.to_owned(), margin, afterwards };
        Design { also: vec![note], ..design() }
    }

    /// The sample with a second score: the accuracy, but for two arms that trade places by it.
    fn scored() -> Vec<Record> {
        let mut records = records();
        for run in &mut records {
            let gain = match run.arm.as_str() {
                "none" => -0.05,
                "decimate" => 0.05,
                _ => 0.0,
            };
            let score = run.scores["accuracy"] + gain;
            run.scores.insert("recall".to_owned(), score);
        }
        records
    }

    #[test]
    fn another_score_is_judged_exactly_as_if_it_decided() {
        let records = scored();
        let beside = Analysis::of(&noted("recall", 0.02, false), &records).unwrap();
        let decides = Design { metric: "recall".to_owned(), margin: 0.02, ..design() };
        let alone = Analysis::of(&decides, &records).unwrap();
        let plain = Analysis::of(&design(), &records).unwrap();
        assert_eq!(beside.comparisons, plain.comparisons, "the score that decides is as it was");
        assert_eq!(beside.answers, plain.answers);
        let score = &beside.other_scores[0];
        for (one, other) in score.comparisons.iter().zip(&alone.comparisons) {
            assert_eq!((&one.arm, &one.judgement), (&other.arm, &other.judgement));
        }
        let of = |arm: &str| score.comparison(arm).unwrap().judgement.verdict;
        assert!(matches!(of("none"), Verdict::Hurts { .. }), "by accuracy it helps");
        assert!(matches!(of("decimate"), Verdict::Helps { .. }), "by accuracy it hurts");
        assert_eq!(score.arms[4].mean, alone.arm("none").unwrap().mean);
    }

    #[test]
    fn another_score_is_judged_at_the_looks_of_the_study() {
        let records = scored();
        let looks = |design: Design| Design { looks: vec![9, 10], ..design };
        let beside = Analysis::of(&looks(noted("recall", 0.02, false)), &records).unwrap();
        let decides = Design { metric: "recall".to_owned(), margin: 0.02, ..design() };
        let alone = Analysis::of(&looks(decides), &records).unwrap();
        for (one, other) in beside.other_scores[0].comparisons.iter().zip(&alone.comparisons) {
            assert_eq!(one.judgement, other.judgement);
        }
        assert_eq!(beside.other_scores[0].comparisons[3].judgement.look, 1);
    }

    #[test]
    fn every_form_of_the_report_has_them_and_says_which_were_not_planned() {
        let records = scored();
        let planned = Analysis::of(&noted("recall", 0.02, false), &records).unwrap();
        let late = Analysis::of(&noted("recall", 0.02, true), &records).unwrap();
        let page = |analysis: &Analysis| html(analysis, &records);
        for text in [markdown(&planned), page(&planned), terminal(&planned)] {
            assert!(text.contains("Other scores") && text.contains("recall"), "{text}");
            assert!(text.contains("±2.00") && !text.contains("Not planned"), "{text}");
        }
        for text in [markdown(&late), page(&late), terminal(&late)] {
            assert!(text.contains("Not planned"), "{text}");
        }
        let line = markdown(&planned);
        let line = line.lines().find(|l| l.starts_with("| `recall` | `none` − `max` |")).unwrap();
        assert!(line.ends_with("| hurts |"), "{line}");
        assert!(!markdown(&Analysis::of(&design(), &records).unwrap()).contains("Other scores"));
    }

    #[test]
    fn a_run_without_the_score_is_a_lost_pair_that_is_named() {
        let mut records = scored();
        let lacks = |run: &&mut Record| run.arm == "none" && run.seed == 3;
        records.iter_mut().find(lacks).unwrap().scores.remove("recall");
        let analysis = Analysis::of(&noted("recall", 0.02, false), &records).unwrap();
        let comparison = analysis.other_scores[0].comparison("none").unwrap();
        assert_eq!(comparison.judgement.n, 9);
        assert_eq!(comparison.lost, ["`none` seed 3 has no score `recall`"]);
        assert!(markdown(&analysis).contains("`none` seed 3 has no score `recall`."));
        assert_eq!(analysis.comparison("none").unwrap().judgement.n, 10);
    }

    #[test]
    fn a_planned_score_that_no_run_has_leaves_the_rest_of_the_report_as_it_is() {
        let records = scored();
        let analysis = Analysis::of(&noted("ap_large", 0.02, false), &records).unwrap();
        let plain = Analysis::of(&design(), &records).unwrap();
        assert_eq!(analysis.comparisons, plain.comparisons);
        let score = &analysis.other_scores[0];
        assert!(score.arms.iter().all(|arm| (arm.runs, arm.mean) == (0, None)));
        assert!(score.comparisons.iter().all(|c| c.judgement.n == 0 && c.lost.len() == 20));
        let text = markdown(&analysis);
        assert!(text.contains("| `ap_large` | – |") && text.contains("has no score `ap_large`"));
    }

    #[test]
    fn scores_that_cannot_be_judged_are_refused() {
        let refusal = |design: &Design| {
            Analysis::of(design, &scored()).expect_err("must be refused").to_string()
        };
        let unknown = refusal(&noted("beauty", 0.02, true));
        assert!(unknown.ends_with("no run has a score `beauty`; they have accuracy, recall"));
        let decides = refusal(&noted("accuracy", 0.02, false));
        assert!(decides.contains("`accuracy` decides; expected other scores"), "{decides}");
        let margin = refusal(&noted("recall", 0.0, false));
        assert!(margin.contains("the margin of recall is 0; expected"), "{margin}");
        let mut twice = noted("recall", 0.02, false);
        twice.also.push(twice.also[0].clone());
        assert!(refusal(&twice).contains("score `recall` is listed twice"));
        let mut records = scored();
        records[0].scores.insert("recall".to_owned(), 3.0);
        let error = Analysis::of(&noted("recall", 0.02, false), &records).unwrap_err().to_string();
        assert!(error.contains("score `recall` is 3; expected a number from -1 to 1"), "{error}");
        assert!(Analysis::of(&noted("beauty", 0.02, false), &[]).is_ok(), "nothing has run yet");
    }
}
