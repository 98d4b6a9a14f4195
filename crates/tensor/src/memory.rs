//! Buffers that are recycled, and a meter that says how many bytes of them live at once.
//!
//! A training step allocates the same sizes over and over. Handing the memory back to the system
//! after each would cost a page fault per 4 KiB on the next touch, several times the price of the
//! arithmetic that fills it. So a dropped buffer goes to a free list of its thread and the next
//! request of about its size takes it, stale contents and all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Scalar;

/// Free bytes a thread may hold back beyond what it ever had in use.
const SLACK_BYTES: usize = 16 << 20;

/// What [`metered`] saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The most bytes of tensor buffers that lived at one moment.
    pub peak_bytes: usize,
    /// The bytes that still lived at the end.
    pub live_bytes: usize,
    /// Buffers that had to be allocated because none that was dropped before fits: 0 in work that
    /// repeats itself.
    pub fresh_buffers: usize,
}

/// Runs `work` and returns its result with the tensor memory it used.
///
/// Counts the buffers of tensors created on this thread while `work` runs, each until its last
/// owner drops it; the count does not depend on the allocator or on the number of threads.
///
/// ```
/// use cenote_tensor::{Scalar, Tensor, metered};
///
/// let (_, usage) = metered(|| {
///     let a = Tensor::zeros([100]);
///     drop(a);
///     Tensor::zeros([50]).len()
/// });
/// assert_eq!(usage.peak_bytes, 100 * size_of::<Scalar>());
/// assert_eq!(usage.live_bytes, 0);
/// ```
pub fn metered<R>(work: impl FnOnce() -> R) -> (R, Usage) {
    let meter = Arc::new(Meter::default());
    let outer = METER.replace(Arc::clone(&meter));
    let restore = Restore(Some(outer));
    let result = work();
    drop(restore);
    let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    let [peak_bytes, live_bytes] = [read(&meter.peak), read(&meter.live)];
    (result, Usage { peak_bytes, live_bytes, fresh_buffers: read(&meter.fresh) })
}

/// Puts the outer meter back, also when `work` panics.
struct Restore(Option<Arc<Meter>>);

impl Drop for Restore {
    fn drop(&mut self) {
        if let Some(outer) = self.0.take() {
            METER.set(outer);
        }
    }
}

#[derive(Debug, Default)]
struct Meter {
    live: AtomicUsize,
    peak: AtomicUsize,
    fresh: AtomicUsize,
}

impl Meter {
    fn add(&self, bytes: usize) {
        let live = self.live.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(live, Ordering::Relaxed);
    }

    fn sub(&self, bytes: usize) {
        self.live.fetch_sub(bytes, Ordering::Relaxed);
    }
}

thread_local! {
    static METER: RefCell<Arc<Meter>> = RefCell::default();
    static SHELF: RefCell<Shelf> = RefCell::default();
}

/// Dropped vectors of one thread, by length.
#[derive(Default)]
struct Shelf {
    free: BTreeMap<usize, Vec<Vec<Scalar>>>,
    free_bytes: usize,
    used_bytes: usize,
    most_used_bytes: usize,
}

impl Shelf {
    /// A vector of `len` elements with unspecified (stale or zero) contents.
    fn take(&mut self, len: usize) -> Vec<Scalar> {
        self.used_bytes += len * size_of::<Scalar>();
        self.most_used_bytes = self.most_used_bytes.max(self.used_bytes);
        let fitting = self.free.range_mut(len..=len + len / 4).next();
        let Some((&found, list)) = fitting else {
            METER.with_borrow(|meter| meter.fresh.fetch_add(1, Ordering::Relaxed));
            return vec![0.0; len];
        };
        let mut vec = list.pop().expect("empty lists are removed at once");
        if list.is_empty() {
            self.free.remove(&found);
        }
        self.free_bytes -= found * size_of::<Scalar>();
        vec.truncate(len);
        vec
    }

