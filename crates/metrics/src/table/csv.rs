//! Comma-separated values, after RFC 4180.

use std::borrow::Cow;

use super::{Cell, Place, Record};
use crate::Error;

/// The records of a text that are still to be read.
pub(super) struct CsvRecords<'a> {
    rest: &'a str,
    /// Line at which the rest begins, from 1.
    line: usize,
    record: usize,
}

/// The fields of a record, and the line at which it begins.
type Fields<'a> = (usize, Vec<Cow<'a, str>>);

impl<'a> CsvRecords<'a> {
    /// Reads the line of names.
    pub(super) fn open(text: &'a str) -> Result<(Vec<String>, Self), Error> {
        let mut records = Self { rest: text, line: 1, record: 0 };
        let Some((_, names)) = records.fields()? else {
            return Err(Error::Table("the file is empty".to_owned()));
        };
        let names = names.into_iter().map(Cow::into_owned).collect();
        Ok((names, records))
    }

    pub(super) fn next(&mut self, columns: usize) -> Result<Option<Record<'a>>, Error> {
        self.record += 1;
        let Some((line, fields)) = self.fields()? else { return Ok(None) };
        let place = Place { record: self.record, line };
        if fields.len() != columns {
            let got = fields.len();
            return Err(
                place.record(format!("has {got} fields; expected {columns}, one per column"))
            );
        }
        Ok(Some(Record { place, cells: fields.into_iter().map(Cell::Text).collect() }))
    }

    /// The fields of the next record that is not an empty line, and the line at which it begins.
    fn fields(&mut self) -> Result<Option<Fields<'a>>, Error> {
        while let Some(rest) = self.rest.strip_prefix("\r\n").or(self.rest.strip_prefix('\n')) {
            self.rest = rest;
            self.line += 1;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        let mut fields = Vec::new();
        loop {
            let (field, more) = self.field(Place { record: self.record, line })?;
            fields.push(field);
            if !more {
                return Ok(Some((line, fields)));
            }
        }
    }

    /// The next field, and whether another follows in its record.
    fn field(&mut self, place: Place) -> Result<(Cow<'a, str>, bool), Error> {
        let begun = self.rest.trim_start_matches([' ', '\t']);
        let field = if let Some(inside) = begun.strip_prefix('"') {
            self.quoted(inside, place)?
        } else {
            let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
            let (field, rest) = self.rest.split_at(end);
            self.rest = rest;
            if field.contains('"') {
                let problem = "has a quote inside a field that does not begin with one";
                return Err(place.record(problem));
            }
            Cow::Borrowed(field.trim_matches([' ', '\t', '\r']))
        };
        if let Some(rest) = self.rest.strip_prefix(',') {
            self.rest = rest;
            return Ok((field, true));
        }
        if let Some(rest) = self.rest.strip_prefix('\n') {
            self.rest = rest;
            self.line += 1;
        }
        Ok((field, false))
    }

    /// A field whose opening quote is read.
    fn quoted(&mut self, inside: &'a str, place: Place) -> Result<Cow<'a, str>, Error> {
        let mut doubled = false;
        let mut from = 0;
        let end = loop {
            let Some(quote) = inside[from..].find('"').map(|at| from + at) else {
                return Err(place.record("has a quote that is never closed"));
            };
            if !inside[quote + 1..].starts_with('"') {
                break quote;
            }
            (doubled, from) = (true, quote + 2);
        };
        let field = &inside[..end];
        self.line += field.bytes().filter(|&byte| byte == b'\n').count();
        self.rest = inside[end + 1..].trim_start_matches([' ', '\t', '\r']);
        if !(self.rest.is_empty() || self.rest.starts_with([',', '\n'])) {
            return Err(place.record("has text after a closing quote"));
        }
        Ok(if doubled { Cow::Owned(field.replace("\"\"", "\"")) } else { Cow::Borrowed(field) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::TableFormat;
    use super::super::tests::read;

    fn csv(text: &str) -> Result<Vec<String>, String> {
        read(text.as_bytes(), TableFormat::Csv)
    }

    #[test]
    fn marks_line_ends_spaces_and_empty_lines_do_not_matter() {
        for text in [
            "a,b\n1,2\n3,4\n",
            "\u{feff}a,b\r\n1,2\r\n3,4",
            "\n\na , b\n\n 1,\t2 \n\r\n3,4\r\n\r\n",
            "\"a\",\"b\"\n\"1\" , \"2\"\n3,\"4\"",
        ] {
            assert_eq!(csv(text).unwrap(), ["a=1|b=2", "a=3|b=4"], "{text:?}");
        }
    }

    #[test]
    fn quotes_hold_commas_line_ends_and_quotes() {
        let records = csv("a,b\n\"x, \"\"y\"\"\r\nz\",\"\"\n1,\n").unwrap();
        assert_eq!(records, ["a=x, \"y\"\r\nz|b=", "a=1|b="]);
    }

    #[test]
    fn what_is_malformed_is_named_with_its_place() {
        for (text, error) in [
            ("", "the file is empty"),
            ("\n\r\n", "the file is empty"),
            ("a,b\n1,2\n3\n", "record 2 (line 3) has 1 fields; expected 2, one per column"),
            (
                "a,b\n\"1\n\n\",2\n3,4,5\n",
                "record 2 (line 5) has 3 fields; expected 2, one per column",
            ),
            ("a\n\"never\nclosed\n", "record 1 (line 2) has a quote that is never closed"),
            ("a\n\"1\"2\n", "record 1 (line 2) has text after a closing quote"),
            (
                "a\n1\"2\n",
                "record 1 (line 2) has a quote inside a field that does not begin with one",
            ),
        ] {
            assert_eq!(csv(text).unwrap_err(), error, "{text:?}");
        }
        assert_eq!(csv("a,b\n").unwrap(), [""; 0], "no records are for the reader to judge");
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(fields in prop::collection::vec("[a,\"\n\r ]{0,6}", 1..5)) {
            let quoted = |field: &String| format!("\"{}\"", field.replace('"', "\"\""));
            let names: Vec<String> = (0..fields.len()).map(|i| format!("c{i}")).collect();
            let line: Vec<String> = fields.iter().map(quoted).collect();
            let text = format!("{}\n{}\n", names.join(","), line.join(","));
            let expected: Vec<String> =
                names.iter().zip(&fields).map(|(name, field)| format!("{name}={field}")).collect();
            prop_assert_eq!(csv(&text).unwrap(), [expected.join("|")]);
        }
    }
}
