//! Why a file is not at its place.

use std::io;
use std::path::PathBuf;

/// Why a file could not be fetched or compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk would not read or write.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// Something else has the name of the file.
    #[error("{}: {what}; it is not written over: move it away to fetch the published file", path.display())]
    Occupied {
        /// The file.
        path: PathBuf,
        /// How it differs.
        what: String,
    },
    /// Another program is fetching the same file.
    #[error("{}: another program is fetching it", path.display())]
    Busy {
        /// The file it writes.
        path: PathBuf,
    },
    /// No address gave the published file.
    #[error("{}: could not be fetched; {}", path.display(), tried.join("; "))]
    Unreachable {
        /// Where the file was to go.
        path: PathBuf,
        /// Each address with what came of it.
        tried: Vec<String>,
    },
}
