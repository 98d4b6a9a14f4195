//! Buffers that are recycled, and a meter that says how many bytes of them live at once.
//!
//! A training step allocates the same sizes over and over. Handing the memory back to the system
//! after each would cost a page fault per 4 KiB on the next touch, several times the price of the
//! arithmetic that fills it. So a dropped buffer goes to a free list of its thread and the next
//! request of about its size takes it, stale contents and all.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::AccessError;

use crate::Scalar;
use crate::shelf::Shelf;

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
    let (result, meter) = under(Meter::default(), work);
    (result, meter.usage())
}

/// Runs `work` and returns its result with the bytes of every tensor buffer that came and, negative, of every
/// one that went, in order.
///
/// Their running sum is what lives, and its largest value what [`metered`] calls the peak.
///
/// ```
/// use cenote_tensor::{Scalar, Tensor, traced};
///
/// let (_, changes) = traced(|| {
///     let a = Tensor::zeros([10]);
///     let b = Tensor::zeros([20]);
///     drop(a);
///     drop(b);
/// });
/// assert_eq!(changes, [10, 20, -10, -20].map(|values| values * size_of::<Scalar>() as i64));
/// ```
pub fn traced<R>(work: impl FnOnce() -> R) -> (R, Vec<i64>) {
    let trace = Some(Mutex::default());
    let (result, meter) = under(Meter { trace, ..Meter::default() }, work);
    let changes = meter
        .trace
        .as_ref()
        .map(|trace| std::mem::take(&mut *trace.lock().unwrap_or_else(PoisonError::into_inner)));
    (result, changes.unwrap_or_default())
}

/// Runs `work` while new buffers of this thread go to `meter`.
fn under<R>(meter: Meter, work: impl FnOnce() -> R) -> (R, Arc<Meter>) {
    let meter = Arc::new(meter);
    let outer = METER.replace(Arc::clone(&meter));
    let restore = Restore(Some(outer));
    let result = work();
    drop(restore);
    (result, meter)
}

/// What the work that is being metered on this thread has used until now.
///
/// ```
/// use cenote_tensor::{Scalar, Tensor, metered, used_so_far};
///
/// let (peak, _) = metered(|| {
///     drop(Tensor::zeros([100]));
///     used_so_far().peak_bytes
/// });
/// assert_eq!(peak, 100 * size_of::<Scalar>());
/// ```
pub fn used_so_far() -> Usage {
    METER.with_borrow(|meter| meter.usage())
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
    /// What came and went, where somebody wants to know.
    trace: Option<Mutex<Vec<i64>>>,
}

impl Meter {
    fn add(&self, bytes: usize) {
        self.note(bytes as i64);
        let live = self.live.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(live, Ordering::Relaxed);
    }

    fn sub(&self, bytes: usize) {
        self.note(-(bytes as i64));
        self.live.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn note(&self, change: i64) {
        if let Some(trace) = &self.trace {
            trace.lock().unwrap_or_else(PoisonError::into_inner).push(change);
        }
    }

    fn usage(&self) -> Usage {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Usage {
            peak_bytes: read(&self.peak),
            live_bytes: read(&self.live),
            fresh_buffers: read(&self.fresh),
        }
    }
}

thread_local! {
    static METER: RefCell<Arc<Meter>> = RefCell::default();
}

/// What recycled buffers are made of.
pub(crate) trait Element: Copy + Default + 'static {
    /// Works with the free buffers of this thread.
    ///
    /// # Errors
    /// At the end of the thread, when they are gone.
    fn shelf<R>(work: impl FnOnce(&mut Shelf<Self>) -> R) -> Result<R, AccessError>;
}

impl Element for Scalar {
    fn shelf<R>(work: impl FnOnce(&mut Shelf<Self>) -> R) -> Result<R, AccessError> {
        thread_local!(static SHELF: RefCell<Shelf<Scalar>> = RefCell::default());
        SHELF.try_with(|shelf| work(&mut shelf.borrow_mut()))
    }
}

impl Element for u8 {
    fn shelf<R>(work: impl FnOnce(&mut Shelf<Self>) -> R) -> Result<R, AccessError> {
        thread_local!(static SHELF: RefCell<Shelf<u8>> = RefCell::default());
        SHELF.try_with(|shelf| work(&mut shelf.borrow_mut()))
    }
}

impl Element for u32 {
    fn shelf<R>(work: impl FnOnce(&mut Shelf<Self>) -> R) -> Result<R, AccessError> {
        thread_local!(static SHELF: RefCell<Shelf<u32>> = RefCell::default());
        SHELF.try_with(|shelf| work(&mut shelf.borrow_mut()))
    }
}

/// The memory behind a tensor or its like: metered while it lives, recycled when it is dropped.
#[derive(Debug)]
pub(crate) struct Buffer<T: Element = Scalar> {
    vec: Vec<T>,
    first: usize,
    len: usize,
    meter: Arc<Meter>,
}

