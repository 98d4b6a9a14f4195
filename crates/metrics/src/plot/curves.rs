//! Precision over recall, and the hit rate over the rate of false alarms.

use super::MOST;
use super::canvas::{Look, cut};
use super::frame::{Frame, at};

/// The most points of a drawn line: more than a page has pixels.
const MOST_POINTS: usize = 1_500;

/// A named line through `(x, y)` points, both from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// What the legend calls it.
    pub name: &'a str,
    /// `(recall, precision)` or `(false-positive rate, true-positive rate)`, in the order of the line.
    pub points: &'a [(f64, f64)],
}

/// Precision over recall as an SVG document: points are `(recall, precision)`.
///
/// ```
/// use cenote_metrics::{Curve, precision_recall_plot};
///
/// let points = [(0.0, 1.0), (0.5, 1.0), (1.0, 0.67)];
/// let svg = precision_recall_plot("cat", &[Curve { name: "cat", points: &points }]);
/// assert!(svg.starts_with("<svg ") && svg.contains("recall"));
/// ```
pub fn precision_recall_plot(title: &str, curves: &[Curve<'_>]) -> String {
    draw(title, "Precision over recall, one line per name.", ["recall", "precision"], curves, false)
}

/// True-positive over false-positive rate as an SVG document, with the diagonal of a guess.
///
/// ```
/// use cenote_metrics::{Curve, roc_plot};
///
/// let points = [(0.0, 0.0), (0.1, 0.8), (1.0, 1.0)];
/// assert!(roc_plot("cat", &[Curve { name: "cat", points: &points }]).starts_with("<svg "));
/// ```
pub fn roc_plot(title: &str, curves: &[Curve<'_>]) -> String {
    let axes = ["false-positive rate", "true-positive rate"];
    draw(title, "True-positive over false-positive rate, one line per name.", axes, curves, true)
}

fn draw(title: &str, about: &str, axes: [&str; 2], curves: &[Curve<'_>], diagonal: bool) -> String {
    let names: Vec<String> = curves.iter().take(MOST).map(|curve| cut(curve.name, 32)).collect();
    let longest = names.iter().max_by_key(|name| name.chars().count());
    let mut frame = Frame::new(title, about, axes, longest.map_or("", String::as_str));
    if diagonal {
        frame.canvas.line(at((0.0, 0.0)), at((1.0, 1.0)), 1.0, Look::Reference);
    }
    for (series, (curve, name)) in curves.iter().zip(&names).enumerate() {
        frame.canvas.path(&thinned(curve.points), series);
        frame.legend(series, Some(series), name);
    }
    if curves.len() > MOST {
        frame.legend(MOST, None, &format!("and {} more", curves.len() - MOST));
    }
    frame.canvas.finish()
}

/// The positions of the finite points, every so many of them where there are more than can be seen.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let seen: Vec<(f64, f64)> = points
        .iter()
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .map(|&point| at(point))
        .collect();
    let every = seen.len().div_ceil(MOST_POINTS).max(1);
    let last = seen.len().saturating_sub(1);
    let kept = seen.iter().enumerate().filter(|(i, _)| i % every == 0 || *i == last);
    kept.map(|(_, &point)| point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_keeps_its_ends() {
        let points: Vec<(f64, f64)> =
            (0..100_000).map(|i| (f64::from(i) / 99_999.0, 0.5)).collect();
        let kept = thinned(&points);
        assert!(kept.len() <= MOST_POINTS + 1, "{}", kept.len());
        assert_eq!((kept[0], *kept.last().unwrap()), (at((0.0, 0.5)), at((1.0, 0.5))));
    }
}
