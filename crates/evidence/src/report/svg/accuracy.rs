//! The metric of every run, arm by arm.

use super::canvas::Canvas;
use super::rows::{Row, Rows};
use super::{Layout, Plot};
use crate::number::{UNDEFINED, percent, percent_interval};
use crate::{Analysis, ArmSummary};

pub(super) const PLOT: Plot = Plot {
    name: "accuracy",
    title: "Score of every arm: each run, mean and 95 % interval",
    draw: |analysis, layout| Some(draw(analysis, layout)),
};

fn draw(analysis: &Analysis, layout: Layout) -> Canvas {
    let title = format!("{} (%): each run, mean and 95 % interval", analysis.design.judged_title());
    let description = format!(
        "One row per arm on {}: a dot for each seed, a bar for Student's 95 % interval of the mean.",
        analysis.design.dataset.name
    );
    let rows = analysis.arms.iter().enumerate().map(|(i, arm)| row(i, arm)).collect();
    Rows { rows, band: None }.draw(layout, &title, &description)
}

fn row(place: usize, arm: &ArmSummary) -> Row {
    // Of two runs the interval is wider than any page: the dots say what there is to say.
    let interval = arm.interval.filter(|_| arm.done > 2);
    let words = arm.mean.map_or_else(
        || UNDEFINED.to_owned(),
        |mean| {
            let interval = arm.interval.map_or_else(String::new, percent_interval);
            format!("{} {interval}", percent(mean)).trim_end().to_owned()
        },
    );
    let says = |seed: u64, score| format!("{} seed {seed}: {} %", arm.name, percent(score));
    Row {
        arm: place,
        name: arm.name.clone(),
        dots: arm
            .scores
            .iter()
            .map(|score| (100.0 * score.score, says(score.seed, score.score)))
            .collect(),
        mean: arm.mean.map(|mean| (100.0 * mean, format!("{}: {words} %", arm.name))),
        interval: interval.map(|interval| (100.0 * interval.low, 100.0 * interval.high)),
        words,
    }
}
