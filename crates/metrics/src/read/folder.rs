//! Files of a folder, in a fixed order and never more of one than fits.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::FolderError;

/// What is wrong in a text, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Flaw {
    /// Number of the line, from 1.
    pub line: usize,
    /// What was got and what would fit.
    pub what: String,
}

impl Flaw {
    pub(super) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into() }
    }

    pub(super) fn in_file(self, path: &Path) -> FolderError {
        FolderError::Flaw { path: path.to_owned(), flaw: self }
    }
}

/// Files directly in `folder` whose names end in `.extension`, sorted by name.
pub(super) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, FolderError> {
    let failed = |source| FolderError::Io { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let fits = path.extension().is_some_and(|end| end.eq_ignore_ascii_case(extension));
        if fits && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        let extension = extension.to_owned();
        return Err(FolderError::Empty { path: folder.to_owned(), extension });
    }
    Ok(found)
}

/// The text of a file of at most `limit` bytes.
pub(super) fn text(path: &Path, limit: u64) -> Result<String, FolderError> {
    let failed = |source| FolderError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(FolderError::Large { path: path.to_owned(), limit });
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        Flaw::new(line, "not UTF-8 text").in_file(path)
    })
}

/// The first bytes of a file, at most `most`.
pub(super) fn head(path: &Path, most: usize) -> Result<Vec<u8>, FolderError> {
    let failed = |source| FolderError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(most as u64).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The name of a file without folder and ending.
pub(super) fn stem(path: &Path) -> Result<String, FolderError> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let named = stem.ok_or_else(|| FolderError::Name { path: path.to_owned() })?;
    Ok(named.to_owned())
}

/// Lines that hold something, numbered from 1, split at white space; `#` opens no comment.
pub(super) fn fields(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let numbered = text.lines().enumerate();
    let split = numbered.map(|(index, line)| (index + 1, line.split_whitespace().collect()));
    split.filter(|(_, fields): &(usize, Vec<&str>)| !fields.is_empty())
}

/// The finite number that a field holds.
pub(super) fn number(line: usize, field: &str, text: &str) -> Result<f64, Flaw> {
    let parsed = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    parsed.ok_or_else(|| {
        let shown = shorten(text.trim());
        Flaw::new(line, format!("{field} is `{shown}`; expected a finite number"))
    })
}

/// At most forty characters of a text that is quoted in a message.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_refused_and_one_at_the_limit_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "12345").unwrap();
        assert_eq!(text(&path, 5).unwrap(), "12345");
        let error = text(&path, 4).unwrap_err().to_string();
        assert!(error.ends_with("a.txt: more than 4 bytes; larger files are refused"), "{error}");
    }

    #[test]
    fn a_byte_order_mark_is_no_text_and_other_encodings_are_named_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, b"\xEF\xBB\xBFcat").unwrap();
        assert_eq!(text(&path, 99).unwrap(), "cat");
        fs::write(&path, b"cat\nb\xE9b\xE9\n").unwrap();
        let error = text(&path, 99).unwrap_err().to_string();
        assert!(error.ends_with("a.txt, line 2: not UTF-8 text"), "{error}");
    }

    #[test]
    fn a_folder_without_a_file_of_the_kind_is_an_error_that_says_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("x.xml")).unwrap();
        fs::write(folder.path().join("a.txt"), "").unwrap();
        let error = files(folder.path(), "xml").unwrap_err().to_string();
        assert!(error.ends_with("holds no .xml file"), "{error}");
        assert_eq!(files(folder.path(), "TXT").unwrap().len(), 1);
    }

    #[test]
    fn only_finite_numbers_pass_and_long_texts_are_quoted_in_part() {
        assert_eq!(number(3, "xmin", " 1e2 "), Ok(100.0));
        for text in ["", "nan", "inf", "1e999", "0x10", "1,5"] {
            assert!(number(1, "xmin", text).is_err(), "{text}");
        }
        let flaw = number(7, "xmin", &"é".repeat(1_000)).unwrap_err();
        assert_eq!(flaw.line, 7);
        assert!(flaw.what.chars().count() < 100, "{}", flaw.what);
    }
}
