//! Buffers that are recycled, and a meter that says how many bytes of them live at once.
//!
//! A training step allocates the same sizes over and over. Handing the memory back to the system
//! after each would cost a page fault per 4 KiB on the next touch, several times the price of the
//! arithmetic that fills it. So a dropped buffer goes to a free list of its thread and the next
//! request of about its size takes it, stale contents and all.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::AccessError;

use crate::Scalar;
use crate::rehearsal::{Change, Extent, Kind};
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

/// Runs `work` and returns its result with every tensor buffer that came and every one of these that went, in order.
///
/// A [`Rehearsal`](crate::Rehearsal) of them tells what lived, and what the thread held.
///
/// ```
/// use cenote_tensor::{Change, Rehearsal, Tensor, metered, traced};
///
/// let work = || drop([Tensor::zeros([10]), Tensor::zeros([20])]);
/// let ((), changes) = traced(work);
/// assert_eq!(changes.iter().filter(|change| matches!(change, Change::Went(_))).count(), 2);
/// let mut rehearsal = Rehearsal::default();
/// let peak = changes.iter().map(|&change| rehearsal.next(change).live_bytes).max();
/// assert_eq!(peak, Some(metered(work).1.peak_bytes));
/// ```
pub fn traced<R>(work: impl FnOnce() -> R) -> (R, Vec<Change>) {
    let trace = Some(Mutex::default());
    let (result, meter) = under(Meter { trace, ..Meter::default() }, work);
    let changes = meter.trace.as_ref().map(|trace| std::mem::take(&mut *locked(trace)));
    (result, changes.unwrap_or_default())
}

/// How many buffers came and went until now in the work that is [`traced`] on this thread; 0 where none is.
pub fn changes_so_far() -> usize {
    METER.with_borrow(|meter| meter.trace.as_ref().map_or(0, |trace| locked(trace).len()))
}

fn locked(trace: &Mutex<Vec<Change>>) -> MutexGuard<'_, Vec<Change>> {
    trace.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands the free buffers of this thread back to the system.
///
/// They would wait for requests of about their sizes, which other work may never make.
pub fn release() {
    fn of<T: Element>() {
        // At the end of a thread its shelf is gone, and what lay there too.
        let _ = T::shelf(Shelf::clear);
    }
    of::<Scalar>();
    of::<u8>();
    of::<u32>();
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
    trace: Option<Mutex<Vec<Change>>>,
}

impl Meter {
    /// Counts a buffer; returns its entry in the trace, if there is one.
    fn add(&self, extent: Extent) -> Option<usize> {
        let bytes = extent.bytes();
        let live = self.live.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(live, Ordering::Relaxed);
        let mut trace = locked(self.trace.as_ref()?);
        trace.push(Change::Came(extent));
        Some(trace.len() - 1)
    }

    fn sub(&self, bytes: usize, came: Option<usize>) {
        self.live.fetch_sub(bytes, Ordering::Relaxed);
        if let (Some(trace), Some(came)) = (&self.trace, came) {
            locked(trace).push(Change::Went(came));
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
    const KIND: Kind;

    /// Works with the free buffers of this thread.
    ///
    /// # Errors
    /// At the end of the thread, when they are gone.
    fn shelf<R>(work: impl FnOnce(&mut Shelf<Vec<Self>>) -> R) -> Result<R, AccessError>;
}

impl Element for Scalar {
    const KIND: Kind = Kind::Scalar;

    fn shelf<R>(work: impl FnOnce(&mut Shelf<Vec<Self>>) -> R) -> Result<R, AccessError> {
        thread_local!(static SHELF: RefCell<Shelf<Vec<Scalar>>> = const { RefCell::new(Shelf::of(size_of::<Scalar>())) });
        SHELF.try_with(|shelf| work(&mut shelf.borrow_mut()))
    }
}

impl Element for u8 {
    const KIND: Kind = Kind::Byte;

    fn shelf<R>(work: impl FnOnce(&mut Shelf<Vec<Self>>) -> R) -> Result<R, AccessError> {
        thread_local!(static SHELF: RefCell<Shelf<Vec<u8>>> = const { RefCell::new(Shelf::of(size_of::<u8>())) });
        SHELF.try_with(|shelf| work(&mut shelf.borrow_mut()))
    }
}

impl Element for u32 {
    const KIND: Kind = Kind::Index;

    fn shelf<R>(work: impl FnOnce(&mut Shelf<Vec<Self>>) -> R) -> Result<R, AccessError> {
        thread_local!(static SHELF: RefCell<Shelf<Vec<u32>>> = const { RefCell::new(Shelf::of(size_of::<u32>())) });
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
    /// Its entry in the meter's trace.
    came: Option<usize>,
}

/// What the first element of a recycled buffer is aligned to: a cache line, so that no vector of a
/// kernel that starts there crosses one.
const ALIGNMENT: usize = 64;

/// Values that are asked of a shelf so that `len` of so many bytes each can be aligned in them.
pub(crate) const fn room(len: usize, size: usize) -> usize {
    if len == 0 { 0 } else { len + ALIGNMENT / size - 1 }
}

impl<T: Element> Buffer<T> {
    /// A buffer of `len` elements whose contents are unspecified.
    pub(crate) fn stale(len: usize) -> Self {
        if len == 0 {
            return Self::over(Vec::new(), 0, 0, true);
        }
        let room = room(len, size_of::<T>());
        let (vec, fresh) =
            T::shelf(|shelf| shelf.take(room)).unwrap_or_else(|_| (vec![T::default(); room], true));
        let first = vec.as_ptr().align_offset(ALIGNMENT);
        // An offset may be unknown in theory; the buffer is then as good, only slower.
        let first = if first + len <= vec.len() { first } else { 0 };
        let buffer = Self::over(vec, first, len, true);
        if fresh {
            buffer.meter.fresh.fetch_add(1, Ordering::Relaxed);
        }
        buffer
    }

    /// A buffer around values that were allocated elsewhere.
    pub(crate) fn adopt(values: Vec<T>) -> Self {
        let len = values.len();
        Self::over(values, 0, len, false)
    }

    fn over(vec: Vec<T>, first: usize, len: usize, recycled: bool) -> Self {
        let meter = METER.with_borrow(Arc::clone);
        let came = meter.add(Extent { kind: T::KIND, values: len, recycled });
        Self { vec, first, len, meter, came }
    }

    /// Gives the values away, unmetered.
    pub(crate) fn into_values(mut self) -> Vec<T> {
        if self.first > 0 || self.len < self.vec.len() {
            return self.to_vec();
        }
        self.meter.sub(self.len * size_of::<T>(), self.came.take());
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
        self.meter.sub(self.len * size_of::<T>(), self.came);
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
    fn free_buffers_are_handed_back() {
        let fresh = || metered(|| drop(Buffer::<Scalar>::stale(65_432))).1.fresh_buffers;
        assert_eq!([fresh(), fresh()], [1, 0]);
        release();
        assert_eq!(fresh(), 1);
    }

    #[test]
    fn meters_nest() {
        let (((), inner), outer) = metered(|| metered(|| drop(Buffer::<Scalar>::stale(7))));
        assert_eq!((inner.peak_bytes, outer.peak_bytes), (7 * size_of::<Scalar>(), 0));
    }
}
