//! Records of named fields, read one at a time from bytes in memory.
//!
//! Two formats, and one rule for all that can be wrong: nothing is guessed, and the error names record, line and field.
//!
//! - **CSV**: comma-separated UTF-8 with a line of names, as RFC 4180. A byte-order mark is skipped, lines end with LF
//!   or CRLF, empty lines do not count. A field may stand in double quotes, then it may hold commas, line ends and
//!   doubled quotes; spaces around a field without quotes do not belong to it.
//! - **JSON lines**: one object per line, blank lines do not count. The fields of the first record are the columns. An
//!   object in a field stands for a column of each of its entries, `{"score": {"cat": 0.9}}` for `score_cat`.

mod csv;
mod json_lines;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::Error;
use csv::CsvRecords;
use json_lines::JsonRecords;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values under a line of names.
    Csv,
    /// One JSON object per line.
    JsonLines,
}

/// What stands in a field.
#[derive(Clone, Debug, PartialEq)]
enum Cell<'a> {
    Text(Cow<'a, str>),
    /// JSON's null, or a field that the record lacks.
    Missing,
    /// A JSON list, or an object deeper down.
    Nested,
}

/// A record and where it stands; both numbers count from 1.
#[derive(Clone, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) place: Place,
    cells: Vec<Cell<'a>>,
}

/// Where a record stands; both numbers count from 1, the line of names is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) record: usize,
    pub(crate) line: usize,
}

/// A file of records on its way to be read.
pub(crate) struct Table<'a> {
    columns: Vec<String>,
    records: Records<'a>,
}

enum Records<'a> {
    Csv(CsvRecords<'a>),
    Json(JsonRecords<'a>),
}

impl<'a> Table<'a> {
    /// Reads the names of the columns.
    ///
    /// # Errors
    ///
    /// When there is no record, the text is not UTF-8, or two columns have one name.
    pub(crate) fn open(bytes: &'a [u8], format: TableFormat) -> Result<Self, Error> {
        let text = utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?;
        let (columns, records) = match format {
            TableFormat::Csv => {
                let (columns, records) = CsvRecords::open(text)?;
                (columns, Records::Csv(records))
            }
            TableFormat::JsonLines => {
                let (columns, records) = JsonRecords::open(text)?;
                (columns, Records::Json(records))
            }
        };
        let mut seen = HashMap::new();
        for (at, name) in columns.iter().enumerate() {
            if seen.insert(name.as_str(), at).is_some() {
                return Err(Error::Table(format!("two columns are named `{}`", short(name))));
            }
        }
        Ok(Self { columns, records })
    }

    /// The position of a column, if there is one of that name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The position of a column that must be there.
    ///
    /// # Errors
    ///
    /// When it is not, with the columns that are.
    pub(crate) fn need(&self, name: &str) -> Result<usize, Error> {
        self.find(name).ok_or_else(|| {
            let there = self.columns.iter().map(|column| format!("`{}`", short(column)));
            let mut there: Vec<String> = there.take(MOST_NAMED).collect();
            if self.columns.len() > MOST_NAMED {
                there.push(format!("{} more", self.columns.len() - MOST_NAMED));
            }
            let name = short(name);
            Error::Table(format!("no column `{name}`; the columns are {}", there.join(", ")))
        })
    }

    /// Positions and names of the columns that begin with `prefix`, the names without it.
    pub(crate) fn family(&self, prefix: &str) -> Vec<(usize, String)> {
        let named = self.columns.iter().enumerate();
        named.filter_map(|(at, name)| Some((at, name.strip_prefix(prefix)?.to_owned()))).collect()
    }

    /// The next record; `None` after the last.
    ///
    /// # Errors
    ///
    /// When it is malformed or does not fit the columns.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'a>>, Error> {
        match &mut self.records {
            Records::Csv(records) => records.next(self.columns.len()),
            Records::Json(records) => records.next(),
        }
    }
}

/// Columns that an error names before it counts the rest.
const MOST_NAMED: usize = 12;

