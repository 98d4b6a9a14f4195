//! The UCI optical recognition of handwritten digits that comes with the crate, its 1,797 test images: 8x8, values 0 to 16.
//!
//! The first 1,347 train, the last 450 test.
//! After Alpaydin and Kaynak (1998), doi:10.24432/C50P49.

use std::sync::OnceLock;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::embedded::Embedded;
use super::release::{Published, Release};
use crate::{Dataset, Error};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "1,347 + 450 handwritten digits, 8x8, embedded; small enough for tests and first steps",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<Digits>(NAME, table)?)),
};

const NAME: &str = "digits";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Digits {}

impl Source for Digits {
    fn load(&self) -> Result<Dataset, Error> {
        EMBEDDED.load()
    }
}

static EMBEDDED: Embedded = Embedded {
    release: Release {
        name: NAME,
        folder: "digits",
        classes: &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        licence: "CC BY 4.0",
        source: "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        addresses: &[],
        files: [
            Published {
                name: "train-images-idx3-ubyte.gz",
                bytes: 33_618,
                sha256: "94dd1452f600c4bb7a717c9f90478e7a13039e1599dbd088636d1a8bd52cd580",
            },
            Published {
                name: "train-labels-idx1-ubyte.gz",
                bytes: 132,
                sha256: "94904f3f6bbffdd7042569b2d3a198f36b2da72f03dfc0d024705c401333ce1a",
            },
            Published {
                name: "test-images-idx3-ubyte.gz",
                bytes: 11_317,
                sha256: "84ae58948d0f7952c3830b25fa1404d7376d8435a81bff9537b0bdb7ec732a3f",
            },
            Published {
                name: "test-labels-idx1-ubyte.gz",
                bytes: 115,
                sha256: "fb4f14781967615002f5828b14f7190f23ad11df22d5676d6baba68dca668000",
            },
        ],
    },
    contents: [
        include_bytes!("../../data/digits/train-images-idx3-ubyte.gz"),
        include_bytes!("../../data/digits/train-labels-idx1-ubyte.gz"),
        include_bytes!("../../data/digits/test-images-idx3-ubyte.gz"),
        include_bytes!("../../data/digits/test-labels-idx1-ubyte.gz"),
    ],
    decoded: OnceLock::new(),
};
