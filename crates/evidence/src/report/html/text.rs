//! Text as HTML: escaped first, whatever a study file held.

use crate::report::svg::escape;

/// Text on one line.
pub(super) fn plain(text: &str) -> String {
    escape(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A name as it stands in files.
pub(super) fn code(name: &str) -> String {
    format!("<code>{}</code>", plain(name))
}

/// A sentence whose names stand between backticks.
pub(super) fn prose(sentence: &str) -> String {
    let text = plain(sentence);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text; // a name has a backtick of its own
    }
    let mut html = String::with_capacity(text.len() + 64);
    for (i, part) in parts.iter().enumerate() {
        if i % 2 == 1 {
            html.push_str("<code>");
            html.push_str(part);
            html.push_str("</code>");
        } else {
            html.push_str(part);
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_between_backticks_are_code() {
        assert_eq!(prose("`a` − `b` & c"), "<code>a</code> − <code>b</code> &amp; c");
        assert_eq!(prose("one ` alone"), "one ` alone");
    }

    #[test]
    fn nothing_in_a_name_becomes_markup() {
        assert_eq!(code("<b onx='1'>\n"), "<code>&lt;b onx=&#39;1&#39;&gt;</code>");
    }
}
