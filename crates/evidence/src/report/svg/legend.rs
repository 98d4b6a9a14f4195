//! What colours and shades stand for, above a plot.

use super::canvas::{Anchor, Canvas, Look};
use super::{Layout, label};

/// Height of a line.
const LINE: f64 = 20.0;
/// Where a line begins, and the longest words.
const LEFT: f64 = 8.0;
const WORDS: f64 = 120.0;

/// Colours with their words, line by line, and where each starts.
pub(super) struct Legend(Vec<Vec<(Look, String, f64)>>);

impl Legend {
    /// As many in a line as there is room for.
    pub(super) fn of<'a>(
        entries: impl IntoIterator<Item = (Look, &'a str)>,
        layout: Layout,
    ) -> Self {
        let mut lines = vec![Vec::new()];
        let mut x = LEFT;
        for (look, words) in entries {
            let words = label::fit(words, WORDS);
            let width = label::width(&words) + 34.0;
            if x + width > layout.width() && x > LEFT {
                lines.push(Vec::new());
                x = LEFT;
            }
            lines.last_mut().expect("it starts with a line").push((look, words, x));
            x += width;
        }
        Self(lines)
    }

    /// Pixels from the top of the plot.
    pub(super) fn height(&self) -> f64 {
        LINE * self.0.len() as f64
    }

    /// Draws it at the top of the plot.
    pub(super) fn draw(&self, canvas: &mut Canvas) {
        for (i, line) in self.0.iter().enumerate() {
            let y = LINE * i as f64 + 4.0;
            for (look, words, x) in line {
                canvas.rect((*x, y + 1.0), (x + 11.0, y + 12.0), *look);
                canvas.text(x + 16.0, y + 11.0, Anchor::Start, Look::Dim, words);
            }
        }
    }
}
