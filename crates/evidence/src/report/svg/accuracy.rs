//! The metric of every run, arm by arm.

use super::Plot;
use super::canvas::{Anchor, Canvas, Look};
use super::label;
use super::scale::Scale;
use crate::Analysis;
use crate::number::{UNDEFINED, percent, percent_interval};

pub(super) const PLOT: Plot = Plot {
    file: "accuracy.svg",
    title: "Score of every arm: each run, mean and 95 % interval",
    draw,
};

const ROW: f64 = 34.0;
const TOP: f64 = 48.0;

fn draw(analysis: &Analysis) -> String {
    let names = analysis.arms.iter().map(|arm| label::width(&arm.name));
    let left = 28.0 + names.fold(40.0, f64::max);
    let (right, numbers) = (left + 420.0, 172.0);
    let bottom = TOP + ROW * analysis.arms.len() as f64;
    let title = format!("Test {} (%): each run, mean and 95 % interval", analysis.design.metric);
    let description = format!(
        "One row per arm on {}: a dot for each seed, a bar for Student's 95 % interval of the mean.",
        analysis.design.dataset.name
    );
    let mut canvas = Canvas::new(right + numbers, bottom + 34.0, &title, &description);

    let scores = analysis.arms.iter().flat_map(|arm| arm.scores.iter().map(|s| s.score));
    let ends = analysis.arms.iter().filter(|arm| arm.done > 2).filter_map(|arm| arm.interval);
    let ends = ends.flat_map(|interval| [interval.low, interval.high]);
    let scale = Scale::around(scores.chain(ends).map(|share| 100.0 * share), left, right);
    canvas.bottom_axis(scale, (TOP, bottom), false);

    for (i, arm) in analysis.arms.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        canvas.text(left - 12.0, y + 4.0, Anchor::End, Look::Ink, &arm.name);
        for (j, score) in arm.scores.iter().enumerate() {
            let apart = ((j % 3) as f64 - 1.0) * 4.0; // equal scores stay visible
            canvas.dot(scale.at(100.0 * score.score), y + 4.0 + apart, 2.6, 0.5, Look::Arm(i));
        }
        let Some(mean) = arm.mean else {
            canvas.text(right + 14.0, y + 4.0, Anchor::Start, Look::Dim, UNDEFINED);
            continue;
        };
        // Of two runs the interval is wider than any page: the dots say what there is to say.
        if let Some(interval) = arm.interval.filter(|_| arm.done > 2) {
            let (low, high) = (scale.at(100.0 * interval.low), scale.at(100.0 * interval.high));
            canvas.line((low, y - 6.0), (high, y - 6.0), 3.0, Look::Arm(i));
        }
        canvas.dot(scale.at(100.0 * mean), y - 6.0, 4.5, 1.0, Look::Arm(i));
        let interval = arm.interval.map_or_else(String::new, percent_interval);
        let numbers = format!("{} {interval}", percent(mean));
        canvas.text(right + 14.0, y + 4.0, Anchor::Start, Look::Dim, numbers.trim_end());
    }
    canvas.finish()
}
