//! How the arms learn.

use super::canvas::{Anchor, Canvas, Dot, Look};
use super::field::{Field, Named};
use super::{Layout, Plot};
use crate::number::percent;
use crate::{Analysis, ArmSummary, CurvePoint};

pub(super) const PLOT: Plot = Plot {
    name: "curves",
    title: "Training accuracy after each epoch: mean over seeds, and a band from the lowest to the highest",
    draw: |analysis, layout| Some(draw(analysis, layout)),
};

fn draw(analysis: &Analysis, layout: Layout) -> Canvas {
    let arms: Vec<(usize, &ArmSummary)> =
        analysis.arms.iter().enumerate().filter(|(_, arm)| !arm.curve.is_empty()).collect();
    let field = Field::beside(layout, arms.iter().map(|(_, arm)| arm.name.as_str()));
    let title = "Training accuracy (%) after each epoch, mean over seeds";
    let description = "One line per arm: training accuracy after each epoch, mean over its seeds, with a band from the lowest to the highest run.";
    let mut canvas = field.canvas(title, description, "epoch");

    let points = || arms.iter().flat_map(|(_, arm)| &arm.curve);
    let x = field.across(points().map(|point| f64::from(point.epoch)));
    let y = field.up(points().flat_map(|point| [point.low, point.high]).map(|share| 100.0 * share));
    canvas.left_axis(y, (field.left, field.right));
    let last = points().map(|point| point.epoch).max().unwrap_or(0);
    let first = points().map(|point| point.epoch).min().unwrap_or(0);
    let every = ((last - first) / 8 + 1) as usize;
    for epoch in (first..=last).step_by(every).filter(|_| last > 0) {
        let at = x.at(f64::from(epoch));
        canvas.text(at, field.bottom + 18.0, Anchor::Middle, Look::Dim, &epoch.to_string());
    }

    let line = |arm: &ArmSummary, value: fn(&CurvePoint) -> f64| -> Vec<(f64, f64)> {
        let at = |p: &CurvePoint| (x.at(f64::from(p.epoch)), y.at(100.0 * value(p)));
        arm.curve.iter().map(at).collect()
    };
    for (i, arm) in &arms {
        canvas.area(&line(arm, |p| p.low), &line(arm, |p| p.high), *i);
    }
    let mut ends = Vec::new();
    for (i, arm) in &arms {
        let means = line(arm, |p| p.mean);
        canvas.path(&means, *i);
        for (at, point) in means.iter().zip(&arm.curve) {
            canvas.dot(*at, Dot::Small, Look::Arm(*i), &says(&arm.name, point));
        }
        ends.extend(means.last().map(|at| Named { arm: *i, name: &arm.name, at: *at }));
    }
    field.name(&mut canvas, &ends);
    canvas
}

fn says(arm: &str, point: &CurvePoint) -> String {
    format!(
        "{arm} epoch {}: {} %, runs from {} to {}",
        point.epoch,
        percent(point.mean),
        percent(point.low),
        percent(point.high)
    )
}
