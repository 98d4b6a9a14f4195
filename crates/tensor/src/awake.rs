//! Threads that stay awake while short pieces of work follow each other.
//!
//! A thread of the pool that finds nothing to do goes to sleep within some 20 µs, and takes 25 to 50 µs
//! to wake up. A training step of a small network is a chain of operators that take less than that
//! each: the second thread would come to every one of them too late. So for the time of a step the
//! other threads look for work without pause.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// Whether the other threads of the pool wait for work of this one.
    static AWAKE: Cell<bool> = const { Cell::new(false) };
}

/// Looks for work that a thread makes one after the other before it lets other programs run.
const PATIENCE: u32 = 2_000;

/// Returns the result of `work` and keeps the other threads of the current pool looking for
/// something to do meanwhile.
///
/// Changes no result, only how soon work that `work` splits is begun elsewhere. Outside of a pool and in
/// a pool of one thread it is a plain call. It is meant for a training step or an inference, not for
/// long waits: the other threads use their cores for as long as it lasts.
///
/// ```
/// assert_eq!(cenote_tensor::awake(|| 6 * 7), 42);
/// ```
pub fn awake<R>(work: impl FnOnce() -> R) -> R {
    let Some(this) = rayon::current_thread_index() else { return work() };
    if rayon::current_num_threads() == 1 {
        return work();
    }
    let done = AtomicBool::new(false);
    rayon::in_place_scope(|scope| {
        scope.spawn_broadcast(|_, at| {
            // This thread waits for nothing: it would wait for itself.
            if at.index() != this {
                look_for_work(&done);
            }
        });
        let _done = Done { done: &done, outer: AWAKE.replace(true) };
        work()
    })
}

/// Whether this thread is in a call of [`awake`]: then little work is worth splitting.
#[cfg(not(cenote_f64))]
pub(crate) fn is_awake() -> bool {
    AWAKE.get()
}

/// Does what others have split off, until `done`.
fn look_for_work(done: &AtomicBool) {
    let mut found_nothing = 0;
    while !done.load(Ordering::Acquire) {
        match rayon::yield_now() {
            Some(rayon::Yield::Executed) => found_nothing = 0,
            _ if found_nothing < PATIENCE => {
                found_nothing += 1;
                std::hint::spin_loop();
            }
            _ => std::thread::yield_now(),
        }
    }
}

/// Says that the work is done, also when it panicked.
struct Done<'a> {
    done: &'a AtomicBool,
    /// What this thread was in before.
    outer: bool,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        AWAKE.set(self.outer);
        self.done.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use rayon::iter::{IntoParallelIterator, ParallelIterator};

    use super::*;

    fn on<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("threads start").install(work)
    }

    #[test]
    fn work_that_is_split_inside_gives_what_it_gives_outside() {
        let sum = || (0..1_000_u64).into_par_iter().map(|i| i * i).sum::<u64>();
        let expected = sum();
        assert_eq!(awake(sum), expected);
        for threads in [1, 2, 3, 8] {
            assert_eq!(on(threads, || awake(sum)), expected);
        }
    }

    #[test]
    fn calls_inside_one_another_and_side_by_side_end() {
        let inner = |i: u64| awake(|| (0..i).into_par_iter().map(|k| k + i).sum::<u64>());
        let expected: u64 = (0..50).map(inner).sum();
        for threads in [2, 3, 8] {
            let sum = on(threads, || awake(|| (0..50).into_par_iter().map(inner).sum::<u64>()));
            assert_eq!(sum, expected);
        }
    }

    #[test]
    fn a_panic_passes_through_and_leaves_the_pool_usable() {
        on(2, || {
            let outcome = catch_unwind(AssertUnwindSafe(|| awake(|| panic!("of the work"))));
            assert!(outcome.is_err());
            assert_eq!(awake(|| 1), 1);
        });
    }
}
