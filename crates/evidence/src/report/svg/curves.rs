//! How the arms learn.

use super::Plot;
use super::canvas::{Anchor, Canvas, Look};
use super::label;
use super::scale::Scale;
use crate::Analysis;

pub(super) const PLOT: Plot =
    Plot { file: "curves.svg", title: "Training accuracy after each epoch, mean over seeds", draw };

const LEFT: f64 = 60.0;
const RIGHT: f64 = 520.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 360.0;

fn draw(analysis: &Analysis) -> String {
    let arms: Vec<_> =
        analysis.arms.iter().enumerate().filter(|(_, arm)| !arm.curve.is_empty()).collect();
    let names = arms.iter().map(|(_, arm)| label::width(&arm.name)).fold(60.0, f64::max);
    let description = "One line per arm: training accuracy after each epoch, mean over its seeds.";
    let title = "Training accuracy (%) after each epoch, mean over seeds";
    let mut canvas = Canvas::new(RIGHT + names + 60.0, BOTTOM + 52.0, title, description);

    let points = || arms.iter().flat_map(|(_, arm)| &arm.curve);
    let x = Scale::around(points().map(|point| f64::from(point.epoch)), LEFT, RIGHT);
    let y = Scale::around(points().map(|point| 100.0 * point.mean), BOTTOM, TOP);
    canvas.left_axis(y, (LEFT, RIGHT));
    let last = points().map(|point| point.epoch).max().unwrap_or(0);
    let first = points().map(|point| point.epoch).min().unwrap_or(0);
    let every = ((last - first) / 8 + 1) as usize;
    for epoch in (first..=last).step_by(every).filter(|_| last > 0) {
        let at = x.at(f64::from(epoch));
        canvas.text(at, BOTTOM + 18.0, Anchor::Middle, Look::Dim, &epoch.to_string());
    }
    canvas.text(LEFT, BOTTOM + 40.0, Anchor::Start, Look::Dim, "epoch");

    let lines: Vec<Vec<(f64, f64)>> = arms
        .iter()
        .map(|(_, arm)| {
            arm.curve.iter().map(|p| (x.at(f64::from(p.epoch)), y.at(100.0 * p.mean))).collect()
        })
        .collect();
    let ends: Vec<(f64, f64)> = lines.iter().filter_map(|line| line.last().copied()).collect();
    let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
    let placed = label::spread(&wanted, TOP + 6.0, BOTTOM - 6.0);
    for (((i, arm), line), (end, label_y)) in arms.iter().zip(&lines).zip(ends.iter().zip(placed)) {
        canvas.path(line, *i);
        for &(px, py) in line {
            canvas.dot(px, py, 2.6, 1.0, Look::Arm(*i));
        }
        canvas.line((end.0 + 5.0, end.1), (RIGHT + 14.0, label_y), 0.6, Look::Arm(*i));
        canvas.text(RIGHT + 20.0, label_y + 4.0, Anchor::Start, Look::Ink, &arm.name);
    }
    canvas.finish()
}
