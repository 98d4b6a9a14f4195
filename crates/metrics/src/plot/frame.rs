//! The square from 0 to 1 on both axes that curves and calibration are drawn in.

use super::canvas::{Anchor, Canvas, Look, width};

const LEFT: f64 = 64.0;
const TOP: f64 = 48.0;
const SIDE: f64 = 380.0;

/// A unit square on a canvas, with room for a legend to its right.
pub(super) struct Frame {
    pub(super) canvas: Canvas,
}

impl Frame {
    /// Draws grid, values and the names of the axes; the longest name says how wide the legend is.
    pub(super) fn new(title: &str, description: &str, axes: [&str; 2], longest: &str) -> Self {
        let page = LEFT + SIDE + 48.0 + width(longest).max(40.0);
        let mut canvas = Canvas::new(page, TOP + SIDE + 52.0, title, description);
        for tick in 0..=5 {
            let value = f64::from(tick) / 5.0;
            let ((x, bottom), (left, y)) = (at((value, 0.0)), at((0.0, value)));
            canvas.line((x, TOP), (x, bottom), 1.0, Look::Grid);
            canvas.line((left, y), (left + SIDE, y), 1.0, Look::Grid);
            let text = format!("{value:.1}");
            canvas.text((x, bottom + 18.0), Anchor::Middle, Look::Dim, &text);
            canvas.text((left - 8.0, y + 4.0), Anchor::End, Look::Dim, &text);
        }
        let [x, y] = axes;
        canvas.text((LEFT + SIDE, TOP + SIDE + 40.0), Anchor::End, Look::Ink, x);
        canvas.text((LEFT, TOP - 8.0), Anchor::Start, Look::Ink, y);
        Self { canvas }
    }

    /// One line of the legend, with the mark of its series if it has one.
    pub(super) fn legend(&mut self, line: usize, series: Option<usize>, text: &str) {
        let (x, y) = (LEFT + SIDE + 16.0, TOP + 10.0 + 16.0 * line as f64);
        if let Some(series) = series {
            self.canvas.path(&[(x, y - 4.0), (x + 16.0, y - 4.0)], series);
        }
        self.canvas.text((x + 22.0, y), Anchor::Start, Look::Ink, text);
    }
}

/// The position of a point of the square; what lies outside is moved to its edge.
pub(super) fn at((x, y): (f64, f64)) -> (f64, f64) {
    (LEFT + SIDE * x.clamp(0.0, 1.0), TOP + SIDE * (1.0 - y.clamp(0.0, 1.0)))
}
