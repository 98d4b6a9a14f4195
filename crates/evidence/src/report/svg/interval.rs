//! A difference in one line: the margin as a band, the interval, the mean.

use super::canvas::{Canvas, Dot, Look};
use super::scale::Scale;
use crate::stats::Interval;

/// What is shown; `reach` is how far all that are shown side by side lie from zero.
pub(crate) struct Shown {
    pub(crate) margin: f64,
    pub(crate) reach: f64,
    pub(crate) mean: Option<f64>,
    pub(crate) interval: Option<Interval>,
}

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 26.0;

/// The line, for those who see it: the same numbers stand beside it in words.
pub(crate) fn interval_bar(shown: &Shown) -> String {
    let scale = Scale::around([-shown.reach, shown.reach], 0.0, WIDTH);
    let mut canvas = Canvas::new(WIDTH, HEIGHT, "", "");
    canvas.rect((scale.at(-shown.margin), 2.0), (scale.at(shown.margin), HEIGHT - 2.0), Look::Band);
    canvas.line((scale.at(0.0), 2.0), (scale.at(0.0), HEIGHT - 2.0), 1.0, Look::Zero);
    if let Some(Interval { low, high }) = shown.interval {
        let y = HEIGHT / 2.0;
        canvas.line((scale.at(low), y), (scale.at(high), y), 3.0, Look::Mark);
    }
    if let Some(mean) = shown.mean {
        canvas.dot((scale.at(mean), HEIGHT / 2.0), Dot::Large, Look::Mark, "");
    }
    canvas.unseen()
}
