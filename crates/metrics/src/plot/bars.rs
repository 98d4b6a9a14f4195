//! Horizontal bars, one per name: what each kind of error costs, and the like.

use super::MOST;
use super::canvas::{Anchor, Canvas, Look, cut, short, width};

const TOP: f64 = 52.0;
const ROW: f64 = 30.0;
const LENGTH: f64 = 340.0;

/// One bar.
#[derive(Clone, Copy, Debug)]
pub struct Bar<'a> {
    /// Its name, to its left.
    pub name: &'a str,
    /// Its length, 0 or more; anything else draws no bar.
    pub value: f64,
    /// A remark after its value, may be empty.
    pub note: &'a str,
}

/// Horizontal bars as an SVG document; `unit` names what their lengths measure.
///
/// Of more than 24 bars the first 24 are drawn and the rest is counted in words.
///
/// ```
/// use cenote_metrics::{Bar, bars_plot};
///
/// let bars = [
///     Bar { name: "Cls", value: 3.2, note: "" },
///     Bar { name: "Loc", value: 6.5, note: "41 detections" },
/// ];
/// assert!(bars_plot("What errors cost", "AP points", &bars).contains(">6.5 (41 detections)<"));
/// ```
pub fn bars_plot(title: &str, unit: &str, bars: &[Bar<'_>]) -> String {
    let shown = &bars[..bars.len().min(MOST)];
    let names: Vec<String> = shown.iter().map(|bar| cut(bar.name, 28)).collect();
    let texts: Vec<String> = shown.iter().map(text).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| width(text)).fold(40.0, f64::max);
    let left = widest(&names) + 28.0;
    let page = (left + LENGTH + widest(&texts) + 24.0).max(width(title) * 1.3 + 32.0);
    let bottom = TOP + ROW * shown.len() as f64;
    let mut canvas = Canvas::new(page, bottom + 44.0, title, &format!("{unit}, one bar per name."));
    let largest = shown.iter().filter_map(|bar| length(bar)).fold(0.0, f64::max);
    for (i, ((bar, name), text)) in shown.iter().zip(&names).zip(&texts).enumerate() {
        let top = TOP + ROW * i as f64;
        let baseline = top + 0.55 * ROW;
        canvas.text((left - 8.0, baseline), Anchor::End, Look::Ink, name);
        let long = length(bar)
            .map_or(0.0, |value| if largest > 0.0 { LENGTH * value / largest } else { 0.0 });
        canvas.rect((left, top + 3.0), (left + long, top + ROW - 7.0), 0.85, Look::Series(0));
        canvas.text((left + long + 8.0, baseline), Anchor::Start, Look::Dim, text);
    }
    canvas.line((left, TOP), (left, bottom), 1.0, Look::Reference);
    canvas.text((left, bottom + 20.0), Anchor::Start, Look::Ink, unit);
    if bars.len() > MOST {
        let rest = format!("and {} more", bars.len() - MOST);
        canvas.text((left, bottom + 36.0), Anchor::Start, Look::Dim, &rest);
    }
    canvas.finish()
}

fn length(bar: &Bar<'_>) -> Option<f64> {
    (bar.value.is_finite() && bar.value >= 0.0).then_some(bar.value)
}

fn text(bar: &Bar<'_>) -> String {
    let value = if bar.value.is_finite() { short(bar.value) } else { "–".to_owned() };
    if bar.note.is_empty() { value } else { format!("{value} ({})", cut(bar.note, 40)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_has_the_full_length_and_half_of_it_half() {
        let bar = |value| Bar { name: "b", value, note: "" };
        let svg = bars_plot("", "", &[bar(2.0), bar(4.0), bar(-1.0)]);
        assert!(svg.contains("width=\"340.0\"") && svg.contains("width=\"170.0\""), "{svg}");
        assert_eq!(svg.matches("width=\"0.0\"").count(), 1, "a negative value draws no bar");
    }
}
