//! The MNIST database of handwritten digits: 60,000 training and 10,000 test images, 28x28 grey.
//!
//! After "Gradient-based learning applied to document recognition" (1998), doi:10.1109/5.726791.

use std::path::PathBuf;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::release::{Published, Release};
use crate::{Dataset, Error, PublishedSet};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: RELEASE.name,
    about: "70,000 handwritten digits, 28x28; files from `dir` or CENOTE_DATA_DIR/mnist",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<Mnist>(RELEASE.name, table)?)),
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mnist {
    dir: Option<PathBuf>,
}

impl Source for Mnist {
    fn load(&self) -> Result<Dataset, Error> {
        RELEASE.load(self.dir.as_deref())
    }

    fn published(&self) -> Option<PublishedSet> {
        Some(RELEASE.published())
    }
}

const RELEASE: Release = Release {
    name: "mnist",
    folder: "mnist",
    classes: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    licence: "CC BY-SA 3.0 (as commonly stated)",
    source: "https://ossci-datasets.s3.amazonaws.com/mnist/",
    addresses: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    files: [
        Published {
            name: "train-images-idx3-ubyte.gz",
            bytes: 9_912_422,
            sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        },
        Published {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 28_881,
            sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        },
        Published {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 1_648_877,
            sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        },
        Published {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 4_542,
            sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ],
};
