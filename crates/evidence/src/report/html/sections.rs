//! The parts of the page that pair a plot with the table behind it.

use std::fmt::Write;

use super::cards::look;
use super::figures::{ACCURACY, COST, DIFFERENCES, LAYERS, MEMORY, TIME, figure};
use super::table::{Cell, Table};
use super::text::{code, plain};
use crate::analysis::{Comparison, what_happened};
use crate::number::{
    bytes, grouped, large, or_dash, p_value, percent, percent_interval, plural, points,
    points_interval, ratio, seconds,
};
use crate::verdict::ALPHA;
use crate::{Analysis, Record};

pub(super) fn accuracy(analysis: &Analysis) -> String {
    let metric = format!("{} (%)", analysis.design.judged());
    let heads = [
        "arm",
        &metric,
        "95 % interval",
        "sd",
        "runs",
        "parameters",
        "MACs",
        "peak memory",
        "s / epoch",
    ];
    let mut table = Table::new("Every arm: its score over seeds, and what a run needs", &heads);
    for arm in &analysis.arms {
        let cost = |of: fn(&crate::Costs) -> u64| arm.costs.as_ref().map(of);
        let counted = |of: fn(&crate::Costs) -> u64, shown: fn(u64) -> String| {
            Cell::value(cost(of).map(|value| value as f64), &or_dash(cost(of), shown))
        };
        table.row(vec![
            Cell::code(&arm.name),
            Cell::value(arm.mean, &or_dash(arm.mean, percent)),
            Cell::value(arm.interval.map(|i| i.low), &or_dash(arm.interval, percent_interval)),
            Cell::value(arm.sd, &or_dash(arm.sd, percent)),
            Cell::value(Some(arm.done as f64), &format!("{} of {}", arm.done, arm.planned())),
            counted(|costs| costs.parameters, grouped),
            counted(|costs| costs.macs, large),
            counted(|costs| costs.peak_bytes, bytes),
            Cell::value(arm.epoch_seconds, &or_dash(arm.epoch_seconds, seconds)),
        ]);
    }
    let mut html = figure(analysis, "accuracy", ACCURACY) + &table.html();
    html.push_str("<ul>\n");
    for arm in &analysis.arms {
        let partner = if arm.is_baseline() {
            "baseline".to_owned()
        } else {
            format!("against {}", code(&arm.against))
        };
        let _ = writeln!(html, "<li>{}: {} ({partner})</li>", code(&arm.name), plain(&arm.about));
    }
    html.push_str("</ul>\n");
    html.push_str("<p class=\"note\">MACs are multiply-adds of one forward pass of one image; peak memory is the high-water mark of tensors in training.</p>\n");
    for arm in analysis.arms.iter().filter(|arm| arm.costs_vary) {
        let _ = writeln!(
            html,
            "<p class=\"warning\">Runs of {} disagree about their costs; the largest are shown.</p>",
            code(&arm.name)
        );
    }
    html
}

pub(super) fn differences(analysis: &Analysis) -> String {
    let heads = [
        "arm − partner",
        "<verdict",
        "pairs",
        "difference (points)",
        "95 % interval",
        "p",
        "90 % interval",
        "p within margin",
    ];
    let mut table = Table::new("Every comparison, adjusted for all of them (Holm)", &heads);
    for comparison in &analysis.comparisons {
        let judgement = &comparison.judgement;
        let (class, sign) = look(&judgement.verdict);
        table.row(vec![
            versus(comparison),
            Cell::text(&format!("{sign} {}", judgement.verdict.words())).class(class),
            Cell::value(Some(judgement.n as f64), &judgement.n.to_string()),
            Cell::value(judgement.mean, &or_dash(judgement.mean, points)),
            Cell::value(
                judgement.interval.map(|i| i.low),
                &or_dash(judgement.interval, points_interval),
            ),
            Cell::value(Some(judgement.p), &p_value(judgement.p, ALPHA)),
            Cell::value(
                judgement.equivalence_interval.map(|i| i.low),
                &or_dash(judgement.equivalence_interval, points_interval),
            ),
            Cell::value(Some(judgement.equivalence_p), &p_value(judgement.equivalence_p, ALPHA)),
        ]);
    }
    let others = cross_checks(analysis);
    let images = other_images(analysis);
    format!(
        "{}{}<p class=\"note\">The first p says whether there is a difference: the 95 % interval excludes zero exactly when it is at most 0.05. The second says whether the difference is within ±{:.2} points: the 90 % interval lies inside the margin exactly when it is at most 0.05. All are adjusted for {}.</p>\n{}",
        figure(analysis, "differences", DIFFERENCES),
        table.html(),
        100.0 * analysis.design.margin,
        plural(analysis.comparisons.len(), "comparison"),
        others + &images
    )
}

