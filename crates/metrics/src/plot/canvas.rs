//! The few shapes that plots are made of, written as SVG text.

use std::fmt::Write;

/// Colours of series on a light and on a dark page, told apart by people who do not see all of them.
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

/// What a shape is, and so how it looks on either page.
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
    /// The line of no skill or of no error.
    Reference,
    /// The colour of a series.
    Series(usize),
}

impl Canvas {
    /// An empty plot with a title and a description for those who do not see it.
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let (width, height) = (format!("{width:.0}"), format!("{height:.0}"));
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n{}<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n",
            escape(title),
            escape(description),
            style()
        );
        text.reserve(4096);
        let mut canvas = Self { text };
        canvas.text((16.0, 26.0), Anchor::Start, Look::Title, title);
        canvas
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, look: Look, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y, class, text) = (px(x), px(y), look.class("f"), escape(text));
        self.push(format_args!(
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\"{anchor}>{text}</text>"
        ));
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, look: Look) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(px);
        let class = look.class("s");
        self.push(format_args!(
            "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" stroke-width=\"{width:.1}\" class=\"{class}\"/>"
        ));
    }

    /// A filled rectangle; `opacity` from 0 to 1 carries a value where colour alone would not.
    pub(super) fn rect(&mut self, from: (f64, f64), to: (f64, f64), opacity: f64, look: Look) {
        let [x, y] = [from.0.min(to.0), from.1.min(to.1)].map(px);
        let [width, height] = [(to.0 - from.0).abs(), (to.1 - from.1).abs()].map(px);
        let class = look.class("f");
        self.push(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" opacity=\"{opacity:.3}\" class=\"{class}\"/>"
        ));
    }

    pub(super) fn dot(&mut self, (x, y): (f64, f64), radius: f64, look: Look) {
        let (x, y, class) = (px(x), px(y), look.class("f"));
        self.push(format_args!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius:.1}\" class=\"{class}\"/>"
        ));
    }

    /// A line through points; a series beyond the eighth is dashed to tell it from the one of its colour.
    pub(super) fn path(&mut self, points: &[(f64, f64)], series: usize) {
        let dash = match series / COLOURS.len() {
            0 => "",
            1 => " stroke-dasharray=\"6 3\"",
            _ => " stroke-dasharray=\"2 3\"",
        };
        let class = Look::Series(series).class("s");
        self.text.push_str("<polyline points=\"");
        for (i, &(x, y)) in points.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            let _ = write!(self.text, "{space}{},{}", px(x), px(y));
        }
        self.push(format_args!("\" fill=\"none\" stroke-width=\"2.0\"{dash} class=\"{class}\"/>"));
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    fn push(&mut self, shape: std::fmt::Arguments) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{shape}");
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
            Self::Reference => "reference".to_owned(),
            Self::Series(series) => format!("{kind}{}", series % COLOURS.len()),
        }
    }
}

/// About how wide a text of the plots is.
pub(super) fn width(text: &str) -> f64 {
    6.9 * text.chars().count() as f64
}

/// The text, cut to so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A value in as few digits as tell it.
pub(super) fn short(value: f64) -> String {
    if value.fract().abs() < 1e-9 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let text = if value.abs() < 10.0 { format!("{value:.3}") } else { format!("{value:.1}") };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn style() -> String {
    let mut light = ".page{fill:#ffffff}.ink{fill:#1f2328}.dim{fill:#59636e}.grid{stroke:#e1e6eb}.reference{stroke:#59636e;stroke-dasharray:4 4}".to_owned();
    let mut dark = ".page{fill:#0d1117}.ink{fill:#e6edf3}.dim{fill:#9aa4ae}.grid{stroke:#262c34}.reference{stroke:#9aa4ae;stroke-dasharray:4 4}".to_owned();
    for (i, (on_light, on_dark)) in COLOURS.iter().enumerate() {
        let _ = write!(light, ".f{i}{{fill:{on_light}}}.s{i}{{stroke:{on_light}}}");
        let _ = write!(dark, ".f{i}{{fill:{on_dark}}}.s{i}{{stroke:{on_dark}}}");
    }
    format!(
        "<style>\ntext{{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif}}.title{{font-size:15px;font-weight:600}}\n{light}\n@media(prefers-color-scheme:dark){{{dark}}}\n</style>\n"
    )
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
            // Most control characters and these two are not allowed in XML at all.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
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
        assert_eq!(escape("a<b>&\"c\u{0}\n\u{ffff}"), "a&lt;b&gt;&amp;&quot;c   ");
    }

    #[test]
    fn numbers_are_as_short_as_tells_them() {
        let texts = [3.0, -2.0, 0.25, 1234.56, 0.0, 0.0004].map(short);
        assert_eq!(texts, ["3", "-2", "0.25", "1234.6", "0", "0"]);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!((cut("äöü", 3), cut("äöüß", 3)), ("äöü".to_owned(), "äö…".to_owned()));
    }
}
