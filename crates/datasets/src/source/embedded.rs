//! Data sets that are part of the program.

use std::sync::OnceLock;

use super::release::Release;
use crate::{Dataset, Error};

/// A release whose files are compiled in; they are decoded on first use and kept.
pub(super) struct Embedded {
    pub(super) release: Release,
    /// Contents of `release.files`, in their order.
    pub(super) contents: [&'static [u8]; 4],
    pub(super) decoded: OnceLock<Dataset>,
}

impl Embedded {
    /// Decodes and verifies the files the first time, shares the result afterwards.
    pub(super) fn load(&self) -> Result<Dataset, Error> {
        if let Some(dataset) = self.decoded.get() {
            return Ok(dataset.clone());
        }
        let dataset = self.release.decode(|wanted| {
            let files = self.release.files.iter().zip(self.contents);
            let mut matching = files.filter(|(file, _)| file.name == wanted.name);
            let (_, bytes) = matching.next().expect("a file of the release is asked for");
            Ok((format!("{} (embedded)", wanted.name), bytes))
        })?;
        Ok(self.decoded.get_or_init(|| dataset).clone())
    }
}
