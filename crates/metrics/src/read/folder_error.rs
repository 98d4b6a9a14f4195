//! Why a folder of annotations could not be read.

use std::io;
use std::path::PathBuf;

use super::Flaw;

/// Why files of boxes could not be read; every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder that should hold files of a kind has none.
    #[error("{}: holds no .{extension} file", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
        /// The ending that was looked for.
        extension: String,
    },
    /// A file is larger than any honest one of its kind.
    #[error("{}: more than {limit} bytes; larger files are refused", path.display())]
    Large {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// A file's name is not UTF-8, so it cannot name an image.
    #[error("{}: the name is not UTF-8", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
    /// A line of a file is wrong.
    #[error("{}, {flaw}", path.display())]
    Flaw {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        flaw: Flaw,
    },
    /// A file as a whole is wrong.
    #[error("{}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was got and what would fit.
        what: String,
    },
}
