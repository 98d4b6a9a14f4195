//! Registers to and from slices: the checked ways in and out of memory.
//!
//! One comparison per register proves that it lies inside the slice. It is cheap beside the load
//! itself, so a kernel that is bound by memory can be written without `unsafe`.

use super::Vector;

/// The register of numbers that begins at `at`.
#[inline(always)]
pub(crate) fn load<V: Vector>(from: &[f32], at: usize) -> V {
    let lanes = &from[at..at + V::LANES];
    // SAFETY: `lanes` holds LANES numbers.
    unsafe { V::load(lanes.as_ptr()) }
}

/// Stores a register at `at`.
#[inline(always)]
pub(crate) fn store<V: Vector>(numbers: V, into: &mut [f32], at: usize) {
    let lanes = &mut into[at..at + V::LANES];
    // SAFETY: `lanes` holds LANES numbers.
    unsafe { numbers.store(lanes.as_mut_ptr()) };
}

/// The even and the odd numbers of the two registers that begin at `at`.
#[inline(always)]
pub(crate) fn load_dealt<V: Vector>(from: &[f32], at: usize) -> (V, V) {
    let lanes = &from[at..at + 2 * V::LANES];
    // SAFETY: `lanes` holds twice LANES numbers.
    unsafe { V::load_dealt(lanes.as_ptr()) }
}

/// As [`load`], with zeros where the slice is at its end.
#[inline(always)]
pub(crate) fn load_up_to<V: Vector>(from: &[f32], at: usize) -> V {
    let rest = &from[at..];
    if rest.len() >= V::LANES {
        return load(rest, 0);
    }
    // SAFETY: the count is less than LANES and is what is left.
    unsafe { V::load_first(rest.as_ptr(), rest.len()) }
}

/// As [`store`], without what lies beyond the end of the slice.
#[inline(always)]
pub(crate) fn store_up_to<V: Vector>(numbers: V, into: &mut [f32], at: usize) {
    let rest = &mut into[at..];
    if rest.len() >= V::LANES {
        // A masked store, even of all lanes, keeps loads that follow waiting.
        return store(numbers, rest, 0);
    }
    // SAFETY: the count is less than LANES and is what is left.
    unsafe { numbers.store_first(rest.as_mut_ptr(), rest.len()) };
}

/// The bytes from `at` on as numbers, with zeros where the slice is at its end.
#[inline(always)]
pub(crate) fn load_bytes<V: Vector>(from: &[u8], at: usize) -> V {
    let rest = &from[at..];
    // SAFETY: the count is at most LANES and at most what is left.
    unsafe { V::load_bytes(rest.as_ptr(), rest.len().min(V::LANES)) }
}

/// Stores whole numbers from 0 to 255 as bytes from `at` on, without what lies beyond the end of
/// the slice.
#[inline(always)]
pub(crate) fn store_bytes<V: Vector>(numbers: V, into: &mut [u8], at: usize) {
    let rest = &mut into[at..];
    // SAFETY: the count is at most LANES and at most what is left.
    unsafe { numbers.store_bytes(rest.as_mut_ptr(), rest.len().min(V::LANES)) };
}

/// As [`store_up_to`], of what the numbers are in memory.
#[inline(always)]
pub(crate) fn store_words<V: Vector>(numbers: V, into: &mut [u32], at: usize) {
    let rest = &mut into[at..];
    let count = rest.len().min(V::LANES);
    // SAFETY: the count is at most LANES and at most what is left; a word is as large as a number.
    unsafe { numbers.store_first(rest.as_mut_ptr().cast(), count) };
}

/// Asks for the line of the cache that holds `at`, wherever that is: nothing is read.
#[inline(always)]
pub(crate) fn prefetch(at: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction is part of every x86-64 and has no effect that can be seen.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}

/// Asks for what lies a page behind `numbers` to be brought near. The machine itself looks ahead within
/// a page only, and planes are often about as large.
#[inline(always)]
pub(crate) fn prefetch_page_behind(numbers: &[f32]) {
    for line in numbers.chunks(WIDEST) {
        prefetch(line.as_ptr().wrapping_add(PAGE));
    }
}

/// Asks for all of `numbers` to be brought near, in the order in which they lie.
pub(crate) fn prefetch_all(numbers: &[f32]) {
    for line in numbers.chunks(WIDEST) {
        prefetch(line.as_ptr());
    }
}

/// Numbers of a page of memory.
const PAGE: usize = 4096 / size_of::<f32>();

/// Lanes of the widest register.
pub(crate) const WIDEST: usize = 16;
