//! What a thread holds as buffers come and go, found without having them.

use crate::Scalar;
use crate::memory::room;
use crate::shelf::Shelf;

/// What [`traced`](crate::traced) saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A buffer came.
    Came(Extent),
    /// The buffer went that came as this entry of the list.
    Went(usize),
}

/// The size of a buffer, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// What its values are.
    pub kind: Kind,
    /// How many there are.
    pub values: usize,
    /// Whether it is made of a free one, if one fits, and waits to be used again when it is dropped.
    pub recycled: bool,
}

/// What the values of a buffer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers of tensors.
    Scalar,
    /// Single bytes: which cell of a window was chosen, which value passed.
    Byte,
    /// Places in a map.
    Index,
}

impl Kind {
    /// Every kind, in the order of its discriminant.
    const ALL: [Self; 3] = [Self::Scalar, Self::Byte, Self::Index];

    /// Bytes of a value.
    const fn size(self) -> usize {
        match self {
            Self::Scalar => size_of::<Scalar>(),
            Self::Byte => size_of::<u8>(),
            Self::Index => size_of::<u32>(),
        }
    }
}

impl Extent {
    /// Bytes of its values.
    pub const fn bytes(self) -> usize {
        self.values * self.kind.size()
    }
}

/// The free buffers of a thread that begins with none, as others come and go.
///
/// It keeps lengths by the rules by which a thread keeps buffers, so it tells what memory work would take
/// that is too large to be tried.
///
/// ```
/// use cenote_tensor::{Rehearsal, Scalar, Tensor, traced};
///
/// let ((), changes) = traced(|| {
///     drop(Tensor::zeros([50_000]));
///     drop(Tensor::zeros([10_000]));
/// });
/// let mut rehearsal = Rehearsal::default();
/// let last = changes.iter().map(|&change| rehearsal.next(change)).last().expect("four changes");
/// // The first is too large for the second, and waits for another.
/// assert_eq!(last.live_bytes, 0);
/// assert!(last.held_bytes > 60_000 * size_of::<Scalar>());
/// ```
#[derive(Debug)]
pub struct Rehearsal {
    shelves: [Shelf<usize>; Kind::ALL.len()],
    /// For every change, the buffer that came with it and what it was made of.
    blocks: Vec<Option<(Extent, usize)>>,
    now: Held,
    adopted_bytes: usize,
}

/// Bytes at one moment of a [`Rehearsal`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Of tensors.
    pub live_bytes: usize,
    /// What these are made of, and free buffers.
    pub held_bytes: usize,
    /// Buffers that had to be allocated until now.
    pub fresh_buffers: usize,
}

impl Default for Rehearsal {
    fn default() -> Self {
        let shelves = Kind::ALL.map(|kind| Shelf::of(kind.size()));
        Self { shelves, blocks: Vec::new(), now: Held::default(), adopted_bytes: 0 }
    }
}

impl Rehearsal {
    /// What there is after the next change.
    pub fn next(&mut self, change: Change) -> Held {
        match change {
            Change::Came(buffer) => self.come(buffer),
            Change::Went(came) => self.go(came),
        }
        let held: usize = self.shelves.iter().map(Shelf::held_bytes).sum();
        self.now.held_bytes = held + self.adopted_bytes;
        self.now
    }

    fn come(&mut self, buffer: Extent) {
        self.now.live_bytes += buffer.bytes();
        let block = if buffer.values == 0 {
            0
        } else if buffer.recycled {
            let shelf = &mut self.shelves[buffer.kind as usize];
            let (block, fresh) = shelf.take(room(buffer.values, buffer.kind.size()));
            self.now.fresh_buffers += usize::from(fresh);
            block
        } else {
            self.adopted_bytes += buffer.bytes();
            buffer.values
        };
        self.blocks.push(Some((buffer, block)));
    }

    fn go(&mut self, came: usize) {
        self.blocks.push(None);
        let Some((buffer, block)) = self.blocks.get_mut(came).and_then(Option::take) else {
            return;
        };
        self.now.live_bytes -= buffer.bytes();
        if buffer.recycled {
            self.shelves[buffer.kind as usize].put(block);
        } else {
            self.adopted_bytes -= buffer.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::{Tensor, metered, release, traced};

    /// Makes tensors of these lengths, of which the last few live.
    fn work(lens: &[usize], kept: usize) {
        let mut live = VecDeque::new();
        for &len in lens {
            live.push_back(Tensor::zeros([len]));
            if live.len() > kept {
                live.pop_front();
            }
        }
    }

    proptest! {
        #[test]
        fn a_rehearsal_allocates_where_the_work_does(
            lens in proptest::collection::vec(0_usize..4_000_000, 1..30),
            kept in 1_usize..6,
        ) {
            release();
            let ((), seen) = metered(|| work(&lens, kept));
            let ((), changes) = traced(|| work(&lens, kept));
            let mut rehearsal = Rehearsal::default();
            let moments: Vec<Held> = changes.iter().map(|&change| rehearsal.next(change)).collect();
            let peak = moments.iter().map(|moment| moment.live_bytes).max();
            let last = *moments.last().expect("something came");
            prop_assert_eq!(last.fresh_buffers, seen.fresh_buffers);
            prop_assert_eq!((peak, last.live_bytes), (Some(seen.peak_bytes), 0));
            prop_assert!(moments.iter().all(|moment| moment.held_bytes >= moment.live_bytes));
        }
    }
}