/// What the first element of a recycled buffer is aligned to: a cache line, so that no vector of a
/// kernel that starts there crosses one.
const ALIGNMENT: usize = 64;

impl<T: Element> Buffer<T> {
    /// A buffer of `len` elements whose contents are unspecified.
    pub(crate) fn stale(len: usize) -> Self {
        if len == 0 {
            return Self::adopt(Vec::new());
        }
        let room = len + ALIGNMENT / size_of::<T>() - 1;
        let (vec, fresh) =
            T::shelf(|shelf| shelf.take(room)).unwrap_or_else(|_| (vec![T::default(); room], true));
        let first = vec.as_ptr().align_offset(ALIGNMENT);
        // An offset may be unknown in theory; the buffer is then as good, only slower.
        let first = if first + len <= vec.len() { first } else { 0 };
        let buffer = Self::over(vec, first, len);
        if fresh {
            buffer.meter.fresh.fetch_add(1, Ordering::Relaxed);
        }
        buffer
    }

    /// A buffer around values that were allocated elsewhere.
    pub(crate) fn adopt(values: Vec<T>) -> Self {
        let len = values.len();
        Self::over(values, 0, len)
    }

    fn over(vec: Vec<T>, first: usize, len: usize) -> Self {
        let meter = METER.with_borrow(Arc::clone);
        meter.add(len * size_of::<T>());
        Self { vec, first, len, meter }
    }

    /// Gives the values away, unmetered.
    pub(crate) fn into_values(mut self) -> Vec<T> {
        if self.first > 0 || self.len < self.vec.len() {
            return self.to_vec();
        }
        self.meter.sub(self.len * size_of::<T>());
        self.len = 0;
        std::mem::take(&mut self.vec)
    }
}

impl<T: Element> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.vec[self.first..self.first + self.len]
    }
}

impl<T: Element> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.vec[self.first..self.first + self.len]
    }
}

impl<T: Element + PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Element + Eq> Eq for Buffer<T> {}

impl<T: Element> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::stale(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: Element> Drop for Buffer<T> {
    fn drop(&mut self) {
        self.meter.sub(self.len * size_of::<T>());
        let vec = std::mem::take(&mut self.vec);
        if vec.len() == self.len {
            // Without room for an alignment it was allocated elsewhere, and goes back there: nobody
            // would take it as often as another is adopted.
            return;
        }
        // At the end of a thread its shelf may be gone before its last buffer: then just free it.
        let _ = T::shelf(|shelf| shelf.put(vec));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_taken_again() {
        let first = Buffer::<Scalar>::stale(12_345);
        let address = first.as_ptr();
        drop(first);
        assert_eq!(Buffer::<Scalar>::stale(12_345).as_ptr(), address);
    }

    #[test]
    fn every_recycled_buffer_starts_at_a_cache_line() {
        let buffers: Vec<Buffer<Scalar>> = (1..40).map(Buffer::stale).collect();
        assert!(buffers.iter().all(|buffer| buffer.as_ptr().addr().is_multiple_of(ALIGNMENT)));
    }

    #[test]
    fn values_that_are_given_away_are_those_of_the_buffer() {
        let mut buffer = Buffer::<u8>::stale(5);
        buffer.copy_from_slice(&[1, 2, 3, 4, 5]);
        assert_eq!(buffer.into_values(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn values_that_were_adopted_are_not_held_back() {
        let free = || Scalar::shelf(|shelf| shelf.take(7_777_777).1).expect("a shelf");
        drop(Buffer::<Scalar>::adopt(vec![0.0; 7_777_777]));
        assert!(free());
    }

    #[test]
    fn the_meter_counts_what_lives_at_once() {
        let (kept, usage) = metered(|| {
            let a = Buffer::<Scalar>::stale(10);
            let b = Buffer::<Scalar>::stale(20);
            drop(a);
            let c = Buffer::<Scalar>::stale(5);
            drop(b);
            c
        });
        let scalar = size_of::<Scalar>();
        assert_eq!((usage.peak_bytes, usage.live_bytes), (30 * scalar, 5 * scalar));
        let ((), usage) = metered(|| drop(kept.into_values()));
        assert_eq!(usage.live_bytes, 0);
    }

    #[test]
    fn work_that_repeats_itself_allocates_once() {
        let step = || drop([Buffer::<Scalar>::stale(54_321), Buffer::stale(54_321)]);
        assert_eq!(metered(step).1.fresh_buffers, 2);
        assert_eq!(metered(step).1.fresh_buffers, 0);
    }

    #[test]
    fn meters_nest() {
        let (((), inner), outer) = metered(|| metered(|| drop(Buffer::<Scalar>::stale(7))));
        assert_eq!((inner.peak_bytes, outer.peak_bytes), (7 * size_of::<Scalar>(), 0));
    }
}
