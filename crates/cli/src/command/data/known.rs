//! The published sets by name, and where they are.

use std::path::PathBuf;

use cenote_datasets::{KINDS, PublishedSet, Source, data_dir};
use cenote_spec::{Kind, nearest};

use crate::failure::Failure;

/// The folder that holds a folder for each set.
pub(super) fn root() -> Result<PathBuf, Failure> {
    data_dir().ok_or_else(|| {
        Failure::Usage("no home directory; set CENOTE_DATA_DIR to a folder for data".to_owned())
    })
}

/// What was published under a kind, where anything was.
pub(super) fn of(kind: &Kind<dyn Source>) -> Option<PublishedSet> {
    cenote_spec::parse(&[KINDS], kind.example_table()).ok()?.published()
}

/// Whether a kind comes with the program.
pub(super) fn is_embedded(kind: &Kind<dyn Source>) -> bool {
    kind.example.is_empty() && of(kind).is_none()
}

/// The published set of this name.
pub(super) fn published(name: &str) -> Result<PublishedSet, Failure> {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    if let Some(set) = kind.and_then(of) {
        return Ok(set);
    }
    if kind.is_some_and(is_embedded) {
        return Err(Failure::Usage(format!("`{name}` is part of the program; it has no files")));
    }
    if kind.is_some() {
        return Err(Failure::Usage(format!("`{name}` reads your own files; none are published")));
    }
    let names: Vec<&str> =
        KINDS.iter().filter(|kind| of(kind).is_some()).map(|kind| kind.name).collect();
    let hint = nearest(name, names.iter().copied());
    let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    let expected = names.join(", ");
    Err(Failure::Usage(format!("unknown data set `{name}`; expected one of {expected}{hint}")))
}
