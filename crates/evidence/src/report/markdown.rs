//! `report.md`: the answers first, then everything they rest on.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::method::{Fact, extent, facts, missing};
use super::svg::{self, Layout};
use super::{
    agreement, effects, ending, held_out, measures, other_scores, robustness, similarity, spending,
    tuning,
};
use crate::analysis::{Analysis, ArmSummary, Comparison};
use crate::number::{
    bytes, grouped, large, or_dash, p_value, percent, percent_interval, plural, points,
    points_interval, ratio, seconds,
};
use crate::stats::Crossed;
use crate::verdict::ALPHA;

/// The report as Markdown, with its plots linked by file name.
pub fn markdown(analysis: &Analysis) -> String {
    let sections = [
        head(analysis),
        answers(analysis),
        claims(analysis),
        arms(analysis),
        comparisons(analysis),
        other_scores::section(analysis).unwrap_or_default(),
        effects::section(analysis).unwrap_or_default(),
        robustness::section(analysis).unwrap_or_default(),
        measures::section(analysis).unwrap_or_default(),
        agreement::section(analysis).unwrap_or_default(),
        similarity::section(analysis).unwrap_or_default(),
        costs(analysis),
        spending::section(analysis).unwrap_or_default(),
        ending::section(analysis).unwrap_or_default(),
        tuning::section(analysis).unwrap_or_default(),
        plots(analysis, &["curves", "layers", "memory"]),
        classes(analysis),
        held_out::section(analysis).unwrap_or_default(),
        method(analysis),
        cross_checks(analysis),
        rebuild(),
    ];
    let sections: Vec<String> = sections.into_iter().filter(|text| !text.is_empty()).collect();
    sections.join("\n")
}

fn head(analysis: &Analysis) -> String {
    let question = plain(&analysis.design.question);
    let mut text = format!("# {question}\n\n{}\n", plain(&extent(analysis)));
    if let Some(missing) = missing(analysis) {
        let _ = writeln!(text, "\n> **Not complete:** {missing}");
    }
    text
}

fn answers(analysis: &Analysis) -> String {
    let mut text = "## Four answers\n".to_owned();
    for (number, answer) in (1..).zip(&analysis.answers) {
        let _ = write!(text, "\n### {number}. {}\n\n**{}.**\n\n", answer.question, answer.answer);
        for sentence in &answer.because {
            let _ = writeln!(text, "- {}", plain(sentence));
        }
        for caveat in &answer.caveats {
            let _ = writeln!(text, "- *Caveat:* {}", plain(caveat));
        }
    }
    text
}

fn claims(analysis: &Analysis) -> String {
    let mut text = "## Seven claims\n\nWhat the article says of pooling, and what these records say to it on this data and budget. Ratios are arm to partner, with 95 % intervals.\n".to_owned();
    for claim in &analysis.claims {
        let (id, words, finding) = (claim.id, claim.claim, claim.finding.words());
        let _ = write!(text, "\n**{id}, {words}: {finding}.** Rule: {}.", claim.rule);
        for sentence in &claim.because {
            let _ = write!(text, " {}", plain(sentence));
        }
        if !claim.not_measured.is_empty() {
            let _ = write!(text, " Not measured: {}.", claim.not_measured.join("; "));
        }
        text.push('\n');
    }
    text
}

fn arms(analysis: &Analysis) -> String {
    let title = format!("{} (%)", plain(&analysis.design.judged()));
    let mut text = "## Arms\n\n".to_owned();
    let heads =
        ["arm", "runs", &title, "95 % interval", "parameters", "MACs", "peak memory", "s / epoch"];
    table(&mut text, &heads, &analysis.arms, |arm| {
        vec![
            format!("`{}`", cell(&arm.name)),
            format!("{} of {}", arm.done, arm.planned()),
            or_dash(arm.mean, percent),
            or_dash(arm.interval, percent_interval),
            or_dash(arm.costs, |costs| grouped(costs.parameters)),
            or_dash(arm.costs, |costs| large(costs.macs)),
            or_dash(arm.costs, |costs| bytes(costs.peak_bytes)),
            or_dash(arm.epoch_seconds, seconds),
        ]
    });
    text.push_str(
        "\nThe interval is Student's, of each arm alone; it does not tell arms apart, the paired comparisons below do.\nMACs are multiply-adds of one forward pass of one image; peak memory is the high-water mark of tensors in training.\n",
    );
    for arm in analysis.arms.iter().filter(|arm| arm.costs_vary) {
        let _ = writeln!(
            text,
            "Runs of `{}` disagree about their costs; the largest are shown.",
            arm.name
        );
    }
    text.push('\n');
    for arm in &analysis.arms {
        let _ = writeln!(text, "- `{}`: {}{}", arm.name, plain(&arm.about), partner(arm));
    }
    let _ = write!(text, "\n{}", plots(analysis, &["accuracy"]));
    text
}

