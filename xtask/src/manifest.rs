//! As much of TOML as our own manifests and settings use.
//!
//! Sections, `key = value` with the value kept as text, `#` comments, values that run over several
//! lines while a bracket is open. No multi-line strings and no escapes inside strings: cargo has
//! parsed the same files before us and would have refused a broken one.

/// One `key = value`, with the header it stands under (`dependencies`, `""` at the top).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) section: String,
    pub(crate) key: String,
    pub(crate) value: String,
}

/// All entries of `text` in order. The header of an array of tables reads like a plain one.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut section = String::new();
    let mut lines = text.lines().map(without_comment);
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).replace('"', "");
        } else if let Some((key, value)) = line.split_once('=') {
            let mut value = value.trim().to_owned();
            while open_brackets(&value) > 0
                && let Some(more) = lines.next()
            {
                value.push(' ');
                value.push_str(more.trim());
            }
            let key = key.trim().replace('"', "");
            found.push(Entry { section: section.clone(), key, value });
        }
    }
    found
}

/// The quoted strings of a value, in order.
pub(crate) fn strings(value: &str) -> Vec<&str> {
    value.split('"').skip(1).step_by(2).collect()
}

fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '#' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

fn open_brackets(value: &str) -> i32 {
    let outside_strings = value.split('"').step_by(2);
    outside_strings
        .flat_map(str::chars)
        .map(|character| match character {
            '[' | '{' => 1,
            ']' | '}' => -1,
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_carry_their_section_and_lose_their_comments() {
        let text = "a = 1 # one\n[dependencies]\nb.workspace = true\nc = \"x#y\"\n[[ignore]]\nd=2";
        let read: Vec<_> = entries(text)
            .into_iter()
            .map(|Entry { section, key, value }| format!("{section}|{key}|{value}"))
            .collect();
        assert_eq!(
            read,
            ["|a|1", "dependencies|b.workspace|true", "dependencies|c|\"x#y\"", "ignore|d|2"]
        );
    }

    #[test]
    fn a_list_may_run_over_several_lines() {
        let read = entries("allow = [\n  \"MIT\", # short\n  \"A [b]\",\n]\nnext = 1");
        assert_eq!(strings(&read[0].value), ["MIT", "A [b]"]);
        assert_eq!(read[1].key, "next");
    }
}