/// Other views of the same differences; none decides.
fn cross_checks(analysis: &Analysis) -> String {
    let heads = [
        "arm − partner",
        "Student's t",
        "bootstrap",
        "Wilcoxon p",
        "Hedges' g",
        "chance that a run beats the partner's",
        "correlation of pairs",
        "sd (points)",
    ];
    let mut table = Table::new(
        "Cross-checks: other views of the same differences, each alone and unadjusted; they decide nothing",
        &heads,
    );
    let number = |value: Option<f64>| {
        Cell::value(value, &or_dash(value, |value| format!("{value:.2}").replace('-', "−")))
    };
    for comparison in &analysis.comparisons {
        let (check, effect) = (&comparison.cross_check, comparison.effect);
        let (wilcoxon, sd) = (check.wilcoxon.map(|ranks| ranks.p), comparison.judgement.sd);
        table.row(vec![
            versus(comparison),
            Cell::value(check.student.map(|i| i.low), &or_dash(check.student, points_interval)),
            Cell::value(check.bootstrap.map(|i| i.low), &or_dash(check.bootstrap, points_interval)),
            Cell::value(wilcoxon, &or_dash(wilcoxon, |p| p_value(p, ALPHA))),
            number(effect.and_then(|effect| effect.hedges)),
            number(effect.map(|effect| effect.improvement)),
            number(comparison.correlation),
            Cell::value(sd, &or_dash(sd, percent)),
        ]);
    }
    table.html()
}

/// How sure the differences are for other images too; empty unless the records mark each image.
fn other_images(analysis: &Analysis) -> String {
    let heads = [
        "arm − partner",
        "95 % interval",
        "standard error (points)",
        "floor (points)",
        "images that the two disagree about (%)",
    ];
    let mut table = Table::new("For other seeds and other images of the same kind", &heads);
    let mut known = false;
    for comparison in &analysis.comparisons {
        let Some(crossed) = comparison.crossed else { continue };
        known = true;
        let share = |value: f64| Cell::value(Some(value), &percent(value));
        table.row(vec![
            versus(comparison),
            Cell::value(Some(crossed.interval.low), &points_interval(crossed.interval)),
            share(crossed.error),
            share(crossed.floor),
            share(crossed.disagreement),
        ]);
    }
    if !known {
        return String::new();
    }
    table.html()
        + "<p class=\"note\">The floor is the standard error that no number of seeds takes away. These intervals are not adjusted and decide nothing.</p>\n"
}

