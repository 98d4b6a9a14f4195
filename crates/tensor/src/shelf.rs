//! Free buffers of one thread, waiting to be used again.

use std::collections::BTreeMap;

/// Free bytes beyond any share that a thread may hold back.
const SLACK_BYTES: usize = 16 << 20;

/// A request may take a buffer up to this many times its size, if none fits better.
///
/// Sizes along a network are mostly a factor of two apart, so the backward pass finds room for small
/// maps where large ones were. A larger factor would hand the largest buffers to small requests.
const WASTE: usize = 2;

/// Dropped vectors of one thread, by length, the one dropped last at the end of its list.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    free: BTreeMap<usize, Vec<Dropped<T>>>,
    free_bytes: usize,
    used_bytes: usize,
    most_used_bytes: usize,
    /// Vectors put here so far.
    puts: u64,
}

#[derive(Debug)]
struct Dropped<T> {
    vec: Vec<T>,
    /// Which put it was.
    put: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        let free = BTreeMap::new();
        Self { free, free_bytes: 0, used_bytes: 0, most_used_bytes: 0, puts: 0 }
    }
}

impl<T: Copy + Default> Shelf<T> {
    /// A vector of at least `len` elements with unspecified (stale or zero) contents, and whether it
    /// had to be allocated.
    pub(crate) fn take(&mut self, len: usize) -> (Vec<T>, bool) {
        let fitting = self.free.range_mut(len..=WASTE * len).next();
        let (vec, fresh) = match fitting {
            Some((&found, list)) => {
                let Dropped { vec, .. } = list.pop().expect("empty lists are removed at once");
                if list.is_empty() {
                    self.free.remove(&found);
                }
                self.free_bytes -= bytes(&vec);
                (vec, false)
            }
            None => (vec![T::default(); len], true),
        };
        self.used_bytes += bytes(&vec);
        self.most_used_bytes = self.most_used_bytes.max(self.used_bytes);
        if fresh {
            self.trim();
        }
        (vec, fresh)
    }

    pub(crate) fn put(&mut self, vec: Vec<T>) {
        if vec.is_empty() {
            return;
        }
        // A buffer may be dropped by another thread than the one that took it.
        self.used_bytes = self.used_bytes.saturating_sub(bytes(&vec));
        self.free_bytes += bytes(&vec);
        self.puts += 1;
        self.free.entry(vec.len()).or_default().push(Dropped { vec, put: self.puts });
        self.trim();
    }

    /// Hands the vectors that lay here longest back to the system while the thread holds more than
    /// one and a half times what it ever had in use. Work that repeats itself comes nowhere near: what
    /// it leaves free at its peak are gaps between sizes.
    fn trim(&mut self) {
        let allowed = self.most_used_bytes + self.most_used_bytes / 2 + SLACK_BYTES;
        while self.used_bytes + self.free_bytes > allowed {
            let oldest = self.free.iter().min_by_key(|(_, list)| list[0].put);
            let Some((&len, _)) = oldest else { return };
            let list = self.free.get_mut(&len).expect("just found");
            self.free_bytes -= bytes(&list.remove(0).vec);
            if list.is_empty() {
                self.free.remove(&len);
            }
        }
    }
}

fn bytes<T>(vec: &[T]) -> usize {
    size_of_val(vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_vector_that_fits_is_taken() {
        let mut shelf = Shelf::<f32>::default();
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
        let mut shelf = Shelf::<u8>::default();
        let (vec, _) = shelf.take(2_001);
        shelf.put(vec);
        assert!(shelf.take(1_000).1);
    }

    #[test]
    fn what_is_held_stays_within_a_share_of_what_was_in_use() {
        let mut shelf = Shelf::<f32>::default();
        let mut most = 0;
        for i in 0..400 {
            let len = if i % 2 == 0 { i * 20_000 } else { (400 - i) * 20_000 };
            let (vec, _) = shelf.take(len);
            most = most.max(bytes(&vec));
            shelf.put(vec);
            assert!(shelf.free_bytes <= most + most / 2 + SLACK_BYTES);
        }
    }

    #[test]
    fn the_vectors_that_lay_longest_go_first() {
        let mut shelf = Shelf::<u8>::default();
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
