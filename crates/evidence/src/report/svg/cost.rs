//! The metric against what it costs.

use super::Plot;
use super::canvas::{Anchor, Canvas, Look};
use super::label;
use super::scale::Scale;
use crate::Analysis;
use crate::number::large;

pub(super) const PLOT: Plot = Plot {
    file: "cost.svg",
    title: "Score against multiply-adds per image, with 95 % intervals",
    draw,
};

const LEFT: f64 = 60.0;
const RIGHT: f64 = 520.0;
const TOP: f64 = 48.0;
const BOTTOM: f64 = 360.0;

/// An arm with both a score and a cost.
struct Point<'a> {
    arm: usize,
    name: &'a str,
    macs: u64,
    mean: f64,
    ends: Option<(f64, f64)>,
}

fn draw(analysis: &Analysis) -> String {
    let points: Vec<Point<'_>> = analysis
        .arms
        .iter()
        .enumerate()
        .filter_map(|(i, arm)| {
            let (costs, mean) = (arm.costs.filter(|costs| costs.macs > 0)?, arm.mean?);
            let ends = arm.interval.filter(|_| arm.done > 2);
            let ends = ends.map(|interval| (100.0 * interval.low, 100.0 * interval.high));
            Some(Point { arm: i, name: &arm.name, macs: costs.macs, mean: 100.0 * mean, ends })
        })
        .collect();
    let names = points.iter().map(|point| label::width(point.name)).fold(60.0, f64::max);
    let title = format!("Test {} (%) against multiply-adds per image", analysis.design.metric);
    let description = format!(
        "One point per arm on {}, with Student's 95 % interval; multiply-adds on a logarithmic axis.",
        analysis.design.dataset.name
    );
    let mut canvas = Canvas::new(RIGHT + names + 60.0, BOTTOM + 52.0, &title, &description);

    let x = Scale::around(points.iter().map(|point| (point.macs as f64).log10()), LEFT, RIGHT);
    let values = points.iter().flat_map(|point| {
        let (low, high) = point.ends.unwrap_or((point.mean, point.mean));
        [low, high, point.mean]
    });
    let y = Scale::around(values, BOTTOM, TOP);
    canvas.left_axis(y, (LEFT, RIGHT));
    log_axis(&mut canvas, x, points.iter().map(|point| point.macs));
    canvas.text(
        LEFT,
        BOTTOM + 40.0,
        Anchor::Start,
        Look::Dim,
        "multiply-adds of one forward pass of one image, logarithmic",
    );

    let wanted: Vec<f64> = points.iter().map(|point| y.at(point.mean)).collect();
    let placed = label::spread(&wanted, TOP + 6.0, BOTTOM - 6.0);
    for (point, label_y) in points.iter().zip(placed) {
        let (px, py) = (x.at((point.macs as f64).log10()), y.at(point.mean));
        canvas.line((px + 7.0, py), (RIGHT + 14.0, label_y), 0.6, Look::Arm(point.arm));
        canvas.text(RIGHT + 20.0, label_y + 4.0, Anchor::Start, Look::Ink, point.name);
        if let Some((low, high)) = point.ends {
            canvas.line((px, y.at(low)), (px, y.at(high)), 2.0, Look::Arm(point.arm));
        }
        canvas.dot(px, py, 5.0, 1.0, Look::Arm(point.arm));
    }
    canvas.finish()
}

/// Marks 1, 2 and 5 times the powers of ten within a factor of the costs, as far as they do not
/// run into each other.
fn log_axis(canvas: &mut Canvas, x: Scale, macs: impl Iterator<Item = u64> + Clone) {
    let (Some(low), Some(high)) = (macs.clone().min(), macs.max()) else { return };
    let powers = (0..19u32).map(|power| 10u64.pow(power));
    let marks = powers.flat_map(|power| [1, 2, 5].map(|factor| factor * power));
    let mut free = LEFT - 30.0;
    for mark in marks.filter(|mark| (low / 2..=high.saturating_mul(2)).contains(mark)) {
        let at = x.at((mark as f64).log10());
        if !(LEFT.max(free)..=RIGHT).contains(&at) {
            continue;
        }
        free = at + 48.0;
        canvas.line((at, TOP), (at, BOTTOM), 1.0, Look::Grid);
        let text = large(mark).replace(".00", "").replace(".0", "");
        canvas.text(at, BOTTOM + 18.0, Anchor::Middle, Look::Dim, &text);
    }
}