pub(super) fn costs(analysis: &Analysis) -> String {
    let heads = [
        "arm ÷ partner",
        "parameters",
        "MACs",
        "peak memory",
        "s / epoch",
        "95 % interval of s / epoch",
    ];
    let mut table = Table::new("Costs relative to the partner", &heads);
    for comparison in &analysis.comparisons {
        let costs = comparison.costs.as_ref();
        let exact = |of: fn(&crate::CostRatios) -> f64| {
            Cell::value(costs.map(of), &or_dash(costs.map(of), ratio))
        };
        let time = costs.and_then(|costs| costs.seconds);
        let interval = time.and_then(|time| time.interval);
        table.row(vec![
            Cell::html(format!("{} ÷ {}", code(&comparison.arm), code(&comparison.against))),
            exact(|costs| costs.parameters),
            exact(|costs| costs.macs),
            exact(|costs| costs.peak_bytes),
            Cell::value(time.map(|t| t.ratio), &or_dash(time, |time| ratio(time.ratio))),
            Cell::value(
                interval.map(|i| i.low),
                &or_dash(interval, |i| format!("{} to {}", ratio(i.low), ratio(i.high))),
            ),
        ]);
    }
    let shared =
        if analysis.jobs() > 1 { " Times are of runs that shared the machine." } else { "" };
    format!(
        "{}{}{}<p class=\"note\">Parameters, MACs and memory are exact. Seconds are measured: geometric mean over pairs, first epoch left out.{shared}</p>\n",
        figure(analysis, "cost", COST),
        figure(analysis, "time", TIME),
        table.html()
    )
}

/// Empty where the design does not say what its layers cost.
pub(super) fn layers(analysis: &Analysis) -> String {
    let mut html = figure(analysis, "layers", LAYERS) + &figure(analysis, "memory", MEMORY);
    for arm in analysis.design.arms.iter().filter(|arm| !arm.layers.is_empty()) {
        let heads = ["layer", "<kind", "output", "sees", "parameters", "MACs", "kept bytes"];
        let mut table = Table::new("From input to output, for one image", &heads);
        for layer in &arm.layers {
            let count = |value: u64| Cell::value(Some(value as f64), &grouped(value));
            table.row(vec![
                Cell::code(&layer.path),
                Cell::text(&layer.kind),
                Cell::text(&layer.output),
                Cell::value(
                    layer.sees.map(|[rows, columns]| (rows * columns) as f64),
                    &or_dash(layer.sees, |[rows, columns]| format!("{rows}x{columns}")),
                ),
                count(layer.parameters),
                count(layer.macs),
                count(layer.kept_bytes),
            ]);
        }
        let _ = write!(
            html,
            "<details>\n<summary>Layers of {}</summary>\n{}</details>\n",
            code(&arm.name),
            table.html()
        );
    }
    html
}

pub(super) fn runs(analysis: &Analysis, runs: &[Record]) -> String {
    let metric = format!("{} (%)", analysis.design.judged());
    let heads = [
        "arm",
        "seed",
        &metric,
        "training accuracy (%)",
        "training loss",
        "peak memory",
        "s / epoch",
        "seconds",
        "<started",
        "<outcome",
    ];
    let mut table = Table::new("Every run that counts", &heads);
    for run in runs {
        let score = run.scores.get(&analysis.design.metric).copied();
        let last = run.curve.last();
        let per_epoch = crate::median(&run.times.epoch_seconds);
        let peak = run.costs.peak_bytes;
        table.row(vec![
            Cell::code(&run.arm),
            Cell::value(Some(run.seed as f64), &run.seed.to_string()),
            Cell::value(score, &or_dash(score, percent)),
            Cell::value(
                last.map(|p| p.train_accuracy),
                &or_dash(last, |point| percent(point.train_accuracy)),
            ),
            Cell::value(
                last.map(|p| p.train_loss),
                &or_dash(last, |point| format!("{:.4}", point.train_loss).replace('-', "−")),
            ),
            Cell::value(Some(peak as f64), &bytes(peak)),
            Cell::value(per_epoch, &or_dash(per_epoch, seconds)),
            Cell::value(Some(run.times.total_seconds), &seconds(run.times.total_seconds)),
            Cell::text(&run.times.started),
            Cell::text(&what_happened(run).unwrap_or_else(|| "done".to_owned())),
        ]);
    }
    format!(
        "<details>\n<summary>{}, one line each; <code>runs.csv</code> has them unrounded, <code>runs.jsonl</code> everything</summary>\n{}</details>\n",
        plural(runs.len(), "run"),
        table.html()
    )
}

fn versus(comparison: &Comparison) -> Cell {
    Cell::html(format!("{} − {}", code(&comparison.arm), code(&comparison.against)))
}
