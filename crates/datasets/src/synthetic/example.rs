//! The parts of a drawn set, and the streams of one example.

use cenote_tensor::{Seed, Stream};

/// One part of a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    kind: &'static str,
    seed: u64,
    /// `train` or `test`, as streams are named after it.
    pub(crate) name: &'static str,
    /// Number of images.
    pub(crate) len: usize,
}

impl Part {
    /// The parts to learn from and to judge by.
    pub(crate) fn both(kind: &'static str, seed: u64, [train, test]: [usize; 2]) -> [Self; 2] {
        [("train", train), ("test", test)].map(|(name, len)| Self { kind, seed, name, len })
    }

    /// One of its examples.
    pub(crate) fn example(self, index: usize) -> Example {
        Example { part: self, index }
    }
}

/// Which example of which part is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Example {
    part: Part,
    index: usize,
}

impl Example {
    /// The stream that `what` of it is drawn from.
    pub(crate) fn stream(self, what: &str) -> Stream {
        let Part { kind, seed, name, .. } = self.part;
        Seed(seed).stream(&format!("{kind}/{name}/{}/{what}", self.index))
    }
}
