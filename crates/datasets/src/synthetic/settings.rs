//! Settings as they are written down.

use serde::Serialize;
use toml::Table;

/// The table of a kind with every setting, the usual ones too.
pub(crate) fn table(kind: &'static str, settings: &impl Serialize) -> Table {
    let mut table = Table::from_iter([("kind".to_owned(), kind.into())]);
    table.extend(Table::try_from(settings).expect("what was read from a table fits into one"));
    table
}
