//! Fashion-MNIST: 60,000 training and 10,000 test images of clothing, 28x28 grey.
//!
//! After Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.

use std::path::PathBuf;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::release::{Published, Release};
use crate::{Dataset, Error, PublishedSet};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: RELEASE.name,
    about: "70,000 photos of clothing, 28x28; files from `dir` or CENOTE_DATA_DIR/fashion-mnist",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<FashionMnist>(RELEASE.name, table)?)),
};

/// What the labels 0 to 9 stand for, as the publisher spells it.
pub(super) const CLASSES: &[&str] = &[
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FashionMnist {
    dir: Option<PathBuf>,
}

impl Source for FashionMnist {
    fn load(&self) -> Result<Dataset, Error> {
        RELEASE.load(self.dir.as_deref())
    }

    fn published(&self) -> Option<PublishedSet> {
        Some(RELEASE.published())
    }
}

const RELEASE: Release = Release {
    name: "fashion_mnist",
    folder: "fashion-mnist",
    classes: CLASSES,
    licence: "MIT",
    source: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    addresses: &[
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ],
    files: [
        Published {
            name: "train-images-idx3-ubyte.gz",
            bytes: 26_421_880,
            sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        },
        Published {
            name: "train-labels-idx1-ubyte.gz",
            bytes: 29_515,
            sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        },
        Published {
            name: "t10k-images-idx3-ubyte.gz",
            bytes: 4_422_102,
            sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        },
        Published {
            name: "t10k-labels-idx1-ubyte.gz",
            bytes: 5_148,
            sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ],
};