fn partner(arm: &ArmSummary) -> String {
    if arm.is_baseline() {
        " (baseline)".to_owned()
    } else {
        format!(" (against `{}`)", arm.against)
    }
}

fn comparisons(analysis: &Analysis) -> String {
    let mut text = "## Paired comparisons\n\n".to_owned();
    let heads = [
        "arm against partner",
        "pairs",
        "difference (points)",
        "95 % interval",
        "p",
        "90 % interval",
        "p within margin",
        "verdict",
    ];
    table(&mut text, &heads, &analysis.comparisons, |comparison| {
        let judgement = &comparison.judgement;
        vec![
            versus(comparison),
            judgement.n.to_string(),
            or_dash(judgement.mean, points),
            or_dash(judgement.interval, points_interval),
            p_value(judgement.p, ALPHA),
            or_dash(judgement.equivalence_interval, points_interval),
            p_value(judgement.equivalence_p, ALPHA),
            judgement.verdict.phrase(),
        ]
    });
    let _ = write!(
        text,
        "\nEverything here is adjusted for {} (Holm). The first p says whether there is a difference, and the 95 % interval excludes zero exactly when it is at most 0.05. The second says whether the difference is within ±{:.2} points, and the 90 % interval lies inside the margin exactly when it is at most 0.05.\n\n{}",
        plural(analysis.comparisons.len(), "comparison"),
        100.0 * analysis.design.margin,
        plots(analysis, &["differences"])
    );
    text
}

fn costs(analysis: &Analysis) -> String {
    let mut text = "## Costs relative to the partner\n\n".to_owned();
    let heads =
        ["arm against partner", "parameters", "MACs", "peak memory", "s / epoch", "95 % interval"];
    table(&mut text, &heads, &analysis.comparisons, |comparison| {
        let costs = comparison.costs.as_ref();
        let time = costs.and_then(|costs| costs.seconds);
        vec![
            versus(comparison),
            or_dash(costs, |costs| ratio(costs.parameters)),
            or_dash(costs, |costs| ratio(costs.macs)),
            or_dash(costs, |costs| ratio(costs.peak_bytes)),
            or_dash(time, |time| ratio(time.ratio)),
            or_dash(time.and_then(|time| time.interval), |i| {
                format!("{} to {}", ratio(i.low), ratio(i.high))
            }),
        ]
    });
    let shared =
        if analysis.jobs() > 1 { " Times are of runs that shared the machine." } else { "" };
    let _ = write!(
        text,
        "\nParameters, MACs and memory are exact. Seconds are measured: geometric mean over pairs, first epoch left out.{shared}\n\n{}",
        plots(analysis, &["cost", "time"])
    );
    text
}

fn method(analysis: &Analysis) -> String {
    let mut text = "## How it was measured\n\n".to_owned();
    for Fact { term, text: said } in facts(analysis) {
        let _ = writeln!(text, "- {term}: {}", plain(&said));
    }
    text
}

fn cross_checks(analysis: &Analysis) -> String {
    let mut text = "## Cross-checks\n\nOther views of the same differences, each alone and unadjusted. They decide nothing: at ten seeds the bootstrap holds the truth about 90 % of the time, not 95 %.\n\n".to_owned();
    let heads = [
        "arm against partner",
        "Student's t",
        "bootstrap (BCa from 8 pairs on)",
        "Wilcoxon p",
        "correlation of pairs",
        "sd of differences (points)",
        "Hedges' g",
        "chance that a run beats the partner's",
    ];
    table(&mut text, &heads, &analysis.comparisons, |comparison| {
        let effect = comparison.effect;
        let chance = effect.map(|effect| {
            let interval = effect.improvement_interval;
            let interval =
                interval.map_or_else(String::new, |i| format!(" [{:.2}, {:.2}]", i.low, i.high));
            format!("{:.2}{interval}", effect.improvement)
        });
        vec![
            versus(comparison),
            or_dash(comparison.cross_check.student, points_interval),
            or_dash(comparison.cross_check.bootstrap, points_interval),
            or_dash(comparison.cross_check.wilcoxon, |ranks| p_value(ranks.p, ALPHA)),
            or_dash(comparison.correlation, plain_number),
            or_dash(comparison.judgement.sd, percent),
            or_dash(effect.and_then(|effect| effect.hedges), plain_number),
            or_dash(chance, |chance| chance),
        ]
    });
    text.push_str(&other_images(analysis));
    text
}

