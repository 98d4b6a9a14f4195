//! What lies in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::picture::is_image;

/// What is in a folder and not hidden, in the order of names.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Read { file: folder.display().to_string(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// The images in a folder, in the order of names: files that end as images do.
///
/// A link to nowhere is one too, and an error when it is read: left out, it would be missed by nobody.
pub(crate) fn images(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = entries(folder)?;
    paths.retain(|path| is_image(path) && !path.is_dir());
    Ok(paths)
}
