//! The data that flags name, and threads to work on.

use cenote_experiment::Error;
use rayon::ThreadPoolBuilder;
use toml::Table;

use crate::args::BoxedData;
use crate::command::settings;
use crate::failure::Failure;

/// The table of the data, where one is given.
pub(super) fn table(data: &BoxedData) -> Result<Option<Table>, Failure> {
    data.data.as_ref().map(|kind| settings::table(kind, &data.set)).transpose()
}

/// Does `work` on so many threads.
pub(super) fn on_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    let pool = pool.map_err(|error| Error::Threads(format!("threads cannot be had: {error}")))?;
    pool.install(work)
}
