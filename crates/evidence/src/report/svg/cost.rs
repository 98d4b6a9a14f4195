//! The metric against what it costs, and the arms that no other beats in both.

use super::canvas::{Anchor, Canvas, Dot, Look};
use super::field::Field;
use super::scale::Scale;
use super::{Layout, Plot, label};
use crate::number::{large, percent, percent_interval, seconds};
use crate::{Analysis, ArmSummary};

pub(super) const MACS: Plot = Plot {
    name: "cost",
    title: "Score against multiply-adds per image, with 95 % intervals",
    draw: |analysis, layout| Some(draw(analysis, layout, &MULTIPLY_ADDS)),
};

pub(super) const SECONDS: Plot = Plot {
    name: "time",
    title: "Score against seconds per epoch, with 95 % intervals",
    draw: |analysis, layout| Some(draw(analysis, layout, &EPOCH)),
};

/// The longest name beside a point.
const NAME: f64 = 160.0;

/// What an arm may cost.
struct Cost {
    title: &'static str,
    below: &'static str,
    of: fn(&ArmSummary) -> Option<f64>,
    shown: fn(f64) -> String,
}

const MULTIPLY_ADDS: Cost = Cost {
    title: "multiply-adds per image",
    below: "multiply-adds per image, logarithmic",
    of: |arm| arm.costs.map(|costs| costs.macs as f64),
    shown: |macs| large(macs as u64),
};

const EPOCH: Cost = Cost {
    title: "seconds per epoch",
    below: "seconds per epoch, logarithmic",
    of: |arm| arm.epoch_seconds,
    shown: |time| format!("{} s", seconds(time)),
};

/// An arm with both a score and a cost.
struct Point<'a> {
    place: usize,
    arm: &'a ArmSummary,
    cost: f64,
    mean: f64,
    ends: Option<(f64, f64)>,
}

fn draw(analysis: &Analysis, layout: Layout, cost: &Cost) -> Canvas {
    let points = points(analysis, cost);
    let field = Field::whole(layout);
    let title = format!("{} (%) against {}", analysis.design.judged_title(), cost.title);
    let description = format!(
        "One point per arm on {}, with Student's 95 % interval; {}. A line joins the arms that no other arm beats in both.",
        analysis.design.dataset.name, cost.below
    );
    let mut canvas = field.canvas(&title, &description, cost.below);
    canvas.note.push_str("line: arms that no other beats in both, by their means");

    let x = field.across(points.iter().map(|point| point.cost.log10()));
    let values = points.iter().flat_map(|point| {
        let (low, high) = point.ends.unwrap_or((point.mean, point.mean));
        [low, high, point.mean]
    });
    let y = field.up(values);
    canvas.left_axis(y, (field.left, field.right));
    log_axis(&mut canvas, field, x, &points, cost);

    let at = |point: &Point<'_>| (x.at(point.cost.log10()), y.at(point.mean));
    let front: Vec<(f64, f64)> = front(&points).into_iter().map(at).collect();
    for pair in front.windows(2) {
        canvas.line(pair[0], pair[1], 1.5, Look::Zero);
    }
    for point in &points {
        let (px, py) = at(point);
        if let Some((low, high)) = point.ends {
            canvas.line((px, y.at(low)), (px, y.at(high)), 2.0, Look::Arm(point.place));
        }
        canvas.dot((px, py), Dot::Large, Look::Arm(point.place), &says(point, cost));
    }
    let marks = points.iter().map(|point| {
        let (px, py) = at(point);
        let (low, high) = point.ends.map_or((py, py), |(low, high)| (y.at(low), y.at(high)));
        let name = label::fit(&point.arm.name, NAME);
        ((px - 5.0, high.min(py - 5.0), px + 5.0, low.max(py + 5.0)), label::width(&name))
    });
    let bounds = (field.left, 0.0, layout.width(), field.bottom);
    let places = label::beside(&marks.collect::<Vec<_>>(), bounds);
    for (point, (x, y)) in points.iter().zip(places) {
        let name = label::fit(&point.arm.name, NAME);
        canvas.text(x, y, Anchor::Start, Look::Label, &name);
    }
    canvas
}

fn points<'a>(analysis: &'a Analysis, cost: &Cost) -> Vec<Point<'a>> {
    let point = |(place, arm): (usize, &'a ArmSummary)| {
        let (cost, mean) = ((cost.of)(arm).filter(|cost| *cost > 0.0)?, arm.mean?);
        let ends = arm.interval.filter(|_| arm.done > 2);
        let ends = ends.map(|interval| (100.0 * interval.low, 100.0 * interval.high));
        Some(Point { place, arm, cost, mean: 100.0 * mean, ends })
    };
    analysis.arms.iter().enumerate().filter_map(point).collect()
}

/// The points that no other beats in cost without losing score, by rising cost.
fn front<'p, 'a>(points: &'p [Point<'a>]) -> Vec<&'p Point<'a>> {
    let mut sorted: Vec<&Point<'_>> = points.iter().collect();
    sorted.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(b.mean.total_cmp(&a.mean)));
    let mut best = f64::NEG_INFINITY;
    sorted.retain(|point| {
        let better = point.mean > best;
        best = best.max(point.mean);
        better
    });
    sorted
}

fn says(point: &Point<'_>, cost: &Cost) -> String {
    let interval = point.arm.interval.map_or_else(String::new, percent_interval);
    let mean = percent(point.mean / 100.0);
    format!("{}: {mean} % {interval}, {}", point.arm.name, (cost.shown)(point.cost))
}

/// Marks 1, 2 and 5 times the powers of ten within a factor of the costs, as far as they do not
/// run into each other.
fn log_axis(canvas: &mut Canvas, field: Field, x: Scale, points: &[Point<'_>], cost: &Cost) {
    let costs = || points.iter().map(|point| point.cost);
    let (low, high) = (costs().fold(f64::INFINITY, f64::min), costs().fold(0.0, f64::max));
    let powers = (-6..19).map(|power| 10f64.powi(power));
    let marks = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * power));
    let mut free = field.left;
    for mark in marks.filter(|mark| (low / 2.0..=high * 2.0).contains(mark)) {
        let at = x.at(mark.log10());
        if !(free..=field.right).contains(&at) {
            continue;
        }
        free = at + 48.0;
        canvas.line((at, field.top), (at, field.bottom), 1.0, Look::Grid);
        let text = (cost.shown)(mark).replace(".00", "").replace(".0", "");
        canvas.text(at, field.bottom + 18.0, Anchor::Middle, Look::Dim, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, records};

    #[test]
    fn the_front_holds_the_arms_that_no_other_beats_in_both() {
        let analysis = Analysis::of(&design(), &records()).unwrap();
        let points = points(&analysis, &MULTIPLY_ADDS);
        let names: Vec<&str> = front(&points).iter().map(|p| p.arm.name.as_str()).collect();
        // Of `max` and `avg`, which cost the same, the better; `none` costs more than
        // `max-flatten` and is worse.
        assert_eq!(names, ["max", "strided", "max-flatten"]);
    }
}
