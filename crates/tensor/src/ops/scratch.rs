//! Working memory that a thread keeps between calls.

use std::cell::RefCell;

use crate::{Scalar, pages};

thread_local! {
    static KEPT: RefCell<Vec<Vec<Scalar>>> = RefCell::default();
}

/// Bytes that a line of the cache holds: registers that lie across two of them are slower.
const LINE: usize = 64;

/// Runs `work` with `len` numbers of unspecified value, the first of them at the start of a line of
/// the cache.
///
/// The memory is the thread's own and is not metered: it is no tensor, and what lives in it is gone
/// when the call returns. Calls nest.
pub(crate) fn with<R>(len: usize, work: impl FnOnce(&mut [Scalar]) -> R) -> R {
    let mut kept = KEPT.with_borrow_mut(Vec::pop).unwrap_or_default();
    let spare = LINE / size_of::<Scalar>();
    if kept.len() < len + spare {
        // Nothing of the old contents is wanted, so nothing is copied, and both are never there.
        drop(kept);
        kept = pages::block(len + spare);
    }
    let start = kept.as_ptr().align_offset(LINE).min(spare);
    let result = work(&mut kept[start..start + len]);
    KEPT.with_borrow_mut(|all| all.push(kept));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_calls_get_different_memory_and_later_calls_the_same() {
        let address = |numbers: &mut [Scalar]| numbers.as_ptr();
        let (outer, inner) = with(10, |outer| (outer.as_ptr(), with(10, address)));
        assert_ne!(outer, inner);
        assert_eq!(with(10, address), outer);
    }
}
