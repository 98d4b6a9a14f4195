//! How long the runs of a study take on this machine: measured by a few steps of each arm before it starts, so that its time can
//! be foretold and its threads chosen. No result depends on it.

use std::cmp::Reverse;
use std::path::Path;
use std::time::{Duration, Instant};

use cenote_datasets::Split;
use cenote_evidence::median;
use cenote_tensor::Seed;

use crate::{Arm, Cell, Error, Fit, Part, Plan, Stop, Workers};

/// How long the steps of an arm are watched, at least two of them.
const WATCHED: Duration = Duration::from_millis(200);
/// Multiply-adds of a forward pass of a batch below which one thread for each run is best without looking.
const SMALL: u64 = 250_000_000;
/// What more threads must gain to be worth it.
const WORTH: f64 = 0.95;

/// How long runs take.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// How they share the machine.
    pub workers: Workers,
    /// Seconds of a run of each arm, in the order of the arms, judging it included.
    pub run_seconds: Vec<f64>,
}

impl Pace {
    /// Measures how long a run of every arm takes when so many share the machine.
    ///
    /// # Errors
    /// When an image cannot be read, the threads cannot be had, or `stop` is requested.
    pub fn of(plan: &Plan, workers: Workers, stop: &Stop) -> Result<Self, Error> {
        let of_arm = |arm: usize| {
            if stop.requested() {
                return Err(Error::Interrupted);
            }
            let recipe = &plan.arms[arm].recipe;
            let step = step_seconds(plan, arm, workers)?;
            let trained = plan.steps(arm) as f64 * step;
            let trained = recipe.limits.seconds.map_or(trained, |most| trained.min(most));
            // Judging is the forward third of a step.
            let judged = |split: &Split| split.len() as f64 / recipe.batch_size as f64 / 3.0 * step;
            let epoch = step * plan.steps_per_epoch(arm) as f64;
            let epochs = if epoch > 0.0 { (trained / epoch).ceil().max(1.0) } else { 1.0 };
            let passes = if recipe.limits.watches() { epochs } else { 1.0 };
            let validated = plan.data.validation.as_ref().map_or(0.0, judged) * passes;
            let tested = match plan.study.training.judged_by {
                Part::Test => judged(&plan.data.test),
                Part::Validation => 0.0,
            };
            Ok(trained + validated + tested)
        };
        let run_seconds = (0..plan.arms.len()).map(of_arm).collect::<Result<_, Error>>()?;
        Ok(Self { workers, run_seconds })
    }

    /// Seconds until the last of these runs is over.
    pub fn seconds(&self, cells: &[&Cell]) -> f64 {
        // Whoever is free takes the longest that is left: no later than the true order within one run.
        let mut runs: Vec<f64> = cells.iter().map(|cell| self.run_seconds[cell.arm]).collect();
        runs.sort_by_key(|seconds| Reverse(seconds.to_bits()));
        let mut busy = vec![0.0_f64; self.workers.jobs.clamp(1, cells.len().max(1))];
        for seconds in runs {
            let first = (0..busy.len()).min_by(|&a, &b| busy[a].total_cmp(&busy[b]));
            busy[first.expect("somebody works")] += seconds;
        }
        busy.into_iter().fold(0.0, f64::max)
    }

    /// Seconds of these runs, times the threads of each.
    pub fn core_seconds(&self, cells: &[&Cell]) -> f64 {
        let seconds: f64 = cells.iter().map(|cell| self.run_seconds[cell.arm]).sum();
        seconds * self.workers.threads as f64
    }
}

impl Workers {
    /// As many runs at a time and threads for each as make the runs that `folder` does not have yet end first, at most `most.jobs`
    /// at a time; by measurement where networks are not small, and in doubt the fewest threads. `tries` hears what is measured.
    ///
    /// # Errors
    /// As [`Pace::of`], and when the records in `folder` cannot be read.
    pub fn measured(
        plan: &Plan,
        folder: &Path,
        most: Self,
        stop: &Stop,
        tries: impl Fn(Self),
    ) -> Result<Self, Error> {
        let cores = Self::per_core().jobs;
        let one_each = Self { threads: 1, ..most };
        let work = |arm: &Arm| arm.model.cost().macs.saturating_mul(arm.recipe.batch_size as u64);
        let largest = plan.arms.iter().map(work).max().unwrap_or(0);
        let pending = plan.pending(folder)?;
        if pending.is_empty() || cores == 1 || largest < SMALL {
            return Ok(one_each);
        }
        let shares = |jobs: usize| Self { jobs, threads: cores / jobs, ..most };
        let fewer = std::iter::successors(Some(cores), |jobs| (*jobs > 1).then_some(jobs / 2));
        let mut best: Option<(Self, f64)> = None;
        for workers in fewer.filter(|&jobs| jobs <= most.jobs).map(shares) {
            tries(workers);
            let seconds = Pace::of(plan, workers, stop)?.seconds(&pending);
            if best.is_none_or(|(_, least)| seconds < WORTH * least) {
                best = Some((workers, seconds));
            }
        }
        Ok(best.map_or(one_each, |(workers, _)| workers))
    }
}

