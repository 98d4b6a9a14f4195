//! Free buffers of one thread, waiting to be used again.

use std::collections::BTreeMap;

use crate::pages;

/// Free bytes beyond any share that a thread may hold back.
const SLACK_BYTES: usize = 16 << 20;

/// A request may take a buffer up to this many times its size, if none fits better.
///
/// Sizes along a network are mostly a factor of two apart, so the backward pass finds room for small
/// maps where large ones were. A larger factor would hand the largest buffers to small requests.
const WASTE: usize = 2;

/// What lies on a shelf: a vector, or its length alone where only bytes are counted.
pub(crate) trait Block {
    /// A block of so many values, stale or zero.
    fn allocate(len: usize) -> Self;
    fn len(&self) -> usize;
}

impl<T: Copy + Default> Block for Vec<T> {
    fn allocate(len: usize) -> Self {
        pages::block(len)
    }

    fn len(&self) -> usize {
        self.len()
    }
}

impl Block for usize {
    fn allocate(len: usize) -> Self {
        len
    }

    fn len(&self) -> usize {
        *self
    }
}

/// Dropped blocks of one thread, by length, the one dropped last at the end of its list.
#[derive(Debug)]
pub(crate) struct Shelf<B> {
    free: BTreeMap<usize, Vec<Dropped<B>>>,
    /// Bytes of a value.
    size: usize,
    free_bytes: usize,
    used_bytes: usize,
    most_used_bytes: usize,
    /// Blocks put here so far.
    puts: u64,
}

#[derive(Debug)]
struct Dropped<B> {
    block: B,
    /// Which put it was.
    put: u64,
}

impl<B: Block> Shelf<B> {
    /// An empty shelf for values of so many bytes.
    pub(crate) const fn of(size: usize) -> Self {
        let free = BTreeMap::new();
        Self { free, size, free_bytes: 0, used_bytes: 0, most_used_bytes: 0, puts: 0 }
    }

    /// A block of at least `len` values with unspecified (stale or zero) contents, and whether it
    /// had to be allocated.
    pub(crate) fn take(&mut self, len: usize) -> (B, bool) {
        let fitting = self.free.range(len..=WASTE * len).next().map(|(&found, _)| found);
        let found = fitting.unwrap_or(len);
        self.used_bytes += found * self.size;
        self.most_used_bytes = self.most_used_bytes.max(self.used_bytes);
        if fitting.is_some() {
            self.free_bytes -= found * self.size;
            return (self.lift(found, Vec::pop), false);
        }
        // What has to go goes before another is asked for, so that both are never there.
        self.trim();
        (B::allocate(len), true)
    }

    /// Takes one of the blocks of this length that lie here.
    fn lift(&mut self, len: usize, which: fn(&mut Vec<Dropped<B>>) -> Option<Dropped<B>>) -> B {
        let list = self.free.get_mut(&len).expect("a length that is here");
        let Dropped { block, .. } = which(list).expect("empty lists are removed at once");
        if list.is_empty() {
            self.free.remove(&len);
        }
        block
    }

    pub(crate) fn put(&mut self, block: B) {
        let len = block.len();
        if len == 0 {
            return;
        }
        // A buffer may be dropped by another thread than the one that took it.
        self.used_bytes = self.used_bytes.saturating_sub(len * self.size);
        self.free_bytes += len * self.size;
        self.puts += 1;
        self.free.entry(len).or_default().push(Dropped { block, put: self.puts });
        self.trim();
    }

    /// Drops what lies here, and forgets how much was in use.
    pub(crate) fn clear(&mut self) {
        self.free.clear();
        self.free_bytes = 0;
        self.most_used_bytes = self.used_bytes;
    }

    /// Bytes of what was taken from here and of what lies here.
    pub(crate) const fn held_bytes(&self) -> usize {
        self.used_bytes + self.free_bytes
    }

    /// Hands the blocks that lay here longest back to the system while the thread holds more than
    /// one and a half times what it ever had in use. Work that repeats itself comes nowhere near: what
    /// it leaves free at its peak are gaps between sizes.
    fn trim(&mut self) {
        let allowed = self.most_used_bytes + self.most_used_bytes / 2 + SLACK_BYTES;
        while self.held_bytes() > allowed {
            let oldest = self.free.iter().min_by_key(|(_, list)| list[0].put);
            let Some((&len, _)) = oldest else { return };
            drop(self.lift(len, |list| (!list.is_empty()).then(|| list.remove(0))));
            self.free_bytes -= len * self.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_vector_that_fits_is_taken() {
        let mut shelf = Shelf::<Vec<f32>>::of(4);
        let [small, large] = [1_000, 1_900].map(|len| shelf.take(len).0);
        shelf.put(large);
        shelf.put(small);
        for (request, expected) in
            [(950, (1_000, false)), (950, (1_900, false)), (950, (950, true))]
        {
            let (vec, fresh) = shelf.take(request);
            assert_eq!((vec.len(), fresh), expected);
        }
    }

    #[test]
    fn a_request_does_not_take_a_vector_of_more_than_twice_its_size() {
        let mut shelf = Shelf::<Vec<u8>>::of(1);
        let (vec, _) = shelf.take(2_001);
        shelf.put(vec);
        assert!(shelf.take(1_000).1);
    }

    #[test]
    fn what_is_held_stays_within_a_share_of_what_was_in_use() {
        let mut shelf = Shelf::<Vec<f32>>::of(4);
        let mut most = 0;
        for i in 0..400 {
            let len = if i % 2 == 0 { i * 20_000 } else { (400 - i) * 20_000 };
            let (vec, _) = shelf.take(len);
            most = most.max(4 * vec.len());
            shelf.put(vec);
            assert!(shelf.free_bytes <= most + most / 2 + SLACK_BYTES);
        }
    }

    #[test]
    fn the_vectors_that_lay_longest_go_first() {
        let mut shelf = Shelf::<Vec<u8>>::of(1);
        let mut fresh = |mebibytes: usize| {
            let (vec, fresh) = shelf.take(mebibytes << 20);
            shelf.put(vec);
            fresh
        };
        assert!([10, 25, 60, 130].map(&mut fresh).into_iter().all(|fresh| fresh));
        // 130 were in use at once, so 211 may be held: the first two had to go.
        assert!(!fresh(60) && !fresh(130));
        assert!(fresh(25) && fresh(10));
    }
}