    fn put(&mut self, vec: Vec<Scalar>) {
        let bytes = vec.len() * size_of::<Scalar>();
        // A buffer may be dropped by another thread than the one that took it.
        self.used_bytes = self.used_bytes.saturating_sub(bytes);
        if bytes == 0 {
            return;
        }
        let allowed =
            self.most_used_bytes + SLACK_BYTES - self.used_bytes.min(self.most_used_bytes);
        while self.free_bytes + bytes > allowed {
            let Some(mut largest) = self.free.last_entry() else { return };
            let freed = *largest.key();
            largest.get_mut().pop();
            if largest.get().is_empty() {
                largest.remove();
            }
            self.free_bytes -= freed * size_of::<Scalar>();
        }
        self.free_bytes += bytes;
        self.free.entry(vec.len()).or_default().push(vec);
    }
}

/// The memory behind a tensor: metered while it lives, recycled when it is dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    values: Vec<Scalar>,
    meter: Arc<Meter>,
}

impl Buffer {
    /// A buffer of `len` elements whose contents are unspecified.
    pub(crate) fn stale(len: usize) -> Self {
        Self::adopt(SHELF.with_borrow_mut(|shelf| shelf.take(len)))
    }

    /// A buffer around values that were allocated elsewhere.
    pub(crate) fn adopt(values: Vec<Scalar>) -> Self {
        let meter = METER.with_borrow(Arc::clone);
        meter.add(values.len() * size_of::<Scalar>());
        Self { values, meter }
    }

    pub(crate) fn values(&self) -> &[Scalar] {
        &self.values
    }

    pub(crate) fn values_mut(&mut self) -> &mut [Scalar] {
        &mut self.values
    }

    /// Gives the values away, unmetered.
    pub(crate) fn into_values(mut self) -> Vec<Scalar> {
        self.meter.sub(self.values.len() * size_of::<Scalar>());
        std::mem::take(&mut self.values)
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::stale(self.values.len());
        copy.values.copy_from_slice(&self.values);
        copy
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.meter.sub(self.values.len() * size_of::<Scalar>());
        let values = std::mem::take(&mut self.values);
        // At the end of a thread its shelf may be gone before its last buffer: then just free it.
        let _ = SHELF.try_with(|shelf| shelf.borrow_mut().put(values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_taken_again() {
        let first = Buffer::stale(12_345);
        let address = first.values().as_ptr();
        drop(first);
        assert_eq!(Buffer::stale(12_345).values().as_ptr(), address);
    }

    #[test]
    fn a_smaller_request_reuses_a_slightly_larger_buffer() {
        let first = Buffer::stale(10_000);
        let address = first.values().as_ptr();
        drop(first);
        let second = Buffer::stale(9_000);
        assert_eq!((second.values().as_ptr(), second.values().len()), (address, 9_000));
    }

    #[test]
    fn free_bytes_stay_within_what_was_in_use_and_the_slack() {
        for len in 1..400 {
            drop(Buffer::stale(len * 10_000));
        }
        SHELF.with_borrow(|shelf| {
            assert!(shelf.free_bytes <= shelf.most_used_bytes + SLACK_BYTES);
        });
    }

    #[test]
    fn the_meter_counts_what_lives_at_once() {
        let (kept, usage) = metered(|| {
            let a = Buffer::stale(10);
            let b = Buffer::stale(20);
            drop(a);
            let c = Buffer::stale(5);
            drop(b);
            c
        });
        let scalar = size_of::<Scalar>();
        assert_eq!((usage.peak_bytes, usage.live_bytes), (30 * scalar, 5 * scalar));
        drop(kept);
    }

    #[test]
    fn work_that_repeats_itself_allocates_once() {
        let step = || drop([Buffer::stale(54_321), Buffer::stale(54_321)]);
        assert_eq!(metered(step).1.fresh_buffers, 2);
        assert_eq!(metered(step).1.fresh_buffers, 0);
    }

    #[test]
    fn meters_nest() {
        let (((), inner), outer) = metered(|| metered(|| drop(Buffer::stale(7))));
        assert_eq!((inner.peak_bytes, outer.peak_bytes), (7 * size_of::<Scalar>(), 0));
    }
}
