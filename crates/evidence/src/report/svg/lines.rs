//! A line for each arm over a number, each with a band of one standard deviation.

use super::Layout;
use super::canvas::{Anchor, Canvas, Dot, Look};
use super::field::{Field, Named};

/// The values of an arm.
pub(super) struct Line<'a> {
    /// Its position, which gives the colour.
    pub(super) arm: usize,
    pub(super) name: &'a str,
    /// In the order of the number.
    pub(super) points: Vec<Point>,
}

/// A value of an arm.
pub(super) struct Point {
    /// The number that it is at.
    pub(super) at: f64,
    pub(super) mean: f64,
    pub(super) sd: f64,
    /// What it tells whoever points at it.
    pub(super) says: String,
}

/// What stands around the lines.
pub(super) struct Words<'a> {
    pub(super) title: &'a str,
    /// Name of the axis of the number.
    pub(super) axis: &'a str,
    /// The numbers that are marked.
    pub(super) ticks: Vec<f64>,
}

const DESCRIPTION: &str = "One line per arm: the mean over its seeds, with a band of one standard deviation on each side.";

/// The lines that have points.
pub(super) fn draw(layout: Layout, words: &Words<'_>, lines: &[Line<'_>]) -> Canvas {
    let drawn = || lines.iter().filter(|line| !line.points.is_empty());
    let points = || drawn().flat_map(|line| &line.points);
    let field = Field::beside(layout, drawn().map(|line| line.name));
    let mut canvas = field.canvas(words.title, DESCRIPTION, words.axis);
    let x = field.across(points().map(|point| point.at));
    let y = field.up(points().flat_map(|point| [point.mean - point.sd, point.mean + point.sd]));
    canvas.left_axis(y, (field.left, field.right));
    for &tick in &words.ticks {
        let number = format!("{}", (tick * 1000.0).round() / 1000.0);
        canvas.text(x.at(tick), field.bottom + 18.0, Anchor::Middle, Look::Dim, &number);
    }
    let mut named = Vec::new();
    for Line { arm, name, points } in drawn() {
        let along = |value: fn(&Point) -> f64| -> Vec<(f64, f64)> {
            points.iter().map(|point| (x.at(point.at), y.at(value(point)))).collect()
        };
        if points.len() > 1 {
            canvas.area(&along(|p| p.mean - p.sd), &along(|p| p.mean + p.sd), *arm);
        }
        canvas.path(&along(|p| p.mean), *arm);
        for point in points {
            let place = (x.at(point.at), y.at(point.mean));
            canvas.dot(place, Dot::Middle, Look::Arm(*arm), &point.says.replace('-', "−"));
        }
        let ends = along(|p| p.mean).last().map(|&at| Named { arm: *arm, name, at });
        named.extend(ends);
    }
    field.name(&mut canvas, &named);
    canvas
}
