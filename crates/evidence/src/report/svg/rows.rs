//! Rows under one axis: a dot for each run, their mean, its interval, and words.

use super::Layout;
use super::canvas::{Anchor, Canvas, Dot, Look};
use super::label;
use super::scale::Scale;

/// One row.
pub(super) struct Row {
    /// Which arm gives the colour.
    pub(super) arm: usize,
    /// What stands in front.
    pub(super) name: String,
    /// What stands behind.
    pub(super) words: String,
    /// Every run: its value, and what it says.
    pub(super) dots: Vec<(f64, String)>,
    /// Their mean, and what it says.
    pub(super) mean: Option<(f64, String)>,
    /// The interval of the mean.
    pub(super) interval: Option<(f64, f64)>,
}

/// Rows with what they share.
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// Half of the band around zero.
    pub(super) band: Option<f64>,
}

/// Where the rows stand.
struct Place {
    left: f64,
    right: f64,
    height: f64,
    /// From the middle of the marks up to the first line of words.
    above: f64,
}

/// Room of the names above and below the marks.
const TOP: f64 = 6.0;
/// Room of the axis.
const AXIS: f64 = 30.0;
/// Height of a row of marks, and of a line of words above it.
const ROW: f64 = 34.0;
const LINE: f64 = 17.0;
/// The longest name in front of a row.
const NAME: f64 = 250.0;

impl Rows {
    pub(super) fn draw(&self, layout: Layout, title: &str, description: &str) -> Canvas {
        let place = self.place(layout);
        let bottom = TOP + place.height * self.rows.len() as f64;
        let mut canvas = Canvas::new(layout.width(), bottom + AXIS, title, description);
        let values = self.rows.iter().flat_map(|row| {
            let ends = row.interval.into_iter().flat_map(|(low, high)| [low, high]);
            row.dots.iter().map(|dot| dot.0).chain(ends)
        });
        let band = self.band.into_iter().flat_map(|margin| [-margin, margin]);
        let scale = Scale::around(values.chain(band), place.left, place.right);
        if let Some(margin) = self.band {
            canvas.rect((scale.at(-margin), TOP), (scale.at(margin), bottom), Look::Band);
        }
        canvas.bottom_axis(scale, (TOP, bottom), self.band.is_some());
        if self.band.is_some() {
            canvas.line((scale.at(0.0), TOP), (scale.at(0.0), bottom), 1.0, Look::Zero);
        }
        for (i, row) in self.rows.iter().enumerate() {
            let y = TOP + place.height * (i as f64 + 1.0) - ROW / 2.0;
            marks(&mut canvas, row, scale, y);
            words(&mut canvas, row, layout, &place, y);
        }
        canvas
    }

    fn place(&self, layout: Layout) -> Place {
        let longest = |text: fn(&Row) -> &str| {
            self.rows.iter().map(|row| label::width(text(row))).fold(40.0, f64::max)
        };
        let (names, words) = (longest(|row| &row.name), longest(|row| &row.words));
        match layout {
            Layout::Wide => Place {
                left: 28.0 + names.min(NAME),
                right: layout.width() - words.min(NAME) - 30.0,
                height: ROW,
                above: 0.0,
            },
            Layout::Narrow => {
                let lines = if names + words > layout.width() - 12.0 { 2.0 } else { 1.0 };
                let above = LINE * lines + 2.0;
                Place { left: 8.0, right: layout.width() - 8.0, height: ROW + above, above }
            }
        }
    }
}

fn marks(canvas: &mut Canvas, row: &Row, scale: Scale, y: f64) {
    let look = Look::Arm(row.arm);
    for (j, (value, says)) in row.dots.iter().enumerate() {
        let apart = ((j % 3) as f64 - 1.0) * 4.0; // equal values stay visible
        canvas.dot((scale.at(*value), y + 4.0 + apart), Dot::Small, look, says);
    }
    if let Some((low, high)) = row.interval {
        canvas.line((scale.at(low), y - 6.0), (scale.at(high), y - 6.0), 3.0, look);
    }
    if let Some((mean, says)) = &row.mean {
        canvas.dot((scale.at(*mean), y - 6.0), Dot::Middle, look, says);
    }
}

fn words(canvas: &mut Canvas, row: &Row, layout: Layout, place: &Place, y: f64) {
    match layout {
        Layout::Wide => {
            let name = label::fit(&row.name, NAME);
            canvas.text(place.left - 12.0, y + 4.0, Anchor::End, Look::Ink, &name);
            canvas.text(place.right + 14.0, y + 4.0, Anchor::Start, Look::Dim, &row.words);
        }
        Layout::Narrow => {
            let first = y - ROW / 2.0 - place.above + 15.0;
            let name = label::fit(&row.name, layout.width() - 8.0);
            canvas.text(8.0, first, Anchor::Start, Look::Ink, &name);
            if place.above > 2.0 * LINE {
                canvas.text(8.0, first + LINE, Anchor::Start, Look::Dim, &row.words);
            } else {
                canvas.text(place.right, first, Anchor::End, Look::Dim, &row.words);
            }
        }
    }
}
