//! Threads that stay awake while short pieces of work follow each other.
//!
//! A thread of the pool that finds nothing to do goes to sleep within some 20 µs, and takes 25 to 50 µs
//! to wake up. A training step of a small network is a chain of operators that take less than that
//! each: the second thread would come to every one of them too late. So for the time of a step the
//! other threads look for work without pause.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

thread_local! {
    /// Whether the other threads of the pool wait for work of this one.
    static AWAKE: Cell<bool> = const { Cell::new(false) };
}

/// How long the others may take to come before the work begins; who is asleep takes 25 to 50 µs.
const WAIT: Duration = Duration::from_micros(100);

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
    let (door, done) = (Door::default(), AtomicBool::new(false));
    rayon::in_place_scope(|scope| {
        scope.spawn_broadcast(|_, at| {
            // This thread waits for nothing: it would wait for itself.
            if at.index() != this && door.enter() {
                look_for_work(&done);
            }
        });
        door.close(rayon::current_num_threads() - 1);
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

/// Lets threads come to look for work until the work begins, and none afterwards.
///
/// A thread that came later could do so while it waits, within a piece of that work, for another piece of it: it would then wait
/// for the end of the work, and whoever works for the end of the piece.
#[derive(Default)]
struct Door {
    /// How many came, and [`Door::CLOSED`].
    state: AtomicUsize,
}

impl Door {
    const CLOSED: usize = 1 << (usize::BITS - 1);

    /// Whether this thread came in time.
    fn enter(&self) -> bool {
        let one_more = |state| (state & Self::CLOSED == 0).then_some(state + 1);
        self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok()
    }

    /// Closes when so many came, or after a while.
    fn close(&self, most: usize) {
        let begun = Instant::now();
        while self.state.load(Ordering::Acquire) < most && begun.elapsed() < WAIT {
            std::hint::spin_loop();
        }
        self.state.fetch_or(Self::CLOSED, Ordering::AcqRel);
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
    use std::sync::Arc;

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

    /// Two threads that do nothing else while it lives, so that those of a pool come late.
    struct Busy(Arc<AtomicBool>);

    impl Busy {
        fn new() -> Self {
            let idle = Arc::new(AtomicBool::new(false));
            for _ in 0..2 {
                let idle = Arc::clone(&idle);
                std::thread::spawn(move || {
                    while !idle.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
            }
            Self(idle)
        }
    }

    impl Drop for Busy {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn nobody_waits_for_the_end_of_work_within_a_piece_of_it() {
        let _busy = Busy::new();
        let (end, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let pieces = |i: u64| (0..64 + i % 7).into_par_iter().map(|k| k ^ i).sum::<u64>();
            let sums = on(2, || (0..5_000).map(|i| awake(|| pieces(i) + pieces(i + 1))).max());
            end.send(sums).expect("somebody waits");
        });
        let sums = ended.recv_timeout(Duration::from_mins(2));
        assert!(sums.expect("a deadlock").is_some());
    }

    #[test]
    fn a_door_lets_nobody_in_once_it_is_closed() {
        let door = Door::default();
        assert!(door.enter());
        door.close(1);
        assert!(!door.enter());
        let alone = Door::default();
        alone.close(3);
        assert!(!alone.enter(), "nobody came in time");
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
