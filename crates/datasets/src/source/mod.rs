//! The data sets that a study file can name.

mod cifar;
mod cifar10;
mod cifar100;
mod cluttered_fashion_mnist;
mod csv;
mod digits;
mod drawn;
mod embedded;
mod emnist;
mod fashion_mnist;
mod fashion_mnist_10k;
mod idx_files;
mod image_folder;
mod kmnist;
mod labels;
mod mnist;
mod npy;
mod npz;
mod numpy;
mod release;
mod shapes_on_clutter;
pub(crate) mod share;

use std::fmt::Debug;

use cenote_spec::Kind;
use toml::Table;

use crate::{Dataset, Error, PublishedSet};

/// A description of a data set that can be loaded.
pub trait Source: Debug + Send + Sync {
    /// Reads and checks the data set.
    ///
    /// # Errors
    ///
    /// When a file is missing, unreadable, damaged or not the published one.
    fn load(&self) -> Result<Dataset, Error>;

    /// The files of a set that was published, where it is one and not part of the crate.
    fn published(&self) -> Option<PublishedSet> {
        None
    }

    /// Every setting that images are drawn by, the usual ones too, as a table with its `kind`; `None` where images are read.
    fn drawn_by(&self) -> Option<Table> {
        None
    }

    /// Whether images are drawn, so that [`crate::Images::composition`] says what is object in each.
    fn is_drawn(&self) -> bool {
        self.drawn_by().is_some()
    }
}

/// Every data set that a study file can name; the first two come with the crate.
pub const KINDS: &[Kind<dyn Source>] = &[
    fashion_mnist_10k::KIND,
    digits::KIND,
    fashion_mnist::KIND,
    mnist::KIND,
    kmnist::KIND,
    emnist::KIND,
    cifar10::KIND,
    cifar100::KIND,
    image_folder::KIND,
    idx_files::KIND,
    npy::KIND,
    npz::KIND,
    csv::KIND,
    shapes_on_clutter::KIND,
    cluttered_fashion_mnist::KIND,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_parses_and_rejects_an_unknown_field() {
        for kind in KINDS {
            let mut table = kind.example_table();
            assert!(cenote_spec::parse(&[KINDS], table.clone()).is_ok(), "{}", kind.name);
            table.insert("colour".to_owned(), "red".into());
            let error = cenote_spec::parse(&[KINDS], table).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{}: unknown field `colour`", kind.name)),
                "{error}"
            );
        }
    }
}
