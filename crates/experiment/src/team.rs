//! Those who run the cells of a plan: threads of this process, beside others that work at the same study.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use cenote_evidence::{Analysis, Design, Reservation, Store};

use crate::environment::describe;
use crate::run::{Seen, run};
use crate::unfinished::Unfinished;
use crate::{Cell, Error, Observer, Plan, Stop, Workers};

/// How long one waits for a run that another process has before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Those who run the cells, and what they share.
pub(crate) struct Team<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) workers: Workers,
    pub(crate) jobs: usize,
    pub(crate) unfinished: Unfinished,
    pub(crate) store: Mutex<Store>,
    pub(crate) stop: &'a Stop,
    pub(crate) observer: &'a dyn Observer,
}

impl Team<'_> {
    /// For every arm of the plan, the seed before which its runs are needed now.
    pub(crate) fn needed(&self, design: &Design) -> Result<Vec<u64>, Error> {
        let Self { plan, observer, .. } = *self;
        let first = plan.study.seeds.first;
        if design.looks.is_empty() {
            return Ok(vec![first + plan.study.seeds.count; plan.arms.len()]);
        }
        let mut store = self.store.lock().expect("no writer panics");
        store.refresh()?;
        let analysis = Analysis::of(design, store.records())?;
        if analysis.looks.iter().any(|look| look.taken) {
            observer.looked(plan, &analysis);
        }
        Ok(analysis.arms.iter().map(|arm| first + arm.wanted as u64).collect())
    }

    /// The next cell that nobody has, and its reservation; waits while others have all that are left.
    #[expect(
        clippy::disallowed_methods,
        reason = "no system tells when a lock of a file is let go"
    )]
    fn next<'c>(
        &self,
        waiting: &Mutex<VecDeque<&'c Cell>>,
        elsewhere: &impl Fn(&Cell),
    ) -> Result<Option<(&'c Cell, Reservation)>, Error> {
        loop {
            let mut cells = waiting.lock().expect("taking the next does not panic");
            let mut store = self.store.lock().expect("no writer panics");
            let mut place = 0;
            while place < cells.len() && !self.stop.requested() {
                let cell = cells[place];
                let reservation = store.reserve(&cell.id)?;
                // Whoever had it may have recorded it just before.
                store.refresh()?;
                if store.is_fresh(&cell.id) {
                    cells.remove(place);
                    elsewhere(cell);
                } else if let Some(reservation) = reservation {
                    cells.remove(place);
                    return Ok(Some((cell, reservation)));
                } else {
                    place += 1;
                }
            }
            if cells.is_empty() || self.stop.requested() {
                return Ok(None);
            }
            drop((store, cells));
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Runs cells, each recorded as soon as it is done; returns how many ran, failed, and were done elsewhere.
    pub(crate) fn run(&self, cells: Vec<&Cell>) -> Result<Counts, Error> {
        let Self { plan, workers, jobs, stop, observer, .. } = *self;
        let environment = describe(workers.threads, jobs);
        let waiting = Mutex::new(VecDeque::from(cells));
        let counts = Mutex::new(Counts::default());
        let elsewhere = |cell: &Cell| {
            counts.lock().expect("counting does not panic").elsewhere += 1;
            observer.elsewhere(plan, cell);
        };
        let work = || -> Result<(), Error> {
            let pool = workers.pool()?;
            while let Some((cell, reservation)) = self.next(&waiting, &elsewhere)? {
                observer.started(plan, cell);
                let show = |seen: Seen<'_>| match seen {
                    Seen::Step => observer.stepped(plan, cell),
                    Seen::Epoch(point) => observer.epoch(plan, cell, point),
                    Seen::Resumed(steps) => observer.resumed(plan, cell, steps),
                    Seen::Warning(words) => observer.warned(plan, cell, &words),
                };
                let record =
                    pool.install(|| run(plan, cell, &environment, &self.unfinished, stop, show))?;
                self.store.lock().expect("no writer panics").append(&record)?;
                self.unfinished.remove(&cell.id);
                reservation.done();
                let mut counts = counts.lock().expect("counting does not panic");
                counts.ran += 1;
                counts.failed += usize::from(!record.outcome.is_final());
                drop(counts);
                observer.finished(plan, cell, &record);
            }
            Ok(())
        };
        // Whoever meets an error stops the others at their next step.
        let guarded = || work().inspect_err(|_| stop.request());
        let outcomes: Vec<Result<(), Error>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(guarded)).collect();
            let ends = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
            ends.map(|end| end.expect("a run's panic is caught in the run")).collect()
        });
        // An error is the reason for an interruption, so it is the one to report.
        let mut errors: Vec<Error> = outcomes.into_iter().filter_map(Result::err).collect();
        errors.sort_by_key(|error| matches!(error, Error::Interrupted));
        match errors.into_iter().next() {
            Some(error) => Err(error),
            None if stop.requested() => Err(Error::Interrupted),
            None => Ok(counts.into_inner().expect("counting does not panic")),
        }
    }
}

/// What became of cells.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) ran: usize,
    pub(crate) failed: usize,
    pub(crate) elsewhere: usize,
}
