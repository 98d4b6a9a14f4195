//! Files that say which image has which label: CSV with a header, or a JSON object a line.
//!
//! ```text
//! file,label,split,group      {"file": "cat/1.png", "label": "cat", "split": "train", "group": "anna"}
//! cat/1.png,cat,train,anna
//! ```
//!
//! `filename`, `file_name`, `image` and `path` are other names of `file`, `class` is one of `label`, and `split` may be left
//! out. `group` says what belongs together (the patient, the writer, the photograph): every row has one or none has, and no
//! group is in two parts. Other columns are left alone. A file is named once, by a path below the folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};
use std::path::{Component, Path, PathBuf};

use crate::{Error, picture};

/// What a column is, by the names it may have.
const COLUMNS: [(&str, &[&str]); 4] = [
    ("file", &["file", "filename", "file_name", "image", "path"]),
    ("label", &["label", "class"]),
    ("split", &["split"]),
    ("group", &["group"]),
];
/// The longest file of labels.
const MOST_BYTES: u64 = 1 << 30;

/// The part that an image belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Train,
    Test,
}

/// One labelled file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Below the folder.
    pub(super) file: PathBuf,
    pub(super) label: String,
    pub(super) part: Part,
    /// What it belongs together with.
    pub(super) group: Option<String>,
}

/// Reads a file, JSON lines if its name ends in `.jsonl` or `.ndjson`, else CSV.
pub(super) fn read(path: &Path) -> Result<Vec<Row>, Error> {
    let shown = path.display().to_string();
    let bytes = picture::open(path)?.take(MOST_BYTES);
    let is_json = path.extension().is_some_and(|ending| ending == "jsonl" || ending == "ndjson");
    let rows = if is_json { json_lines(&shown, bytes)? } else { csv(&shown, bytes)? };
    if rows.is_empty() {
        return Err(wrong(&shown, "file", "without a row", "a row for each image"));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = rows.iter().find(|row| !seen.insert(&row.file)) {
        let got = format!("a second one for `{}`", twice.file.display());
        return Err(wrong(&shown, "row", &got, "one for each image"));
    }
    check_groups(&shown, &rows)?;
    Ok(rows)
}

/// Refuses groups that only some rows have, and groups on both sides of the split.
fn check_groups(shown: &str, rows: &[Row]) -> Result<(), Error> {
    let mut parts = BTreeMap::new();
    for row in rows {
        let Some(group) = &row.group else {
            if rows.iter().all(|row| row.group.is_none()) {
                return Ok(());
            }
            let got = format!("missing for `{}`", row.file.display());
            return Err(wrong(shown, "group", &got, "a group in every row, or in none"));
        };
        if *parts.entry(group).or_insert(row.part) != row.part {
            let got = format!("`{group}` in train and test");
            return Err(wrong(shown, "group", &got, "each group in one part"));
        }
    }
    Ok(())
}

/// The number of each row's group, in the order of their names; `None` where rows have none.
pub(super) fn groups(rows: &[&Row]) -> Option<Vec<usize>> {
    let names: Option<Vec<&str>> = rows.iter().map(|row| row.group.as_deref()).collect();
    let names = names.filter(|names| !names.is_empty())?;
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    let distinct: Vec<&str> = distinct.into_iter().collect();
    let number = |name: &&str| distinct.binary_search(name).expect("every name is among them");
    Some(names.iter().map(number).collect())
}

/// The classes of the training rows: in the order of numbers if all are whole numbers, else of names.
pub(super) fn classes(rows: &[Row]) -> Vec<String> {
    let train = rows.iter().filter(|row| row.part == Part::Train);
    let names: BTreeSet<&str> = train.map(|row| row.label.as_str()).collect();
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    if names.iter().all(|name| name.parse::<u64>().is_ok()) {
        names.sort_by_key(|name| name.parse::<u64>().unwrap_or_default());
    }
    names
}

fn wrong(file: &str, what: &'static str, got: &str, expected: &str) -> Error {
    let (file, got, expected) = (file.to_owned(), got.to_owned(), expected.to_owned());
    Error::Format { file, what, got, expected }
}

fn csv(shown: &str, bytes: impl Read) -> Result<Vec<Row>, Error> {
    let damaged = |error: ::csv::Error| wrong(shown, "table", &error.to_string(), "CSV in UTF-8");
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(damaged)?.clone();
    let at = COLUMNS.map(|(_, names)| header.iter().position(|name| names.contains(&name)));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(damaged)?;
        let line = record.position().map_or(0, ::csv::Position::line);
        let value = |column: usize| at[column].and_then(|at| record.get(at)).map(str::to_owned);
        rows.push(row(shown, line, [value(0), value(1), value(2), value(3)])?);
    }
    Ok(rows)
}

