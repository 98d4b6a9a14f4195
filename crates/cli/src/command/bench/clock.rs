//! How a workload is timed: the rules of `benches/peers`, so that all are measured alike.

use std::hint::black_box;
use std::time::Instant;

use cenote_tensor::metered;

use super::process;

/// The most runs of a workload.
const MOST_RUNS: usize = 400;

/// The fewest runs that a median is taken of, unless a single one takes longer than [`SLOW`] budgets.
const FEWEST_RUNS: usize = 3;
/// Budgets after which one run is enough: its noise is small beside its length.
const SLOW: f64 = 3.0;

/// When a measurement may stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rules {
    /// It stops when this is spent, [`FEWEST_RUNS`] done; half of it is the most that goes to warming up.
    pub(super) budget_seconds: f64,
    /// Else it takes at least so many runs
    pub(super) min_runs: usize,
    /// and at least so long.
    pub(super) min_seconds: f64,
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Timed {
    /// Milliseconds of every run, in ascending order.
    pub(super) milliseconds: Vec<f64>,
    /// Minor page faults of the process in a run after all these, where the system tells; in this
    /// and the next, preparation is included.
    pub(super) minor_faults: Option<u64>,
    /// Blocks of memory that were asked of the allocator in that run.
    pub(super) allocations: u64,
    /// Tensor buffers that had to be allocated in a run after all these.
    pub(super) fresh_buffers: usize,
}

impl Rules {
    /// Times `run(prepare())`, of which `prepare` is not timed, after a few runs to warm up.
    ///
    /// What a run returns is dropped after its time was taken.
    pub(super) fn time<S, R>(
        self,
        warm_up: usize,
        mut prepare: impl FnMut() -> S,
        mut run: impl FnMut(S) -> R,
    ) -> Timed {
        self.repeat(warm_up, || {
            let prepared = prepare();
            let start = Instant::now();
            let result = black_box(run(prepared));
            let seconds = start.elapsed().as_secs_f64();
            drop(result);
            seconds
        })
    }

    /// As [`Rules::time`], for what takes its own time and returns its seconds.
    pub(super) fn repeat(self, warm_up: usize, mut run: impl FnMut() -> f64) -> Timed {
        let start = Instant::now();
        for _ in 0..warm_up {
            run();
            if start.elapsed().as_secs_f64() > self.budget_seconds / 2.0 {
                break;
            }
        }
        let mut milliseconds = Vec::with_capacity(MOST_RUNS);
        let start = Instant::now();
        while !self.enough(milliseconds.len(), start.elapsed().as_secs_f64()) {
            milliseconds.push(run() * 1e3);
        }
        milliseconds.sort_by(f64::total_cmp);
        // One more, untimed, for what a run costs that has long been repeated.
        let (faults_before, allocations_before) = (process::minor_faults(), process::allocations());
        let (_, usage) = metered(run);
        let allocations = process::allocations() - allocations_before;
        let faults = process::minor_faults().zip(faults_before);
        let minor_faults = faults.map(|(after, before)| after - before);
        Timed { milliseconds, minor_faults, allocations, fresh_buffers: usage.fresh_buffers }
    }

    fn enough(self, runs: usize, seconds: f64) -> bool {
        (runs >= self.min_runs.max(1) && seconds >= self.min_seconds)
            || runs >= MOST_RUNS
            || (seconds > self.budget_seconds && runs >= FEWEST_RUNS)
            || (seconds > SLOW * self.budget_seconds && runs > 0)
    }
}

impl Timed {
    /// The middle time, or the mean of the two in the middle.
    pub(super) fn median(&self) -> f64 {
        let [low, high] = [(self.milliseconds.len() - 1) / 2, self.milliseconds.len() / 2];
        f64::midpoint(self.milliseconds[low], self.milliseconds[high])
    }

    /// The shortest time.
    pub(super) fn min(&self) -> f64 {
        self.milliseconds[0]
    }

    /// The longest time.
    pub(super) fn max(&self) -> f64 {
        self.milliseconds[self.milliseconds.len() - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { budget_seconds: 9.0, min_runs: 10, min_seconds: 2.0 };

    #[test]
    fn a_measurement_ends_by_the_rules_of_the_peers() {
        for (runs, seconds, enough) in [
            (9, 2.5, false),
            (10, 1.9, false),
            (10, 2.0, true),
            (400, 0.1, true),
            (399, 0.1, false),
            (2, 26.9, false),
            (1, 27.1, true),
            (0, 27.1, false),
            (3, 9.1, true),
            (3, 9.0, false),
        ] {
            assert_eq!(RULES.enough(runs, seconds), enough, "{runs} runs in {seconds} s");
        }
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let timed = |milliseconds: &[f64]| Timed {
            milliseconds: milliseconds.to_vec(),
            minor_faults: None,
            allocations: 0,
            fresh_buffers: 0,
        };
        assert!((timed(&[1.0, 2.0, 9.0]).median() - 2.0).abs() < 1e-12);
        assert!((timed(&[1.0, 2.0, 4.0, 9.0]).median() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn only_what_is_repeated_is_counted() {
        let rules = Rules { budget_seconds: 9.0, min_runs: 5, min_seconds: 0.0 };
        let mut calls = 0;
        let timed = rules.time(
            3,
            || (),
            |()| {
                calls += 1;
                // The longest of all in the last call: no buffer of an earlier one can hold it.
                cenote_tensor::Tensor::zeros([1 << (calls + 3)])
            },
        );
        assert_eq!((timed.milliseconds.len(), timed.fresh_buffers, calls), (5, 1, 3 + 5 + 1));
        let timed = rules.time(1, || (), |()| cenote_tensor::Tensor::zeros([99]));
        assert_eq!(timed.fresh_buffers, 0);
    }
}
