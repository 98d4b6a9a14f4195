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

/// Shades for parts of a whole, light and dark page, each told from its neighbours.
pub(super) const TINTS: [(&str, &str); 6] = [
    ("#0b4a75", "#58a6ff"),
    ("#5b9bd0", "#2a6fb5"),
    ("#8a5a00", "#e3b341"),
    ("#d3a340", "#8a6a1c"),
    ("#4d6b57", "#7fb993"),
    ("#9bb5a3", "#4a7059"),
];

/// A drawing that grows shape by shape.
///
/// Its title and note stand above it in a file of its own; on a page they are text of the page.
pub(crate) struct Canvas {
    /// What it shows.
    pub(crate) title: String,
    /// How to read it.
    pub(crate) note: String,
    description: String,
    width: f64,
    height: f64,
    shapes: String,
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
    /// Text to read on top of lines.
    Label,
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
    /// A mark without a colour of its own.
    Mark,
    /// The colour of an arm.
    Arm(usize),
    /// One of [`TINTS`] shades, from strong to faint.
    Tint(usize),
}

impl Canvas {
    /// An empty plot, with a description for those who do not see it.
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        Self {
            title: title.to_owned(),
            note: String::new(),
            description: description.to_owned(),
            width,
            height,
            shapes: String::new(),
        }
    }

    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, look: Look, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y, class, text) = (px(x), px(y), look.class("f"), escape(text));
        let _ = writeln!(
            self.shapes,
            "<text x=\"{x}\" y=\"{y}\" class=\"{class}\"{anchor}>{text}</text>"
        );
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, look: Look) {
        let _ = writeln!(
            self.shapes,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke-width=\"{width:.1}\" class=\"{}\"/>",
            px(from.0),
            px(from.1),
            px(to.0),
            px(to.1),
            look.class("s")
        );
    }

    /// A dot of a value, which its `says` tells whoever points at it.
    pub(super) fn dot(&mut self, (x, y): (f64, f64), size: Dot, look: Look, says: &str) {
        let (x, y, class) = (px(x), px(y), look.class("f"));
        let (radius, opacity) = match size {
            Dot::Small => ("2.6", " opacity=\"0.5\""),
            Dot::Middle => ("4.5", ""),
            Dot::Large => ("5.0", ""),
        };
        let _ = writeln!(
            self.shapes,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{opacity} class=\"{class}\">{}</circle>",
            title(says)
        );
    }

    pub(super) fn rect(&mut self, from: (f64, f64), to: (f64, f64), look: Look) {
        let (x, y, class) = (px(from.0), px(from.1), look.class("f"));
        let (width, height) = (px(to.0 - from.0), px(to.1 - from.1));
        let _ = writeln!(
            self.shapes,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"{class}\"/>"
        );
    }

    /// A rectangle of a value, which its `says` tells whoever points at it.
    pub(super) fn bar(&mut self, from: (f64, f64), to: (f64, f64), look: Look, says: &str) {
        let (x, y, class) = (px(from.0), px(from.1), look.class("f"));
        let (width, height) = (px(to.0 - from.0), px(to.1 - from.1));
        let _ = writeln!(
            self.shapes,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" class=\"{class}\">{}</rect>",
            title(says)
        );
    }

    /// A cell that is darker the larger its share, and light enough for a number on it.
    pub(super) fn shade(&mut self, from: (f64, f64), to: (f64, f64), share: f64, says: &str) {
        let (x, y, class) = (px(from.0), px(from.1), Look::Tint(0).class("f"));
        let (width, height) = (px(to.0 - from.0), px(to.1 - from.1));
        let opacity = 0.55 * share.clamp(0.0, 1.0);
        let _ = writeln!(
            self.shapes,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" opacity=\"{opacity:.2}\" class=\"{class}\">{}</rect>",
            title(says)
        );
    }

    /// The area between two lines, from the lowest to the highest run of an arm.
    pub(super) fn area(&mut self, low: &[(f64, f64)], high: &[(f64, f64)], arm: usize) {
        let points: Vec<String> = low
            .iter()
            .chain(high.iter().rev())
            .map(|(x, y)| format!("{},{}", px(*x), px(*y)))
            .collect();
        let _ = writeln!(
            self.shapes,
            "<polygon points=\"{}\" opacity=\"0.14\" class=\"{}\"/>",
            points.join(" "),
            Look::Arm(arm).class("f")
        );
    }

    /// A line through points; every other arm beyond the eighth is dashed to tell it apart.
    pub(super) fn path(&mut self, points: &[(f64, f64)], arm: usize) {
        self.stroke(
            points,
            arm,
            if arm < COLOURS.len() { "" } else { " stroke-dasharray=\"5 3\"" },
        );
    }

    /// A second line of an arm, dotted to tell it from the first.
    pub(super) fn dotted(&mut self, points: &[(f64, f64)], arm: usize) {
        self.stroke(points, arm, " stroke-dasharray=\"2 4\"");
    }

    fn stroke(&mut self, points: &[(f64, f64)], arm: usize, dash: &str) {
        let points: Vec<String> =
            points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
        let _ = writeln!(
            self.shapes,
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

    /// The plot as a file of its own.
    pub(crate) fn file(&self) -> String {
        let head = if self.note.is_empty() { 44.0 } else { 62.0 };
        let mut above = Self::new(0.0, 0.0, "", "");
        above.text(16.0, 26.0, Anchor::Start, Look::Title, &self.title);
        if !self.note.is_empty() {
            above.text(16.0, 46.0, Anchor::Start, Look::Dim, &self.note);
        }
        let (width, height) = (self.width, self.height + head);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n<style>\n{}</style>\n<rect class=\"page\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n{}<g transform=\"translate(0 {head:.0})\">\n{}</g>\n</svg>\n",
            escape(&self.title),
            escape(&self.description),
            style(),
            above.shapes,
            self.shapes
        )
    }

    /// The plot inside a page that has [`style`] once; `id` is its own there, and `class` says
    /// where it is shown.
    pub(crate) fn inline(&self, id: &str, class: &str) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            "<svg viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" class=\"{class}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n{}</svg>\n",
            escape(&self.title),
            escape(&self.description),
            self.shapes
        )
    }

    /// The plot inside a page, for eyes only: what it shows stands beside it in words.
    pub(crate) fn unseen(&self) -> String {
        format!(
            "<svg viewBox=\"0 0 {:.0} {:.0}\" aria-hidden=\"true\">\n{}</svg>\n",
            self.width, self.height, self.shapes
        )
    }
}