fn json_lines(shown: &str, bytes: impl BufRead) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(bytes.lines()) {
        let text = text.map_err(|source| Error::Read { file: shown.to_owned(), source })?;
        if text.trim().is_empty() {
            continue;
        }
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text)
            .map_err(|error| {
                let file = format!("{shown}, line {line}");
                wrong(&file, "line", &error.to_string(), "an object of JSON")
            })?;
        let value = |column: usize| {
            let mut found = COLUMNS[column].1.iter().filter_map(|name| object.get(*name));
            found.next().and_then(|value| match value {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        rows.push(row(shown, line, [value(0), value(1), value(2), value(3)])?);
    }
    Ok(rows)
}

/// Checks what a line says.
fn row(
    shown: &str,
    line: u64,
    [file, label, part, group]: [Option<String>; 4],
) -> Result<Row, Error> {
    let place = || format!("{shown}, line {line}");
    let filled = |value: Option<String>, column: usize| {
        value.filter(|text| !text.is_empty()).ok_or_else(|| {
            let (what, names) = COLUMNS[column];
            wrong(&place(), what, "missing", &format!("a value for {}", names.join(" or ")))
        })
    };
    let file = PathBuf::from(filled(file, 0)?);
    let inside = file.components().all(|part| matches!(part, Component::Normal(_)));
    if !inside {
        let got = format!("`{}`", file.display());
        return Err(wrong(&place(), "file", &got, "a path below the folder, without `..`"));
    }
    let part = match part.as_deref() {
        None | Some("train" | "") => Part::Train,
        Some("test") => Part::Test,
        Some(other) => {
            return Err(wrong(&place(), "split", &format!("`{other}`"), "train or test"));
        }
    };
    let group = group.filter(|group| !group.is_empty());
    Ok(Row { file, label: filled(label, 1)?, part, group })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn read_text(name: &str, text: &str) -> Result<Vec<Row>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        let shown = folder.path().display().to_string();
        read(&folder.path().join(name)).map_err(|error| error.to_string().replace(&shown, "DIR"))
    }

    #[test]
    fn flaws_name_line_and_column() {
        let csv = |text: &str| read_text("l.csv", text).unwrap_err();
        assert_eq!(
            csv("file,label\na.png,\n"),
            "DIR/l.csv, line 2: label is missing; expected a value for label or class"
        );
        assert_eq!(
            csv("file,label\na.png,x\n../b.png,x\n"),
            "DIR/l.csv, line 3: file is `../b.png`; expected a path below the folder, without `..`"
        );
        assert!(csv("file,label\n/etc/passwd,x\n").contains("expected a path below the folder"));
        assert!(csv("file,label\na.png,x\na.png,y\n").contains("a second one for `a.png`"));
        assert!(
            csv("file,label,split\na.png,x,dev\n").contains("split is `dev`; expected train or")
        );
        assert_eq!(
            csv("file,label,group\na.png,x,1\nb.png,x,\n"),
            "DIR/l.csv: group is missing for `b.png`; expected a group in every row, or in none"
        );
        assert!(
            csv("file,label,split,group\na.png,x,train,1\nb.png,x,test,1\n")
                .ends_with("group is `1` in train and test; expected each group in one part")
        );
        assert!(csv("file,label\na.png\n").contains("l.csv: table is CSV error"));
        assert!(csv("").ends_with("file is without a row; expected a row for each image"));
        let json = |text: &str| read_text("l.jsonl", text).unwrap_err();
        assert!(json("\n[1]\n").starts_with("DIR/l.jsonl, line 2: line is invalid type"));
        assert!(json(r#"{"file": "a.png", "label": null}"#).contains("label is missing"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-b,\"\n{}:\\[0-9]{0,80}") {
            let _any = csv("x", text.as_bytes());
            let _any = json_lines("x", text.as_bytes());
        }
    }
}
