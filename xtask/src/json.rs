//! What we read of JSON: the text behind a key, and lines that hold one flat object each.

use std::{fmt::Write as _, iter::Peekable, str::Chars};

/// The string value of the first `"key":"…"` in `text`, with its escapes resolved.
///
/// Cargo writes compact JSON, so there is no space to skip around the colon. `None` when the key
/// is missing, its value is not a string, or the string does not end.
pub(crate) fn string(text: &str, key: &str) -> Option<String> {
    let marker = format!("\"{key}\":\"");
    quoted(&mut text[text.find(&marker)? + marker.len()..].chars().peekable())
}

/// An object whose values are words, numbers or nothing: a line of a measurement.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Flat(Vec<(String, Value)>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Number(f64),
    /// `true`, `false` and `null`, which nobody here asks for.
    Other,
}

impl Flat {
    /// Reads a line; `None` when it is anything but one flat object, a torn line for example.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut rest = line.trim().chars().peekable();
        let mut fields = Vec::new();
        (rest.next()? == '{').then_some(())?;
        loop {
            blanks(&mut rest);
            match rest.next()? {
                '}' if fields.is_empty() => break,
                '"' => {}
                _ => return None,
            }
            let key = quoted(&mut rest)?;
            blanks(&mut rest);
            (rest.next()? == ':').then_some(())?;
            blanks(&mut rest);
            fields.push((key, value(&mut rest)?));
            blanks(&mut rest);
            match rest.next()? {
                ',' => {}
                '}' => break,
                _ => return None,
            }
        }
        rest.next().is_none().then_some(Self(fields))
    }

    /// The word behind a key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.field(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number behind a key.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        match self.field(key)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn field(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// A text as a JSON string, quotes included.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn blanks(rest: &mut Peekable<Chars>) {
    while rest.next_if(char::is_ascii_whitespace).is_some() {}
}

fn value(rest: &mut Peekable<Chars>) -> Option<Value> {
    if rest.next_if_eq(&'"').is_some() {
        return quoted(rest).map(Value::Text);
    }
    let mut word = String::new();
    while let Some(c) = rest.next_if(|&c| c.is_ascii_alphanumeric() || "+-.".contains(c)) {
        word.push(c);
    }
    match word.as_str() {
        "true" | "false" | "null" => Some(Value::Other),
        // Rust reads `inf` and `nan` as numbers, which JSON does not know.
        word if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            word.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number)
        }
        _ => None,
    }
}

/// What stands before the next quote, which is consumed.
fn quoted(rest: &mut Peekable<Chars>) -> Option<String> {
    let mut value = String::new();
    loop {
        match rest.next()? {
            '"' => return Some(value),
            '\\' => value.push(match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => {
                    let digits: String = rest.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                }
                other => other,
            }),
            plain => value.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_escapes_comes_back_as_it_is_on_disk() {
        let line = r#"{"reason":"x","executable":"C:\\cenote \"here\"\\a.exe","fresh":true}"#;
        assert_eq!(string(line, "executable").as_deref(), Some(r#"C:\cenote "here"\a.exe"#));
        assert_eq!(string(r#"{"k":"\u00e9"}"#, "k").as_deref(), Some("é"));
    }

    #[test]
    fn a_missing_null_or_torn_value_is_none() {
        for text in ["{}", r#"{"executable":null}"#, r#"{"executable":"half"#] {
            assert_eq!(string(text, "executable"), None, "{text}");
        }
    }

    #[test]
    fn a_line_is_read_with_and_without_spaces() {
        for line in [
            r#"{"peer":"a b","ms_min":-1.5e-2,"images_per_s":null,"native":true}"#,
            " { \"peer\" : \"a b\", \"ms_min\": -0.015, \"images_per_s\": null, \"native\": true }\n",
        ] {
            let flat = Flat::parse(line).expect("an object");
            assert_eq!(flat.text("peer"), Some("a b"));
            assert_eq!(flat.number("ms_min"), Some(-0.015));
            for key in ["images_per_s", "native", "peers"] {
                assert_eq!((flat.text(key), flat.number(key)), (None, None), "{key}");
            }
        }
        assert_eq!(Flat::parse("{}"), Some(Flat::default()));
    }

    #[test]
    fn a_torn_nested_or_doubled_line_is_none() {
        for line in [
            "",
            "{",
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{"a":1}{"#,
            r#"{"a":[1]}"#,
            r#"{"a":{}}"#,
            r#"{"a":nan}"#,
            r#"{"a":NaN}"#,
            r#"{"a" 1}"#,
            r#"{"a":"x"#,
        ] {
            assert_eq!(Flat::parse(line), None, "{line}");
        }
    }

    #[test]
    fn a_quoted_text_is_read_back() {
        for text in ["plain", "a \"b\" \\ c", "line\nnext\tµ"] {
            let line = format!("{{\"k\":{}}}", quote(text));
            assert_eq!(Flat::parse(&line).expect("an object").text("k"), Some(text));
        }
    }
}