/// How sure the differences are for other test images, where the records mark each image.
fn other_images(analysis: &Analysis) -> String {
    let known: Vec<(&Comparison, Crossed)> = analysis
        .comparisons
        .iter()
        .filter_map(|comparison| Some((comparison, comparison.crossed?)))
        .collect();
    if known.is_empty() {
        return String::new();
    }
    let mut text = "\nFor other seeds *and* other images of the same kind; the floor is the standard error that no number of seeds takes away.\n\n".to_owned();
    let heads = [
        "arm against partner",
        "95 % interval",
        "standard error (points)",
        "floor (points)",
        "images that the two disagree about (%)",
    ];
    table(&mut text, &heads, &known, |(comparison, crossed)| {
        vec![
            versus(comparison),
            points_interval(crossed.interval),
            percent(crossed.error),
            percent(crossed.floor),
            percent(crossed.disagreement),
        ]
    });
    text
}

/// A number without a unit, with two decimals.
fn plain_number(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}

fn rebuild() -> String {
    "## Rebuild\n\nEvery number above is computed from `runs.jsonl` in this directory: `cenote report DIRECTORY` writes this file again, byte for byte, without training.\n".to_owned()
}

/// Links to the plots of these names that the records have what it takes to draw.
pub(super) fn plots(analysis: &Analysis, names: &[&str]) -> String {
    let mut text = String::new();
    for name in names {
        let plot = svg::PLOTS.iter().find(|p| p.name == *name).expect("the plot is in the list");
        if (plot.draw)(analysis, Layout::Wide).is_some() {
            let _ = writeln!(text, "![{}]({})\n", plot.title, plot.file());
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Recall of every class; empty where no record has counts.
fn classes(analysis: &Analysis) -> String {
    let arms: Vec<&ArmSummary> =
        analysis.arms.iter().filter(|arm| !arm.classes.is_empty()).collect();
    if arms.is_empty() {
        return String::new();
    }
    let names: BTreeMap<u32, &str> = arms
        .iter()
        .flat_map(|arm| arm.classes.iter().map(|class| (class.label, class.name.as_str())))
        .collect();
    let labels: Vec<(u32, &str)> = names.into_iter().collect();
    let heads: Vec<String> =
        std::iter::once("class".to_owned()).chain(arms.iter().map(|arm| cell(&arm.name))).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut text = "## Recall of each class (%)\n\n".to_owned();
    table(&mut text, &heads, &labels, |(label, name)| {
        let recall = |arm: &&ArmSummary| {
            let class = arm.classes.iter().find(|class| class.label == *label);
            or_dash(class.and_then(|class| class.recall), percent)
        };
        std::iter::once(cell(name)).chain(arms.iter().map(recall)).collect()
    });
    text
}

fn versus(comparison: &Comparison) -> String {
    format!("`{}` − `{}`", cell(&comparison.arm), cell(&comparison.against))
}

pub(super) fn table<T>(
    text: &mut String,
    heads: &[&str],
    rows: &[T],
    cells: impl Fn(&T) -> Vec<String>,
) {
    let rule = |i: usize| if i == 0 { "---" } else { "---:" };
    let rules: Vec<&str> = (0..heads.len()).map(rule).collect();
    let _ = writeln!(text, "| {} |\n| {} |", heads.join(" | "), rules.join(" | "));
    for row in rows {
        let _ = writeln!(text, "| {} |", cells(row).join(" | "));
    }
}

/// Text that cannot break the table around it.
pub(super) fn cell(text: &str) -> String {
    plain(text).replace('|', "\\|")
}

/// Text on one line, whatever a message held.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
