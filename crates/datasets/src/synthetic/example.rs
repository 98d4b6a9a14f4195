//! The streams of one example.

use cenote_tensor::{Seed, Stream};

/// The parts, as streams are named after them.
pub(crate) const PARTS: [&str; 2] = ["train", "test"];

/// Which example of which set is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Example {
    pub(crate) seed: u64,
    pub(crate) kind: &'static str,
    /// `train` or `test`.
    pub(crate) part: &'static str,
    pub(crate) index: usize,
}

impl Example {
    /// The stream that `what` of it is drawn from.
    pub(crate) fn stream(self, what: &str) -> Stream {
        let Self { seed, kind, part, index } = self;
        Seed(seed).stream(&format!("{kind}/{part}/{index}/{what}"))
    }
}
