//! Data sets of images with boxes around objects.

mod canvases;
mod coco;
mod listing;
mod scene;
mod voc;
mod yolo;

use std::fmt::Debug;

use cenote_spec::Kind;
use toml::Table;

use crate::Error;

pub use scene::{BoxedObject, DetectionSet, LeftOut, Scene, WhyLeftOut};

/// A description of a detection set that can be loaded.
pub trait DetectionSource: Debug + Send + Sync {
    /// Reads and checks the annotations; images are looked for and decoded later.
    ///
    /// # Errors
    ///
    /// When a file is missing or unreadable, or its annotations cannot be right.
    fn load(&self) -> Result<DetectionSet, Error>;

    /// Every setting that images are drawn by, the usual ones too, as a table with its `kind`; `None` where images are read.
    fn drawn_by(&self) -> Option<Table> {
        None
    }

    /// Whether images are drawn, so that [`crate::Picture::composition`] says what is object in each.
    fn is_drawn(&self) -> bool {
        self.drawn_by().is_some()
    }
}

/// Every kind of detection set.
pub const DETECTION_KINDS: &[Kind<dyn DetectionSource>] =
    &[voc::KIND, coco::KIND, yolo::KIND, canvases::KIND];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_parses_and_rejects_an_unknown_field() {
        for kind in DETECTION_KINDS {
            let mut table = kind.example_table();
            assert!(cenote_spec::parse(&[DETECTION_KINDS], table.clone()).is_ok(), "{}", kind.name);
            table.insert("colour".to_owned(), "red".into());
            let error = cenote_spec::parse(&[DETECTION_KINDS], table).unwrap_err().to_string();
            assert!(error.contains("unknown field `colour`"), "{error}");
        }
    }
}
