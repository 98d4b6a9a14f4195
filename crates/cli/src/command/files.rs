//! Files of commands: read whole within a limit, written whole or not at all.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use cenote_datasets::{Picture, pictures};
use cenote_experiment::Error;

use crate::failure::Failure;

/// Far beyond an array that fits an operator's memory, and small enough that an endless file ends.
const MOST_BYTES: u64 = 4 << 30;

/// A refusal that names the file.
pub(super) fn refused(path: &Path, words: impl std::fmt::Display) -> Failure {
    Failure::File(format!("{}: {words}", path.display()))
}

/// The bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let cannot = |error| refused(path, format!("cannot be read: {error}"));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(refused(path, "is longer than 4 GiB, the most that is read"));
    }
    Ok(bytes)
}

/// The images that are named, and those in the folders and zips that are.
pub(super) fn images(named: &[PathBuf]) -> Result<Vec<Picture>, Failure> {
    let found = named.iter().map(|path| Ok(pictures(path).map_err(Error::from)?));
    Ok(found.collect::<Result<Vec<_>, Failure>>()?.concat())
}

/// Makes the folder that a file will stand in.
pub(super) fn make_folder_of(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder
        .map_or(Ok(()), std::fs::create_dir_all)
        .map_err(|error| refused(path, format!("its folder cannot be made: {error}")))
}

/// Writes a file that appears under its name only when it is complete.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let cannot =
        |error: &dyn std::fmt::Display| refused(path, format!("cannot be written: {error}"));
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot(&error))?;
    draft
        .write_all(bytes)
        .and_then(|()| draft.as_file().sync_all())
        .map_err(|error| cannot(&error))?;
    draft.persist(path).map_err(|error| cannot(&error.error))?;
    Ok(())
}
