//! What each fuzz target of the readers of data sets does with its bytes.

mod archive;
mod arrays;
mod boxes;
mod pictures;
mod tables;

pub use archive::{archive, cifar};
pub use arrays::{idx, npy};
pub use boxes::boxes;
pub use pictures::picture;
pub use tables::{csv, labels};

use std::path::Path;

use cenote_datasets::{Dataset, Error, KINDS};

/// Loads a set that a table describes; `FILE` in it stands for a path.
fn load(table: &str, path: &Path) -> Result<Dataset, Error> {
    let table = table.replace("FILE", &path.display().to_string());
    let table = table.parse().expect("the target's text is TOML");
    cenote_spec::parse(&[KINDS], table).expect("the target's table fits its kind").load()
}

/// What every set promises, however it was read.
fn sound(set: &Dataset) {
    for split in [&set.train, &set.test] {
        assert!(!split.is_empty());
        assert_eq!(split.images().len(), split.labels().len());
        assert!(split.labels().iter().all(|&label| label < set.classes.len()));
    }
}
