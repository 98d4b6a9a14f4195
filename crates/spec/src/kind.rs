//! A list of kinds, and the two steps that use it: find the entry, then read its fields.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::{Error, Notes, nearest};

/// One entry of a list of kinds.
pub struct Kind<T: ?Sized + 'static> {
    /// The value of the `kind` key that selects this entry.
    pub name: &'static str,
    /// Half a sentence that says what the entry does.
    pub about: &'static str,
    /// A table that parses, as TOML text without the `kind` line.
    pub example: &'static str,
    /// More about it, where the list it stands in wants that of every entry.
    pub notes: Option<Notes>,
    /// Builds the value from its table, which no longer holds `kind`.
    pub parse: fn(Table) -> Result<Box<T>, Error>,
}

impl<T: ?Sized + 'static> Kind<T> {
    /// Returns the example as a table, `kind` included.
    ///
    /// # Panics
    ///
    /// When the example is not TOML, which is a mistake in the list.
    pub fn example_table(&self) -> Table {
        let mut table: Table = self.example.parse().expect("the example of a kind is TOML");
        table.insert("kind".to_owned(), Value::String(self.name.to_owned()));
        table
    }
}

/// Builds the value that a table describes, looking its `kind` up in `kinds`, family by family.
///
/// # Errors
///
/// When `kind` is missing, is not a string or is not listed, and whatever the entry's own `parse` reports.
pub fn parse<T: ?Sized>(kinds: &[&'static [Kind<T>]], mut table: Table) -> Result<Box<T>, Error> {
    let all = || kinds.iter().copied().flatten();
    let expected = || all().map(|kind| kind.name).collect::<Vec<_>>();
    let name = match table.remove("kind") {
        Some(Value::String(name)) => name,
        Some(other) => {
            return Err(Error::KindNotAString { got: other.type_str(), expected: expected() });
        }
        None => return Err(Error::MissingKind { expected: expected() }),
    };
    if let Some(kind) = all().find(|kind| kind.name == name) {
        return (kind.parse)(table);
    }
    let nearest = nearest(&name, all().map(|kind| kind.name));
    Err(Error::UnknownKind { name, expected: expected(), nearest })
}

/// Reads the fields of a kind from its table.
///
/// Give `P` the attribute `#[serde(deny_unknown_fields)]`, so that a misspelt field is an error.
///
/// # Errors
///
/// When a field is missing, unknown or of the wrong type; the message names the kind and the field.
pub fn params<P: DeserializeOwned>(kind: &'static str, table: Table) -> Result<P, Error> {
    table.try_into().map_err(|error: toml::de::Error| {
        // The text has the message and, for nested tables, the path of keys on a line of its own.
        let text = error.to_string();
        let message = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Error::Params { kind, message }
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// Says which fields arrived.
    trait Layer {
        fn fields(&self) -> String;
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct MaxPool {
        kernel_size: usize,
        #[serde(default)]
        stride: Option<usize>,
        #[serde(default)]
        edge: Option<Edge>,
    }

    impl Layer for MaxPool {
        fn fields(&self) -> String {
            let edge = self.edge.as_ref().map(|edge| edge.width);
            format!("{} {:?} {edge:?}", self.kernel_size, self.stride)
        }
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Edge {
        width: usize,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Identity {}

    impl Layer for Identity {
        fn fields(&self) -> String {
            String::new()
        }
    }

    const POOLS: &[Kind<dyn Layer>] = &[Kind {
        name: "max_pool",
        about: "the largest cell",
        example: "kernel_size = 2",
        notes: None,
        parse: |table| Ok(Box::new(params::<MaxPool>("max_pool", table)?)),
    }];
    const OTHERS: &[Kind<dyn Layer>] = &[Kind {
        name: "identity",
        about: "the input",
        example: "",
        notes: None,
        parse: |table| Ok(Box::new(params::<Identity>("identity", table)?)),
    }];

    fn read(text: &str) -> Result<String, String> {
        let table = text.parse().expect("the test's text is TOML");
        match parse(&[POOLS, OTHERS], table) {
            Ok(layer) => Ok(layer.fields()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_kind_is_found_in_any_family() {
        let text = "kind = 'max_pool'\nkernel_size = 3\nstride = 2";
        assert_eq!(read(text), Ok("3 Some(2) None".to_owned()));
        assert_eq!(read("kind = 'identity'"), Ok(String::new()));
    }

    #[test]
    fn every_example_parses_with_its_kind_inserted() {
        for kind in POOLS.iter().chain(OTHERS) {
            let table = kind.example_table();
            assert_eq!(table["kind"].as_str(), Some(kind.name));
            assert!(parse(&[POOLS, OTHERS], table).is_ok(), "{}", kind.name);
        }
    }

    #[test]
    fn a_misspelt_kind_gets_a_hint_and_the_list() {
        let message =
            "unknown kind `mx_pool`; did you mean `max_pool`? expected one of max_pool, identity";
        assert_eq!(read("kind = 'mx_pool'"), Err(message.to_owned()));
        let message = "unknown kind `transformer`; expected one of max_pool, identity";
        assert_eq!(read("kind = 'transformer'"), Err(message.to_owned()));
    }

    #[test]
    fn a_missing_kind_names_what_would_fit() {
        let message = "the table has no `kind`; expected kind = one of max_pool, identity";
        assert_eq!(read("kernel_size = 2"), Err(message.to_owned()));
        let message = "`kind` is integer; expected a string, one of max_pool, identity";
        assert_eq!(read("kind = 3"), Err(message.to_owned()));
    }

    #[test]
    fn wrong_fields_are_reported_with_the_kind_and_without_line_noise() {
        let message =
            "max_pool: unknown field `kernel`, expected one of `kernel_size`, `stride`, `edge`";
        assert_eq!(read("kind = 'max_pool'\nkernel = 2"), Err(message.to_owned()));
        assert_eq!(
            read("kind = 'max_pool'"),
            Err("max_pool: missing field `kernel_size`".to_owned())
        );
        let message = "max_pool: invalid type: string \"2\", expected usize in `kernel_size`";
        assert_eq!(read("kind = 'max_pool'\nkernel_size = '2'"), Err(message.to_owned()));
        let message = "max_pool: missing field `width` in `edge`";
        assert_eq!(read("kind = 'max_pool'\nkernel_size = 2\nedge = {}"), Err(message.to_owned()));
        let message = "identity: unknown field `kernel_size`, there are no fields";
        assert_eq!(read("kind = 'identity'\nkernel_size = 2"), Err(message.to_owned()));
    }

    #[test]
    fn a_table_survives_json_both_ways() {
        let text = "kind = 'x'\ncount = 3\nrate = 3.0\nsmall = 1e-7\non = true\nlist = [1, 2]\n[[model]]\nkind = 'y'";
        let table: Table = text.parse().expect("the text is TOML");
        let json = serde_json::to_string(&table).expect("a table is JSON");
        assert!(json.contains("\"rate\":3.0") && json.contains("\"count\":3"), "{json}");
        let back: Table = serde_json::from_str(&json).expect("its JSON is a table");
        assert_eq!(back, table);
        assert!(back["rate"].is_float() && back["count"].is_integer());
    }
}
