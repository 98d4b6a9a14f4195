//! A confusion matrix as shaded cells.

use super::MOST;
use super::canvas::{Anchor, Canvas, Look, cut, short, width};

const CELL: f64 = 40.0;
const TOP: f64 = 84.0;

/// A confusion matrix as an SVG document: one row per label, one column per prediction.
///
/// `cells` is row-major, `names.len()²` counts or weights; missing, negative and not finite ones are drawn as
/// empty. A cell is shaded by its share of its row, so that rare classes are seen too. Of more than 24 classes
/// the 24 with the largest counts, as label and as prediction, are drawn in their order, and the rest is counted in words.
/// The background of a detector is one more of the names.
///
/// ```
/// use cenote_metrics::confusion_plot;
///
/// let svg = confusion_plot("pets", &["cat", "dog"], &[8.0, 2.0, 1.0, 9.0]);
/// assert!(svg.contains(">8</text>") && svg.contains("prediction"));
/// ```
pub fn confusion_plot(title: &str, names: &[&str], cells: &[f64]) -> String {
    let classes = names.len();
    let value = |row: usize, column: usize| {
        let value = cells.get(row * classes + column).copied().unwrap_or(0.0);
        if value.is_finite() { value.max(0.0) } else { 0.0 }
    };
    let drawn = largest(classes, value);
    let shown = drawn.len();
    let texts: Vec<String> = drawn.iter().map(|&class| cut(names[class], 20)).collect();
    let widest = texts.iter().map(|text| width(text)).fold(60.0, f64::max);
    let (left, side) = (widest + 28.0, CELL * shown as f64);
    let page = (left + side + 24.0).max(width(title) * 1.3 + 32.0);
    let about =
        "Rows are labels, columns are predictions; a cell is shaded by its share of its row.";
    let mut canvas = Canvas::new(page, TOP + side + 40.0, title, about);
    canvas.text((left, TOP - 34.0), Anchor::Start, Look::Dim, "prediction →");
    canvas.text((16.0, TOP - 10.0), Anchor::Start, Look::Dim, "label ↓");

    for (row, text) in texts.iter().enumerate() {
        let top = TOP + CELL * row as f64;
        let whole: f64 = (0..classes).map(|column| value(drawn[row], column)).sum();
        canvas.text((left - 8.0, top + 0.6 * CELL), Anchor::End, Look::Ink, text);
        // A name above its column has the width of a cell.
        let head = cut(text, (CELL / 6.9) as usize);
        let middle = left + CELL * (row as f64 + 0.5);
        canvas.text((middle, TOP - 10.0), Anchor::Middle, Look::Ink, &head);
        for column in 0..shown {
            let from = (left + CELL * column as f64, top);
            let to = (from.0 + CELL - 1.0, from.1 + CELL - 1.0);
            let value = value(drawn[row], drawn[column]);
            let share = if whole > 0.0 { value / whole } else { 0.0 };
            // Text must stay readable on the darkest cell of either page.
            canvas.rect(from, to, 0.04 + 0.5 * share, Look::Series(usize::from(row != column)));
            if value > 0.0 {
                let at = (from.0 + CELL / 2.0, from.1 + 0.6 * CELL);
                canvas.text(at, Anchor::Middle, Look::Ink, &compact(value));
            }
        }
    }
    if classes > shown {
        let rest = format!("and {} classes more", classes - shown);
        canvas.text((left, TOP + side + 22.0), Anchor::Start, Look::Dim, &rest);
    }
    canvas.finish()
}

/// The classes to draw, in their order: those that most labels and predictions are of, of equals the first.
fn largest(classes: usize, value: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let count = |class: usize| -> f64 {
        (0..classes).map(|other| value(class, other) + value(other, class)).sum()
    };
    let mut counts: Vec<(usize, f64)> = (0..classes).map(|class| (class, count(class))).collect();
    counts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut drawn: Vec<usize> = counts.into_iter().take(MOST).map(|(class, _)| class).collect();
    drawn.sort_unstable();
    drawn
}

/// A count in at most five characters.
fn compact(value: f64) -> String {
    match value {
        v if v >= 9.995e9 => format!("{v:.0e}"),
        v if v >= 9.995e5 => format!("{:.1}M", v / 1e6),
        v if v >= 9_999.5 => format!("{:.0}k", v / 1e3),
        v if v >= 100.0 => format!("{v:.0}"),
        v => short(v),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_any_size_fit_a_cell() {
        let texts = [0.125, 7.0, 1234.0, 98_765.0, 2.5e6, 3e12].map(compact);
        assert_eq!(texts, ["0.125", "7", "1234", "99k", "2.5M", "3e12"]);
    }

    #[test]
    fn a_large_matrix_is_cut_and_says_so() {
        let names = vec!["c"; 30];
        let svg = confusion_plot("many", &names, &vec![1.0; 900]);
        assert!(svg.contains("and 6 classes more"));
        assert_eq!(svg.matches(">1</text>").count(), MOST * MOST);
    }

    #[test]
    fn of_many_classes_those_of_most_labels_and_predictions_are_drawn() {
        let names: Vec<String> = (0..30).map(|class| format!("class{class}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut cells = vec![1.0; 900];
        cells[29 * 30] = 50.0;
        let svg = confusion_plot("many", &names, &cells);
        assert!(svg.contains(">class29</text>") && svg.contains(">class0</text>"));
        assert!(svg.contains(">50</text>") && !svg.contains(">class23</text>"));
    }
}
