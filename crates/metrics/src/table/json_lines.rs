//! One JSON object per line.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Cell, Place, Record, short};
use crate::Error;

/// The records of a text that are still to be read.
pub(super) struct JsonRecords<'a> {
    lines: Lines<'a>,
    first: Option<(Place, Fields)>,
    columns: HashMap<String, usize>,
}

/// Lines that are not blank, counted.
struct Lines<'a> {
    rest: std::iter::Enumerate<std::str::Lines<'a>>,
    record: usize,
}

/// Named values of one object, in its order.
type Fields = Vec<(String, Cell<'static>)>;

impl<'a> JsonRecords<'a> {
    /// Reads the first record, whose fields are the columns.
    pub(super) fn open(text: &'a str) -> Result<(Vec<String>, Self), Error> {
        let mut lines = Lines { rest: text.lines().enumerate(), record: 0 };
        let Some((place, fields)) = lines.next()? else {
            return Err(Error::Table("the file is empty".to_owned()));
        };
        let names: Vec<String> = fields.iter().map(|(name, _)| name.clone()).collect();
        let columns = names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
        Ok((names, Self { lines, first: Some((place, fields)), columns }))
    }

    pub(super) fn next(&mut self) -> Result<Option<Record<'a>>, Error> {
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => self.lines.next()?,
        };
        let Some((place, fields)) = next else { return Ok(None) };
        let mut cells = vec![None; self.columns.len()];
        for (name, cell) in fields {
            let Some(&column) = self.columns.get(&name) else {
                let problem = format!("has a field `{}` that the first record lacks", short(&name));
                return Err(place.record(problem));
            };
            if cells[column].replace(cell).is_some() {
                return Err(place.record(format!("has two fields `{}`", short(&name))));
            }
        }
        let cells = cells.into_iter().map(|cell| cell.unwrap_or(Cell::Missing)).collect();
        Ok(Some(Record { place, cells }))
    }
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<(Place, Fields)>, Error> {
        let Some((line, text)) = self.rest.find(|(_, text)| !text.trim().is_empty()) else {
            return Ok(None);
        };
        self.record += 1;
        let place = Place { record: self.record, line: line + 1 };
        let mut fields = Fields::new();
        let mut json = serde_json::Deserializer::from_str(text);
        let read = json.deserialize_any(Object { prefix: "", fields: &mut fields });
        read.and_then(|()| json.end()).map_err(|error| {
            // The parser counts lines too, but it has seen only this one.
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default().to_owned();
            place.record(format!("is no JSON object: {words}, at column {}", error.column()))
        })?;
        Ok(Some((place, fields)))
    }
}

/// An object whose fields are collected; an object inside it becomes fields named `outer_inner`.
struct Object<'f> {
    prefix: &'f str,
    fields: &'f mut Fields,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let name = format!("{}{key}", self.prefix);
            let inside = !self.prefix.is_empty();
            map.next_value_seed(Field { name, inside, fields: self.fields })?;
        }
        Ok(())
    }
}

/// The value of a field.
struct Field<'f> {
    name: String,
    /// Whether it stands in an object within the record; what is deeper is not taken apart.
    inside: bool,
    fields: &'f mut Fields,
}

impl Field<'_> {
    fn put(self, cell: Cell<'static>) {
        self.fields.push((self.name, cell));
    }

    fn text(self, text: String) {
        self.put(Cell::Text(text.into()));
    }
}

impl<'de> serde::de::DeserializeSeed<'de> for Field<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.text(value.to_string());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.text(value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.text(value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.text(format!("{value:?}"));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.text(value.to_owned());
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.put(Cell::Missing);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.put(Cell::Nested);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.inside {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            self.put(Cell::Nested);
            return Ok(());
        }
        let prefix = format!("{}_", self.name);
        Object { prefix: &prefix, fields: self.fields }.visit_map(map)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TableFormat;
    use super::super::tests::read;

    fn json(text: &str) -> Result<Vec<String>, String> {
        read(text.as_bytes(), TableFormat::JsonLines)
    }

    #[test]
    fn values_of_all_kinds_become_text_and_objects_become_columns() {
        let records = json(
            "\u{feff}{\"a\": 1, \"b\": \"x\", \"score\": {\"cat\": 0.5, \"dog\": 1e-7}, \"c\": null, \"d\": [1]}\r\n\n\
             {\"b\": true, \"a\": -3, \"c\": 1.0, \"score\": {\"dog\": 18446744073709551615}}\n",
        );
        assert_eq!(
            records.unwrap(),
            [
                "a=1|b=x|score_cat=0.5|score_dog=1e-7|c?|d[]",
                "a=-3|b=true|score_cat?|score_dog=18446744073709551615|c=1.0|d?",
            ]
        );
    }

    #[test]
    fn what_is_malformed_is_named_with_its_place() {
        for (text, error) in [
            ("", "the file is empty"),
            (" \n", "the file is empty"),
            (
                "{\"a\": 1}\n\n{\"b\": 1}",
                "record 2 (line 3) has a field `b` that the first record lacks",
            ),
            ("{\"a\": 1}\n{\"a\": 1, \"a\": 2}", "record 2 (line 2) has two fields `a`"),
            ("{\"a\": 1, \"a\": 2}", "two columns are named `a`"),
            ("{\"a\": NaN}", "record 1 (line 1) is no JSON object: expected value, at column 7"),
            (
                "[1]",
                "record 1 (line 1) is no JSON object: invalid type: sequence, expected an object, at column 1",
            ),
            (
                "{\"a\": 1} x",
                "record 1 (line 1) is no JSON object: trailing characters, at column 10",
            ),
        ] {
            let got = json(text).unwrap_err();
            assert!(got == error || got.starts_with(error), "{text:?}: {got}");
        }
    }

    #[test]
    fn what_is_nested_deeper_than_a_stack_is_passed_over() {
        let lists = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(json(&lists).unwrap(), ["a[]"]);
        let objects = format!("{}1{}", "{\"a\": ".repeat(100_000), "}".repeat(100_000));
        assert_eq!(json(&objects).unwrap(), ["a_a[]"]);
    }
}
