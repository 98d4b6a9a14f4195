//! Tables that scroll in a box of their own and, with the script, sort by their heads.

use std::fmt::Write;

use super::text::{code, plain};

/// A table while it is made.
pub(super) struct Table {
    caption: &'static str,
    heads: Vec<(String, bool)>,
    rows: Vec<Vec<Cell>>,
}

/// One cell: what it shows, and what it is sorted by.
pub(super) struct Cell {
    html: String,
    sort: Option<String>,
    class: &'static str,
    shade: Option<f64>,
}

impl Table {
    /// A table whose first column names its rows; heads that start with `<` stand over words.
    pub(super) fn new(caption: &'static str, heads: &[&str]) -> Self {
        let head = |(i, head): (usize, &&str)| {
            let words = head.strip_prefix('<');
            (plain(words.unwrap_or(head)), i == 0 || words.is_some())
        };
        Self { caption, heads: heads.iter().enumerate().map(head).collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.heads.len(), "a cell under every head");
        self.rows.push(cells);
    }

    pub(super) fn html(&self) -> String {
        let mut html = format!(
            "<div>\n<p class=\"caption\">{0}</p>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\n<table class=\"sortable\" aria-label=\"{0}\">\n<thead><tr>",
            plain(self.caption)
        );
        for (head, words) in &self.heads {
            let class = if *words { " class=\"word\"" } else { "" };
            let _ = write!(html, "<th scope=\"col\"{class}>{head}</th>");
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            html.push_str("<tr>");
            for (i, (cell, (_, words))) in row.iter().zip(&self.heads).enumerate() {
                cell.write(&mut html, i == 0, *words);
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody>\n</table>\n</div>\n</div>\n");
        html
    }
}

impl Cell {
    /// Text.
    pub(super) fn text(text: &str) -> Self {
        Self { html: plain(text), sort: None, class: "", shade: None }
    }

    /// A name as it stands in files.
    pub(super) fn code(name: &str) -> Self {
        Self { html: code(name), ..Self::text("") }
    }

    /// HTML, made by the page itself.
    pub(super) fn html(html: String) -> Self {
        Self { html, ..Self::text("") }
    }

    /// A value and how it is shown; a value that is not there is sorted to the end.
    pub(super) fn value(value: Option<f64>, shown: &str) -> Self {
        Self::text(shown).sorted(value)
    }

    /// Sorted by a value.
    pub(super) fn sorted(self, value: Option<f64>) -> Self {
        let sort = value.map_or_else(String::new, |value| format!("{value}"));
        Self { sort: Some(sort), ..self }
    }

    /// With a class of the style sheet.
    pub(super) fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    /// On a shade, from 0 for none to 1.
    pub(super) fn shaded(self, shade: Option<f64>) -> Self {
        Self { shade, ..self }
    }

    fn write(&self, html: &mut String, names: bool, words: bool) {
        if names {
            let sort = self.sort_attribute();
            let _ = write!(html, "<th scope=\"row\"{sort}>{}</th>", self.html);
            return;
        }
        let shaded = self.shade.map_or("", |_| "shaded");
        let classes: Vec<&str> = [if words { "word" } else { "" }, self.class, shaded]
            .into_iter()
            .filter(|class| !class.is_empty())
            .collect();
        html.push_str("<td");
        if !classes.is_empty() {
            let _ = write!(html, " class=\"{}\"", classes.join(" "));
        }
        if let Some(shade) = self.shade {
            let _ = write!(html, " style=\"--v:{:.2}\"", shade.clamp(0.0, 1.0));
        }
        let _ = write!(html, "{}>{}</td>", self.sort_attribute(), self.html);
    }

    fn sort_attribute(&self) -> String {
        let sort = self.sort.as_ref();
        sort.map_or_else(String::new, |sort| format!(" data-sort=\"{sort}\""))
    }
}
