//! What adaptive pools share: a map of any size brought to a grid of a given size.
//!
//! ```text
//! window i of O over I cells: from ⌊i·I/O⌋ to below ⌈(i+1)·I/O⌉
//! ```
//!
//! Windows overlap and differ in size where `O` does not divide `I`; with `O > I` cells repeat.

use cenote_spec::Setting;
use serde::Deserialize;

use crate::{Error, Pair};

/// Rows and columns of the output.
pub(super) const OUTPUT_SIZE: Setting = Setting {
    name: "output_size",
    default: "",
    about: "rows and columns of the output: n, or [rows, columns]",
    values: &["1", "2", "3", "[3, 4]", "[1, 5]", "[7, 2]"],
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Adaptive {
    output_size: Pair,
}

impl Adaptive {
    /// The output size, if any machine could hold it.
    pub(super) fn output(&self, kind: &'static str) -> Result<[usize; 2], Error> {
        checked_size(kind, "output_size", self.output_size)
    }
}

/// A size of a map that was asked for, if any machine could hold it.
pub(super) fn checked_size(
    kind: &'static str,
    name: &'static str,
    size: Pair,
) -> Result<[usize; 2], Error> {
    const LIMIT: usize = 1 << 16;
    match size.0.into_iter().find(|size| !(1..=LIMIT).contains(size)) {
        None => Ok(size.0),
        Some(got) => Err(Error::Setting {
            kind,
            name,
            got: got.to_string(),
            expected: format!("1 to {LIMIT}"),
        }),
    }
}
