//! What the readers of annotations share: texts within limits, images by name, classes by name.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use crate::picture::{self, ENDINGS};
use crate::{Error, Picture};

/// Reads a text of at most `most` bytes.
pub(super) fn text(path: &Path, most: u64) -> Result<String, Error> {
    let file = || path.display().to_string();
    let mut bytes = Vec::new();
    let read = picture::open(path)?.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|source| Error::Read { file: file(), source })?;
    if bytes.len() as u64 > most {
        let (got, expected) = (format!("more than {most}"), format!("at most {most}"));
        return Err(Error::Size { file: file(), got, expected });
    }
    String::from_utf8(bytes).map_err(|error| Error::Format {
        file: file(),
        what: "byte",
        got: format!("no UTF-8 at offset {}", error.utf8_error().valid_up_to()),
        expected: "text".to_owned(),
    })
}

/// The image `stem` with any ending below a folder, if it is there.
pub(super) fn image(folder: &Path, stem: &str) -> Option<Picture> {
    let spelled = |ending: &str| [ending.to_owned(), ending.to_ascii_uppercase()];
    let names = ENDINGS.into_iter().flat_map(spelled).map(|ending| format!("{stem}.{ending}"));
    names.map(|name| folder.join(name)).find(|path| path.is_file()).map(Picture::file)
}

/// A path that a file names, below a folder; `None` where it leads elsewhere.
pub(super) fn below(folder: &Path, name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && !name.is_empty()).then(|| folder.join(path))
}

/// The index of a class, or what is wrong with its name.
pub(super) fn class(classes: &[String], name: &str, file: &str) -> Result<usize, Error> {
    classes.iter().position(|known| known == name).ok_or_else(|| Error::Format {
        file: file.to_owned(),
        what: "class",
        got: format!("`{name}`, which is not among those of training"),
        expected: format!("one of {}", classes.join(", ")),
    })
}
