//! Kuzushiji-MNIST: 60,000 training and 10,000 test images of ten cursive Japanese characters, 28x28 grey.
//!
//! After Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto and Ha (2018), arXiv:1812.01718.

use std::path::PathBuf;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::release::{Published, Release};
use crate::{Dataset, Error, PublishedSet};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: RELEASE.name,
    about: "70,000 cursive Japanese characters, 28x28; files from `dir` or CENOTE_DATA_DIR/kmnist",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<Kmnist>(RELEASE.name, table)?)),
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kmnist {
    dir: Option<PathBuf>,
}

impl Source for Kmnist {
    fn load(&self) -> Result<Dataset, Error> {
        RELEASE.load(self.dir.as_deref())
    }

    fn published(&self) -> Option<PublishedSet> {
        Some(RELEASE.published())
    }
}

const RELEASE: Release = Release {
    name: "kmnist",
    folder: "kmnist",
    classes: &["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
    licence: "CC BY-SA 4.0",
    source: "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    addresses: &[
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ],
    files: [
        Published {
            name: "train-images-idx3-ubyte.gz",
            bytes: 18_165_135,
            sha256: "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        },
        Published {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 29_497,
            sha256: "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        },
        Published {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 3_041_136,
            sha256: "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        },
        Published {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 5_120,
            sha256: "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        },
    ],
};
