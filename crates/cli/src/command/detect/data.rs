//! The data that flags name.

use toml::Table;

use crate::args::BoxedData;
use crate::command::settings;
use crate::failure::Failure;

/// The table of the data, where one is given.
pub(super) fn table(data: &BoxedData) -> Result<Option<Table>, Failure> {
    data.data.as_ref().map(|kind| settings::table(kind, &data.set)).transpose()
}
