//! The few shapes that plots are made of, written as SVG text.

use std::fmt::Write;

use super::scale::Scale;

/// Colours of arms, light and dark page, told apart by people who do not see all of them.
const COLOURS: [(&str, &str); 8] = [
    ("#0072b2", "#58a6ff"),
    ("#c24e00", "#ff8c4a"),
    ("#007a5a", "#3fb950"),
    ("#b0487f", "#e7a1c6"),
    ("#7a5f00", "#d4a72c"),
    ("#6e40c9", "#b794f6"),
    ("#a11d33", "#f85149"),
    ("#57606a", "#adb5bd"),
];

/// A drawing that grows shape by shape.
pub(super) struct Canvas {
    text: String,
}

/// Which end of a text stands at its position.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A class of the style block: what a shape is, and so how it looks on either page.
#[derive(Clone, Copy)]
pub(super) enum Look {
    /// Text to read.
    Ink,
    /// Text to look up.
    Dim,
    /// The title.
    Title,
    /// Lines to read values from.
    Grid,
    /// The line of no difference.
    Zero,
    /// The margin.
    Band,
    /// The colour of an arm.
    Arm(usize),
}

impl Canvas {
    /// An empty plot with a title and a description for those who do not see it.
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n",
            escape(title),
            escape(description)
        );
        text.push_str(&style());
        let _ =
            writeln!(text, "<rect class=\"page\" width=\"{width:.0}\" height=\"{height:.0}\"/>");
        let mut canvas = Self { text };
        canvas.text(16.0, 26.0, Anchor::Start, Look::Title, title);
        canvas
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, look: Look, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y, class, text) = (px(x), px(y), look.class("f"), escape(text));
        let _ = writeln!(
            self.text,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\"{anchor}>{text}</text>"
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, look: Look) {
        let _ = writeln!(
            self.text,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke-width=\"{width:.1}\" class=\"{}\"/>",
            px(from.0),
            px(from.1),
            px(to.0),
            px(to.1),
            look.class("s")
        );
    }

    pub(super) fn dot(&mut self, x: f64, y: f64, radius: f64, opacity: f64, look: Look) {
        let (x, y, class) = (px(x), px(y), look.class("f"));
        let _ = writeln!(
            self.text,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius:.1}\" opacity=\"{opacity:.1}\" class=\"{class}\"/>"
        );
    }

    pub(super) fn rect(&mut self, from: (f64, f64), to: (f64, f64), look: Look) {
        let (x, y, class) = (px(from.0), px(from.1), look.class("f"));
        let (width, height) = (px(to.0 - from.0), px(to.1 - from.1));
        let _ = writeln!(
            self.text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"{class}\"/>"
        );
    }

    /// A line through points; every other arm beyond the eighth is dashed to tell it apart.
    pub(super) fn path(&mut self, points: &[(f64, f64)], arm: usize) {
        let points: Vec<String> =
            points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
        let dash = if arm < COLOURS.len() { "" } else { " stroke-dasharray=\"5 3\"" };
        let _ = writeln!(
            self.text,
            "<polyline points=\"{}\" fill=\"none\" stroke-width=\"2.0\"{dash} class=\"{}\"/>",
            points.join(" "),
            Look::Arm(arm).class("s")
        );
    }

    /// Vertical grid lines with their values below, and the name of the axis.
    pub(super) fn bottom_axis(&mut self, scale: Scale, (top, bottom): (f64, f64), signed: bool) {
        let (ticks, decimals) = scale.ticks();
        for tick in ticks {
            let x = scale.at(tick);
            self.line((x, top), (x, bottom), 1.0, Look::Grid);
            self.text(x, bottom + 18.0, Anchor::Middle, Look::Dim, &number(tick, decimals, signed));
        }
    }

    /// Horizontal grid lines with their values to the left.
    pub(super) fn left_axis(&mut self, scale: Scale, (left, right): (f64, f64)) {
        let (ticks, decimals) = scale.ticks();
        for tick in ticks {
            let y = scale.at(tick);
            self.line((left, y), (right, y), 1.0, Look::Grid);
            self.text(left - 8.0, y + 4.0, Anchor::End, Look::Dim, &number(tick, decimals, false));
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

impl Look {
    /// The class, for a filled (`f`) or a stroked (`s`) shape.
    fn class(self, kind: &str) -> String {
        match self {
            Self::Ink => "ink".to_owned(),
            Self::Dim => "dim".to_owned(),
            Self::Title => "ink title".to_owned(),
            Self::Grid => "grid".to_owned(),
            Self::Zero => "zero".to_owned(),
            Self::Band => "band".to_owned(),
            Self::Arm(arm) => format!("{kind}{}", arm % COLOURS.len()),
        }
    }
}

fn style() -> String {
    let mut light = ".page{fill:#ffffff}.ink{fill:#1f2328}.dim{fill:#59636e}.grid{stroke:#e1e6eb}.zero{stroke:#59636e}.band{fill:#e9eef3}".to_owned();
    let mut dark = ".page{fill:#0d1117}.ink{fill:#e6edf3}.dim{fill:#9aa4ae}.grid{stroke:#262c34}.zero{stroke:#9aa4ae}.band{fill:#1c2530}".to_owned();
    for (i, (on_light, on_dark)) in COLOURS.iter().enumerate() {
        let _ = write!(light, ".f{i}{{fill:{on_light}}}.s{i}{{stroke:{on_light}}}");
        let _ = write!(dark, ".f{i}{{fill:{on_dark}}}.s{i}{{stroke:{on_dark}}}");
    }
    format!(
        "<style>\ntext{{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}}.title{{font-size:15px;font-weight:600}}\n{light}\n@media(prefers-color-scheme:dark){{{dark}}}\n</style>\n"
    )
}

fn number(value: f64, decimals: usize, signed: bool) -> String {
    let rounded = format!("{value:.decimals$}");
    let zero = rounded.trim_start_matches('-').chars().all(|c| c == '0' || c == '.');
    if zero {
        return rounded.replace('-', "");
    }
    let text = if signed { format!("{value:+.decimals$}") } else { rounded };
    text.replace('-', "−")
}

fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() => escaped.push(' '), // most are not allowed in XML at all
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_its_element() {
        assert_eq!(escape("a<b>&\"c\u{0}\n"), "a&lt;b&gt;&amp;&quot;c  ");
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!((number(-0.0001, 2, true).as_str(), px(-0.01).as_str()), ("0.00", "0.0"));
        assert_eq!(
            (number(-0.5, 1, true).as_str(), number(0.5, 1, true).as_str()),
            ("−0.5", "+0.5")
        );
    }
}
