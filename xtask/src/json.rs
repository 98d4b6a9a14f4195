//! The one thing we read from cargo's JSON: the text behind a key.

/// The string value of the first `"key":"…"` in `text`, with its escapes resolved.
///
/// Cargo writes compact JSON, so there is no space to skip around the colon. `None` when the key
/// is missing, its value is not a string, or the string does not end.
pub(crate) fn string(text: &str, key: &str) -> Option<String> {
    let marker = format!("\"{key}\":\"");
    let mut rest = text[text.find(&marker)? + marker.len()..].chars();
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
}
