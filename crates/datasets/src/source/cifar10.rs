//! CIFAR-10: 50,000 training and 10,000 test photos of ten things, 32x32 in colour.
//!
//! A part of the set under the name `cifar-10-binary-20k.tar.gz` is read too and says in its name that it is one.
//! After Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images.

use std::path::PathBuf;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::cifar::Layout;
use super::release::Published;
use crate::{Dataset, Error, PublishedSet};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: LAYOUT.name,
    about: "60,000 photos of ten things, 32x32 in colour; the archive `file`, or CENOTE_DATA_DIR/cifar10",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<Cifar10>(LAYOUT.name, table)?)),
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cifar10 {
    file: Option<PathBuf>,
}

impl Source for Cifar10 {
    fn load(&self) -> Result<Dataset, Error> {
        LAYOUT.load(self.file.as_deref())
    }

    fn published(&self) -> Option<PublishedSet> {
        Some(LAYOUT.published())
    }
}

const LAYOUT: Layout = Layout {
    name: "cifar10",
    folder: "cifar10",
    archive: Published {
        name: "cifar-10-binary.tar.gz",
        bytes: 170_052_171,
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    },
    part: "cifar-10-binary-20k.tar.gz",
    train: "data_batch_",
    test: "test_batch.bin",
    names: "batches.meta.txt",
    labels: 1,
    classes: 10,
    published: 50_000,
    source: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
};
