//! A part of Fashion-MNIST that comes with the crate: 1,000 training and 200 test images of each of ten classes.
//!
//! Drawn from the published training and test files by `examples/embed`, original order kept.
//! After Xiao, Rasul and Vollgraf (2017), arXiv:1708.07747.

use std::sync::OnceLock;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::embedded::Embedded;
use super::fashion_mnist::CLASSES;
use super::release::{Published, Release};
use crate::{Dataset, Error};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "10,000 + 2,000 photos of clothing, 28x28, embedded: a stratified part of Fashion-MNIST",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<FashionMnist10k>(NAME, table)?)),
};

const NAME: &str = "fashion_mnist_10k";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FashionMnist10k {}

impl Source for FashionMnist10k {
    fn load(&self) -> Result<Dataset, Error> {
        EMBEDDED.load()
    }
}

static EMBEDDED: Embedded = Embedded {
    release: Release {
        name: NAME,
        folder: "fashion-mnist-10k",
        classes: CLASSES,
        licence: "MIT",
        source: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        addresses: &[],
        files: [
            Published {
                name: "train-images-idx3-ubyte.gz",
                bytes: 4_383_607,
                sha256: "a93ccfdad7fe9899a1148fa620f79598fb9201a4c8c341ab58910b32da11f542",
            },
            Published {
                name: "train-labels-idx1-ubyte.gz",
                bytes: 5_104,
                sha256: "b4972372f065604dadc250727e8310ee5b692fc60d11415366a3339da4a72f5e",
            },
            Published {
                name: "test-images-idx3-ubyte.gz",
                bytes: 880_579,
                sha256: "3e9fcb2bf7da45fdff65a17747057f3f8aee7cb6ca8516492f61f8b0e59341cc",
            },
            Published {
                name: "test-labels-idx1-ubyte.gz",
                bytes: 1_031,
                sha256: "9727f5b76f900c4ebf1abe01393b2941a547935575a34b30a9ea0fa37adc30a4",
            },
        ],
    },
    contents: [
        include_bytes!("../../data/fashion-mnist-10k/train-images-idx3-ubyte.gz"),
        include_bytes!("../../data/fashion-mnist-10k/train-labels-idx1-ubyte.gz"),
        include_bytes!("../../data/fashion-mnist-10k/test-images-idx3-ubyte.gz"),
        include_bytes!("../../data/fashion-mnist-10k/test-labels-idx1-ubyte.gz"),
    ],
    decoded: OnceLock::new(),
};
