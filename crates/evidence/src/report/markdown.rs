//! `report.md`: the answers first, then everything they rest on.

use std::fmt::Write;

use super::{held_out, robustness, svg};
use crate::analysis::{Analysis, ArmSummary, Comparison};
use crate::number::{
    bytes, grouped, large, or_dash, p_value, percent, percent_interval, plural, points,
    points_interval, ratio, seconds,
};
use crate::verdict::ALPHA;

/// The report as Markdown, with its plots linked by file name.
pub fn markdown(analysis: &Analysis) -> String {
    let sections = [
        Some(head(analysis)),
        Some(answers(analysis)),
        Some(arms(analysis)),
        Some(comparisons(analysis)),
        robustness::section(analysis),
        Some(costs(analysis)),
        Some(plot("curves.svg")),
        held_out::section(analysis),
        Some(method(analysis)),
        Some(cross_checks(analysis)),
        Some(rebuild()),
    ];
    sections.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn head(analysis: &Analysis) -> String {
    let design = &analysis.design;
    let census = &analysis.census;
    let mut text = format!(
        "# {}\n\nStudy `{}`: {} and {} on {}, {}; {} of {} runs done.\n",
        plain(&design.question),
        design.name,
        plural(design.arms.len(), "arm"),
        plural(design.seeds.len(), "seed"),
        plain(&design.dataset.name),
        plain(&design.budget),
        census.done,
        census.planned
    );
    if census.done < census.planned {
        let _ = writeln!(
            text,
            "\n> **Not complete:** {} diverged, {} failed, {} missing. The answers rest on the pairs that finished.",
            census.diverged, census.failed, census.missing
        );
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

fn arms(analysis: &Analysis) -> String {
    let title = format!("test {} (%)", plain(&analysis.design.metric));
    let mut text = "## Arms\n\n".to_owned();
    let heads =
        ["arm", "runs", &title, "95 % interval", "parameters", "MACs", "peak memory", "s / epoch"];
    table(&mut text, &heads, &analysis.arms, |arm| {
        vec![
            format!("`{}`", cell(&arm.name)),
            format!("{} of {}", arm.done, analysis.design.seeds.len()),
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
    let _ = write!(text, "\n{}", plot("accuracy.svg"));
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
            judgement.verdict.words().to_owned(),
        ]
    });
    let _ = write!(
        text,
        "\nEverything here is adjusted for {} (Holm). The first p says whether there is a difference, and the 95 % interval excludes zero exactly when it is at most 0.05. The second says whether the difference is within ±{:.2} points, and the 90 % interval lies inside the margin exactly when it is at most 0.05.\n\n{}",
        plural(analysis.comparisons.len(), "comparison"),
        100.0 * analysis.design.margin,
        plot("differences.svg")
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
        plot("cost.svg")
    );
    text
}

fn method(analysis: &Analysis) -> String {
    let (design, data, census) = (&analysis.design, &analysis.design.dataset, &analysis.census);
    let mut text = format!(
        "## How it was measured\n\n- Data: {}, {} training, {} validation and {} test images, checksum `{}`\n- Budget: {}\n- Seeds: {}; a seed fixes initial weights, data order and every other draw, and is shared by all arms\n- Metric: {} on the test images, margin ±{:.2} points, set before the runs\n- Plan: `{}`\n",
        plain(&data.name),
        grouped(data.train),
        grouped(data.validation),
        grouped(data.test),
        data.checksum,
        plain(&design.budget),
        seeds(&design.seeds),
        plain(&design.metric),
        100.0 * design.margin,
        design.plan
    );
    text.push_str(&held_out::lines(analysis));
    text.push_str(
        "- Test: sign flips of paired differences (exact up to 16 pairs), intervals by inverting it, equivalence by two one-sided tests, Holm over all comparisons\n- Scope: the intervals are over seeds, for this test set; they say nothing about other images or data\n- Looks: one, at the planned seeds; adding seeds because an answer is open makes false claims likelier than stated\n",
    );
    let _ = writeln!(
        text,
        "- Census: {} planned = {} done + {} diverged + {} failed + {} missing",
        census.planned, census.done, census.diverged, census.failed, census.missing
    );
    if census.outside > 0 {
        let _ = writeln!(
            text,
            "- Not counted: {} of other arms, seeds or plans",
            plural(census.outside, "record")
        );
    }
    for trouble in &census.trouble {
        let _ =
            writeln!(text, "- `{}` seed {}: {}", trouble.arm, trouble.seed, plain(&trouble.what));
    }
    for at in &analysis.environments {
        let _ = writeln!(
            text,
            "- Environment: cenote {}, code `{}`, {}, {}, {} per run, {} at a time",
            plain(&at.cenote),
            plain(&at.code),
            plain(&at.cpu),
            plain(&at.os),
            plural(at.threads as usize, "thread"),
            plural(at.jobs as usize, "run")
        );
    }
    text
}

fn cross_checks(analysis: &Analysis) -> String {
    let mut text = "## Cross-checks\n\nOther 95 % intervals of the same differences, each alone and unadjusted. They decide nothing: at ten seeds the bootstrap holds the truth about 90 % of the time, not 95 %.\n\n".to_owned();
    let heads = [
        "arm against partner",
        "Student's t",
        "bootstrap (BCa from 8 pairs on)",
        "correlation of pairs",
        "sd of differences (points)",
    ];
    table(&mut text, &heads, &analysis.comparisons, |comparison| {
        vec![
            versus(comparison),
            or_dash(comparison.cross_check.student, points_interval),
            or_dash(comparison.cross_check.bootstrap, points_interval),
            or_dash(comparison.correlation, |r| format!("{r:.2}").replace('-', "−")),
            or_dash(comparison.judgement.sd, percent),
        ]
    });
    text
}

fn rebuild() -> String {
    "## Rebuild\n\nEvery number above is computed from `runs.jsonl` in this directory: `cenote report DIRECTORY` writes this file again, byte for byte, without training.\n".to_owned()
}

fn plot(file: &str) -> String {
    let plot = svg::PLOTS.iter().find(|plot| plot.file == file).expect("the plot is in the list");
    format!("![{}]({file})\n", plot.title)
}

fn versus(comparison: &Comparison) -> String {
    format!("`{}` − `{}`", cell(&comparison.arm), cell(&comparison.against))
}

/// Seeds as a range where they are one: `1 to 10`.
fn seeds(seeds: &[u64]) -> String {
    let mut sorted = seeds.to_vec();
    sorted.sort_unstable();
    match sorted[..] {
        [first, .., last] if last - first == sorted.len() as u64 - 1 => {
            format!("{first} to {last}")
        }
        _ => sorted.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    }
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