impl Record<'_> {
    /// The text of a field.
    ///
    /// # Errors
    ///
    /// When the record has none there.
    pub(crate) fn text(&self, table: &Table<'_>, column: usize) -> Result<&str, Error> {
        let refuse = |got: &str| {
            let what = "text or a number";
            Err(self.place.field(&table.columns[column], got, what))
        };
        match &self.cells[column] {
            Cell::Text(text) => Ok(text),
            Cell::Missing => refuse("nothing"),
            Cell::Nested => refuse("a list or an object"),
        }
    }

    /// The finite number in a field.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) fn number(&self, table: &Table<'_>, column: usize) -> Result<f64, Error> {
        let text = self.text(table, column)?;
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(self.wrong(table, column, text, "a finite number")),
        }
    }

    /// The yes or no in a field: 1 or 0, true or false.
    ///
    /// # Errors
    ///
    /// When there is neither.
    pub(crate) fn yes(&self, table: &Table<'_>, column: usize) -> Result<bool, Error> {
        let text = self.text(table, column)?;
        yes(text).ok_or_else(|| self.wrong(table, column, text, "0, 1, false or true"))
    }

    /// The weight in a field.
    ///
    /// # Errors
    ///
    /// When there is none: a weight is 0, or from 1e-60 to 1e60, so that sums of weights and their products stay numbers.
    pub(crate) fn weight(&self, table: &Table<'_>, column: usize) -> Result<f64, Error> {
        let weight = self.number(table, column)?;
        Error::weight(weight).map_err(|_| {
            self.wrong(table, column, &weight.to_string(), "0, or a number from 1e-60 to 1e60")
        })
    }

    /// The error that a field holds something else than what would fit.
    pub(crate) fn wrong(&self, table: &Table<'_>, column: usize, got: &str, fits: &str) -> Error {
        self.place.field(&table.columns[column], &format!("`{}`", short(got)), fits)
    }
}

impl Place {
    fn field(self, name: &str, got: &str, expected: &str) -> Error {
        Error::Field {
            record: self.record,
            line: self.line,
            field: short(name),
            got: got.to_owned(),
            expected: expected.to_owned(),
        }
    }

    fn record(self, problem: impl Into<String>) -> Error {
        Error::Record { record: self.record, line: self.line, problem: problem.into() }
    }
}

/// 1 and true are yes, 0 and false are no, whatever the case and however written as a number.
pub(crate) fn yes(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false);
    }
    match text.parse::<f64>() {
        Ok(1.0) => Some(true),
        Ok(0.0) => Some(false),
        _ => None,
    }
}

/// A text as an error can show it: no control characters, not too long.
pub(crate) fn short(text: &str) -> String {
    let mut shown: String =
        text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count();
        Error::Table(format!("line {line} is not UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every record as `column=value`, or the error.
    pub(super) fn read(bytes: &[u8], format: TableFormat) -> Result<Vec<String>, String> {
        let mut table = Table::open(bytes, format).map_err(|error| error.to_string())?;
        let mut records = Vec::new();
        while let Some(record) = table.next().map_err(|error| error.to_string())? {
            let cells = table.columns.iter().zip(&record.cells).map(|(name, cell)| match cell {
                Cell::Text(text) => format!("{name}={text}"),
                Cell::Missing => format!("{name}?"),
                Cell::Nested => format!("{name}[]"),
            });
            records.push(cells.collect::<Vec<_>>().join("|"));
        }
        Ok(records)
    }

    #[test]
    fn bytes_that_are_no_text_and_columns_of_one_name_are_refused() {
        let error = read(b"a,b\n1,\xff\n", TableFormat::Csv).unwrap_err();
        assert_eq!(error, "line 2 is not UTF-8");
        let error = read(b"a,b,a\n1,2,3\n", TableFormat::Csv).unwrap_err();
        assert_eq!(error, "two columns are named `a`");
    }

    #[test]
    fn an_error_shows_a_long_text_in_part() {
        let long = "x".repeat(100_000);
        let table = Table::open(b"n\nword\n", TableFormat::Csv).unwrap();
        assert!(table.need(&long).unwrap_err().to_string().len() < 200);
        assert_eq!(short("a\u{0}b"), "a\u{fffd}b");
    }

    #[test]
    fn yes_and_no_have_several_spellings() {
        let spelled = ["1", "0", "true", "False", "1.0", "-0.0", "2", "yes", ""].map(yes);
        let (t, f) = (Some(true), Some(false));
        assert_eq!(spelled, [t, f, t, f, t, f, None, None, None]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, csv: bool) {
            let format = if csv { TableFormat::Csv } else { TableFormat::JsonLines };
            let _ = read(&bytes, format);
        }

        #[test]
        fn no_text_of_separators_makes_it_panic(text in "[,\"\n\r a{}:\\[\\]01]{0,60}") {
            for format in [TableFormat::Csv, TableFormat::JsonLines] {
                let _ = read(text.as_bytes(), format);
            }
        }
    }
}
