//! CIFAR-100: 50,000 training and 10,000 test photos of a hundred things, 32x32 in colour; the fine labels.
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
    about: "60,000 photos of a hundred things, 32x32 in colour; the archive `file`, or CENOTE_DATA_DIR/cifar100",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<Cifar100>(LAYOUT.name, table)?)),
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cifar100 {
    file: Option<PathBuf>,
}

impl Source for Cifar100 {
    fn load(&self) -> Result<Dataset, Error> {
        LAYOUT.load(self.file.as_deref())
    }

    fn published(&self) -> Option<PublishedSet> {
        Some(LAYOUT.published())
    }
}

const LAYOUT: Layout = Layout {
    name: "cifar100",
    folder: "cifar100",
    archive: Published {
        name: "cifar-100-binary.tar.gz",
        bytes: 168_513_733,
        sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    },
    part: "cifar-100-binary-part.tar.gz",
    train: "train",
    test: "test.bin",
    names: "fine_label_names.txt",
    labels: 2,
    classes: 100,
    published: 50_000,
    source: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
};