/// Seconds of a training step of an arm while as many networks of it are trained as there are workers.
fn step_seconds(plan: &Plan, arm: usize, workers: Workers) -> Result<f64, Error> {
    let watch = || -> Result<f64, Error> {
        let pool = workers.pool()?;
        pool.install(|| {
            let data = plan.data_of(arm, plan.study.seeds.first)?;
            let arm = &plan.arms[arm];
            let mut fit = Fit::start(&arm.model, &data, &arm.recipe, Seed(0));
            let enough = Stop::default();
            let (begun, mut seconds) = (Instant::now(), Vec::new());
            let mut last = begun;
            let outcome = fit.epoch(&enough, |_, _| {
                let now = Instant::now();
                seconds.push((now - last).as_secs_f64());
                last = now;
                if seconds.len() > 1 && begun.elapsed() >= WATCHED {
                    enough.request();
                }
            });
            match outcome {
                Err(error @ Error::Data(_)) => Err(error),
                // Whatever ended it, the steps were taken; the first one warms up.
                _ => {
                    Ok(median(seconds.get(1..).filter(|rest| !rest.is_empty()).unwrap_or(&seconds))
                        .unwrap_or(0.0))
                }
            }
        })
    };
    let seconds = std::thread::scope(|scope| {
        let all: Vec<_> = (0..workers.jobs).map(|_| scope.spawn(watch)).collect();
        // A network that panics says so when it runs.
        let ends = all.into_iter().map(|one| one.join().unwrap_or(Ok(0.0)));
        ends.collect::<Result<Vec<f64>, Error>>()
    })?;
    Ok(seconds.iter().sum::<f64>() / seconds.len() as f64)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::Study;
    use crate::named::smoke;

    fn plan() -> Plan {
        Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits")
    }

    #[test]
    fn runs_are_dealt_to_whoever_is_free() {
        let plan = plan();
        let workers = Workers { jobs: 2, threads: 3, ..Workers::per_core() };
        let pace = Pace { workers, run_seconds: vec![2.0, 3.0] };
        let cells: Vec<&Cell> = plan.cells.iter().collect();
        // Two runs of each arm: 3 + 2 beside 3 + 2.
        assert_eq!((pace.seconds(&cells), pace.core_seconds(&cells)), (5.0, 30.0));
        assert_eq!((pace.seconds(&cells[..3]), pace.seconds(&[])), (4.0, 0.0), "2 + 2 beside 3");
    }

    #[test]
    fn a_run_of_a_network_takes_time() {
        let workers = Workers { jobs: 2, threads: 1, ..Workers::per_core() };
        let pace = Pace::of(&plan(), workers, &Stop::default()).expect("trains");
        assert_eq!(pace.run_seconds.len(), 2);
        assert!(pace.run_seconds.iter().all(|seconds| (1e-4..600.0).contains(seconds)), "{pace:?}");
        let stop = Stop::default();
        stop.request();
        assert!(matches!(Pace::of(&plan(), workers, &stop), Err(Error::Interrupted)));
    }

    #[test]
    fn small_networks_have_a_thread_each_and_done_studies_are_not_measured() {
        let (plan, folder) = (plan(), tempfile::tempdir().expect("a folder for the test"));
        let most = Workers { jobs: 3, threads: 1, ..Workers::per_core() };
        let none = |workers| panic!("{workers:?} is measured");
        let chosen = Workers::measured(&plan, folder.path(), most, &Stop::default(), none);
        assert_eq!(chosen.expect("nothing to measure"), most);
        assert_eq!(plan.pending(folder.path()).expect("no records").len(), 4);
    }

    #[test]
    fn threads_of_larger_networks_are_measured_and_who_waits_hears_of_it() {
        let text = smoke().text.replacen("= 32", "= 400", 1);
        let text = text.replacen("out_channels = 8", "out_channels = 96", 1);
        let plan = Plan::new(Study::parse("large", &text).expect("valid")).expect("fits");
        let folder = tempfile::tempdir().expect("a folder for the test");
        let (most, tried) = (Workers::per_core(), RefCell::new(Vec::new()));
        let tries = |workers| tried.borrow_mut().push(workers);
        let chosen = Workers::measured(&plan, folder.path(), most, &Stop::default(), tries);
        let (chosen, tried) = (chosen.expect("trains"), tried.into_inner());
        if most.jobs > 1 {
            assert!(tried.len() > 1 && tried.contains(&chosen), "{chosen:?} {tried:?}");
        } else {
            assert!(tried.is_empty());
        }
    }
}
