//! The kinds of data sets by name, and where those that were published are.

use std::path::PathBuf;

use cenote_datasets::{
    DETECTION_KINDS, Dataset, DetectionSet, DetectionSource, KINDS, PublishedSet, Source,
    TEXT_KINDS, TextSet, TextSource, data_dir,
};
use cenote_spec::{Kind, nearest};
use toml::Table;

use crate::failure::Failure;

/// A kind, by what its images are given with.
#[derive(Clone, Copy)]
pub(super) enum Known {
    Classes(&'static Kind<dyn Source>),
    Boxes(&'static Kind<dyn DetectionSource>),
    Texts(&'static Kind<dyn TextSource>),
}

/// A set of any kind.
pub(super) enum Set {
    Classes(Dataset),
    Boxes(DetectionSet),
    Texts(TextSet),
}

impl Known {
    /// Every kind.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let (classes, boxes) = (KINDS.iter().map(Self::Classes), DETECTION_KINDS.iter());
        classes.chain(boxes.map(Self::Boxes)).chain(TEXT_KINDS.iter().map(Self::Texts))
    }

    /// The kind of this name.
    pub(super) fn find(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Classes(kind) => kind.name,
            Self::Boxes(kind) => kind.name,
            Self::Texts(kind) => kind.name,
        }
    }

    /// Whether its images are drawn.
    pub(super) fn is_drawn(self) -> bool {
        match self {
            Self::Classes(kind) => cenote_spec::parse(&[KINDS], kind.example_table())
                .is_ok_and(|source| source.is_drawn()),
            Self::Boxes(kind) => cenote_spec::parse(&[DETECTION_KINDS], kind.example_table())
                .is_ok_and(|source| source.is_drawn()),
            Self::Texts(kind) => cenote_spec::parse(&[TEXT_KINDS], kind.example_table())
                .is_ok_and(|source| source.is_drawn()),
        }
    }

    /// Loads the set that a table of this kind describes; `failed` is what it is to the caller that it cannot be loaded.
    /// Returns every setting too if it is drawn.
    pub(super) fn load(
        self,
        table: Table,
        failed: fn(String) -> Failure,
    ) -> Result<(Set, Option<Table>), Failure> {
        let wrong = |error: cenote_spec::Error| Failure::Usage(error.to_string());
        let failed = |error: cenote_datasets::Error| failed(error.to_string());
        Ok(match self {
            Self::Classes(_) => {
                let source = cenote_spec::parse(&[KINDS], table).map_err(wrong)?;
                (Set::Classes(source.load().map_err(failed)?), source.drawn_by())
            }
            Self::Boxes(_) => {
                let source = cenote_spec::parse(&[DETECTION_KINDS], table).map_err(wrong)?;
                (Set::Boxes(source.load().map_err(failed)?), source.drawn_by())
            }
            Self::Texts(_) => {
                let source = cenote_spec::parse(&[TEXT_KINDS], table).map_err(wrong)?;
                (Set::Texts(source.load().map_err(failed)?), source.drawn_by())
            }
        })
    }
}

/// Refuses a name that is none of those expected.
pub(super) fn unknown(what: &str, name: &str, expected: &[&str]) -> Failure {
    let hint = nearest(name, expected.iter().copied());
    let hint = hint.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    let expected = expected.join(", ");
    Failure::Usage(format!("unknown {what} `{name}`; expected one of {expected}{hint}"))
}

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
    if Known::find(name).is_some_and(Known::is_drawn) {
        return Err(Failure::Usage(format!("`{name}` is drawn; `cenote data make` writes files")));
    }
    if kind.is_some() {
        return Err(Failure::Usage(format!("`{name}` reads your own files; none are published")));
    }
    let names: Vec<&str> =
        KINDS.iter().filter(|kind| of(kind).is_some()).map(|kind| kind.name).collect();
    Err(unknown("data set", name, &names))
}