/// How large a dot is: one run, a mean among runs, or a mean alone.
#[derive(Clone, Copy)]
pub(super) enum Dot {
    Small,
    Middle,
    Large,
}

impl Look {
    /// The class, for a filled (`f`) or a stroked (`s`) shape.
    fn class(self, kind: &str) -> String {
        match self {
            Self::Ink => "ink".to_owned(),
            Self::Label => "ink label".to_owned(),
            Self::Dim => "dim".to_owned(),
            Self::Title => "ink title".to_owned(),
            Self::Grid => "grid".to_owned(),
            Self::Zero => "zero".to_owned(),
            Self::Band => "band".to_owned(),
            Self::Mark => format!("{kind}m"),
            Self::Arm(arm) => format!("{kind}{}", arm % COLOURS.len()),
            Self::Tint(shade) => format!("t{}", shade % TINTS.len()),
        }
    }
}

/// How every class looks on a light page, on a dark one, and on paper.
pub(crate) fn style() -> String {
    let mut light = ".page{fill:#ffffff}.label{stroke:#ffffff}.ink{fill:#1f2328}.dim{fill:#59636e}.grid{stroke:#e1e6eb}.zero{stroke:#59636e}.band{fill:#dde5ec}.fm{fill:#1f2328}.sm{stroke:#1f2328}".to_owned();
    let mut dark = ".page{fill:#0d1117}.label{stroke:#0d1117}.ink{fill:#e6edf3}.dim{fill:#9aa4ae}.grid{stroke:#262c34}.zero{stroke:#9aa4ae}.band{fill:#2a3644}.fm{fill:#e6edf3}.sm{stroke:#e6edf3}".to_owned();
    for (i, (on_light, on_dark)) in COLOURS.iter().enumerate() {
        let _ = write!(light, ".f{i}{{fill:{on_light}}}.s{i}{{stroke:{on_light}}}");
        let _ = write!(dark, ".f{i}{{fill:{on_dark}}}.s{i}{{stroke:{on_dark}}}");
    }
    for (i, (on_light, on_dark)) in TINTS.iter().enumerate() {
        let _ = write!(light, ".t{i}{{fill:{on_light}}}");
        let _ = write!(dark, ".t{i}{{fill:{on_dark}}}");
    }
    format!(
        "svg text{{font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums}}svg .title{{font-size:15px;font-weight:600}}svg .label{{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}}\n{light}\n@media screen and (prefers-color-scheme:dark){{{dark}}}\n"
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

/// What a mark says, if anything.
fn title(says: &str) -> String {
    if says.is_empty() { String::new() } else { format!("<title>{}</title>", escape(says)) }
}

fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

/// Text that cannot end the element or the attribute it stands in.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
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
        assert_eq!(escape("a<b>&\"'c\u{0}\n"), "a&lt;b&gt;&amp;&quot;&#39;c  ");
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
