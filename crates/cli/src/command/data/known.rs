//! The published sets by name, and where they are.

use std::path::PathBuf;

use cenote_datasets::{DETECTION_KINDS, KINDS, PublishedSet, Source, TEXT_KINDS, data_dir};
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

/// The kinds that are drawn, whatever is in their images.
pub(super) fn drawn() -> Vec<&'static str> {
    let classes = KINDS.iter().filter(|kind| {
        cenote_spec::parse(&[KINDS], kind.example_table()).is_ok_and(|source| source.is_drawn())
    });
    let boxes = DETECTION_KINDS.iter().filter(|kind| {
        let source = cenote_spec::parse(&[DETECTION_KINDS], kind.example_table());
        source.is_ok_and(|source| source.is_drawn())
    });
    let texts = TEXT_KINDS.iter().filter(|kind| {
        let source = cenote_spec::parse(&[TEXT_KINDS], kind.example_table());
        source.is_ok_and(|source| source.is_drawn())
    });
    let names = classes.map(|kind| kind.name).chain(boxes.map(|kind| kind.name));
    names.chain(texts.map(|kind| kind.name)).collect()
}

/// Whether a kind is drawn.
pub(super) fn is_drawn(name: &str) -> bool {
    drawn().contains(&name)
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
    if is_drawn(name) {
        return Err(Failure::Usage(format!("`{name}` is drawn; `cenote data make` writes files")));
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
