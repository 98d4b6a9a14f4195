//! Running the cells of a plan: several at a time, none twice, each recorded as soon as it is done.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use cenote_evidence::{Analysis, Contents, EpochPoint, Record, Store, Torn};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::team::Team;
use crate::unfinished::Unfinished;
use crate::{Cell, Error, Plan, Stop};

/// How the runs share the machine. No choice changes a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workers {
    /// Runs at a time.
    pub jobs: usize,
    /// Threads of each run.
    pub threads: usize,
    /// How often a run in progress is put on disk, to go on from there.
    pub save_every: Duration,
}

impl Workers {
    /// The most runs or threads that may be asked for.
    pub const LIMIT: usize = 1024;

    /// How often a run is put on disk where nobody says otherwise.
    pub const SAVE_EVERY: Duration = Duration::from_secs(30);

    /// One run per core, each on one thread: small networks gain more from that than from threads.
    pub fn per_core() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { jobs: cores.min(Self::LIMIT), threads: 1, save_every: Self::SAVE_EVERY }
    }

    /// Does `work` on a pool of so many threads, or of one per core.
    ///
    /// # Errors
    /// When so many threads cannot be had, or the work's own.
    pub fn on_threads<R: Send, E: From<Error> + Send>(
        threads: Option<usize>,
        work: impl FnOnce() -> Result<R, E> + Send,
    ) -> Result<R, E> {
        let per_core = Self::per_core();
        let workers = Self { jobs: 1, threads: threads.unwrap_or(per_core.jobs), ..per_core };
        workers.check()?;
        workers.pool()?.install(work)
    }

    pub(crate) fn pool(self) -> Result<ThreadPool, Error> {
        let pool = ThreadPoolBuilder::new().num_threads(self.threads).build();
        let threads = self.threads;
        pool.map_err(|error| Error::Threads(format!("{threads} threads cannot be had: {error}")))
    }

    fn check(self) -> Result<(), Error> {
        for (name, count) in [("jobs", self.jobs), ("threads", self.threads)] {
            if !(1..=Self::LIMIT).contains(&count) {
                let limit = Self::LIMIT;
                return Err(Error::Threads(format!("{name} is {count}; expected 1 to {limit}")));
            }
        }
        Ok(())
    }
}

/// What happens while a study runs. Calls come from several threads.
pub trait Observer: Sync {
    /// The store ended in a line that was cut off; it is removed, and its run is not done.
    fn repaired(&self, torn: Torn);
    /// The runs of these cells are about to start; the plan's others were done before. Where looks are
    /// planned it is at most these: the study stops when everything is decided.
    fn planned(&self, plan: &Plan, pending: &[&Cell]);
    /// A run starts.
    fn started(&self, plan: &Plan, cell: &Cell);
    /// A run did a step of its current epoch.
    fn stepped(&self, plan: &Plan, cell: &Cell);
    /// A run finished an epoch.
    fn epoch(&self, plan: &Plan, cell: &Cell, point: &EpochPoint);
    /// A run that started goes on from where it was, after so many steps.
    fn resumed(&self, plan: &Plan, cell: &Cell, steps: u64);
    /// Something went wrong that a run does without, such as its file in `unfinished`.
    fn warned(&self, plan: &Plan, cell: &Cell, warning: &str);
    /// A run is over and its record is on disk.
    fn finished(&self, plan: &Plan, cell: &Cell, record: &Record);
    /// Another process that works at the study did a run that was to be done here.
    fn elsewhere(&self, _plan: &Plan, _cell: &Cell) {}
    /// The runs of a planned look are over, and this is what they say.
    fn looked(&self, _plan: &Plan, _analysis: &Analysis) {}
}

/// How a call of [`run_all`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Runs that were done before.
    pub reused: usize,
    /// Runs done now, whatever their outcome.
    pub ran: usize,
    /// Runs that failed now.
    pub failed: usize,
    /// Runs that other processes did meanwhile.
    pub elsewhere: usize,
}

impl Plan {
    /// The cells that have no finished record in the store of `folder`, which may not be there yet.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn pending(&self, folder: &Path) -> Result<Vec<&Cell>, Error> {
        let there = folder.join(Store::FILE).exists();
        let contents = if there { Store::read(folder)? } else { Contents::default() };
        Ok(self.cells.iter().filter(|cell| contents.finished(&cell.id).is_none()).collect())
    }
}

/// Runs every cell of the plan that has no finished record in the store of `folder`.
///
/// Records are appended one by one and runs in progress are put on disk now and then, so whatever ends the
/// program loses at most what was done since then; the same call goes on from there, to the same bits.
/// Several processes may call it for one folder and plan: each takes runs that nobody has, and all return when everything is
/// done. A run whose process ends is taken up by another.
/// Where the study plans looks, the runs of one look are over before those of the next start, and only
/// arms that an open comparison needs go on: which these are follows from the records alone, so an
/// interrupted study takes the same way.
///
/// # Errors
/// When the store cannot be opened or written, the threads cannot be had, or `stop` is requested.
pub fn run_all(
    plan: &Plan,
    folder: &Path,
    workers: Workers,
    stop: &Stop,
    observer: &dyn Observer,
) -> Result<Ended, Error> {
    workers.check()?;
    let mut store = Store::open(folder)?;
    if let Some(torn) = store.repaired() {
        observer.repaired(torn);
    }
    let design = plan.design();
    store.set_design(&design)?;
    let mut pending: Vec<&Cell> =
        plan.cells.iter().filter(|cell| store.finished(&cell.id).is_none()).collect();
    let reused = plan.cells.len() - pending.len();
    observer.planned(plan, &pending);

    let jobs = workers.jobs.min(pending.len().max(1));
    let unfinished = Unfinished::of(folder, workers.save_every);
    if store.is_alone()? {
        unfinished.remove_drafts();
    }
    // A program that ended right behind a record left the file of its run.
    plan.cells
        .iter()
        .filter(|cell| store.finished(&cell.id).is_some())
        .for_each(|cell| unfinished.remove(&cell.id));
    let team = Team { plan, workers, jobs, unfinished, store: Mutex::new(store), stop, observer };
    let mut ended = Ended { reused, ran: 0, failed: 0, elsewhere: 0 };
    loop {
        let needed = team.needed(&design)?;
        // What failed in this call is not tried again in it.
        let (batch, later): (Vec<&Cell>, _) =
            pending.into_iter().partition(|cell| cell.seed < needed[cell.arm]);
        if batch.is_empty() {
            return Ok(ended);
        }
        pending = later;
        let done = team.run(batch)?;
        ended.ran += done.ran;
        ended.failed += done.failed;
        ended.elsewhere += done.elsewhere;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use cenote_evidence::Outcome;

    use super::*;
    use crate::Study;
    use crate::named::smoke;

    struct Counts {
        started: AtomicUsize,
        repaired: Mutex<Option<Torn>>,
        stop_after: usize,
        steps: AtomicUsize,
        stop_after_steps: usize,
        resumed: Mutex<Vec<u64>>,
        warnings: Mutex<Vec<String>>,
        stop: Stop,
    }

    impl Counts {
        fn new(stop_after: usize) -> Self {
            Self::of(stop_after, usize::MAX)
        }

        fn of(stop_after: usize, stop_after_steps: usize) -> Self {
            let [started, steps] = [0; 2].map(AtomicUsize::new);
            let (repaired, resumed, warnings) = Default::default();
            let stop = Stop::default();
            Self { started, repaired, stop_after, steps, stop_after_steps, resumed, warnings, stop }
        }
    }

    impl Observer for Counts {
        fn repaired(&self, torn: Torn) {
            *self.repaired.lock().expect("nobody panics") = Some(torn);
        }
        fn planned(&self, _: &Plan, _: &[&Cell]) {}
        fn started(&self, _: &Plan, _: &Cell) {
            self.started.fetch_add(1, Ordering::Relaxed);
        }
        fn stepped(&self, _: &Plan, _: &Cell) {
            if self.steps.fetch_add(1, Ordering::Relaxed) + 1 == self.stop_after_steps {
                self.stop.request();
            }
        }
        fn epoch(&self, _: &Plan, _: &Cell, _: &EpochPoint) {}
        fn resumed(&self, _: &Plan, _: &Cell, steps: u64) {
            self.resumed.lock().expect("nobody panics").push(steps);
        }
        fn warned(&self, _: &Plan, _: &Cell, warning: &str) {
            self.warnings.lock().expect("nobody panics").push(warning.to_owned());
        }
        fn finished(&self, _: &Plan, _: &Cell, _: &Record) {
            if self.started.load(Ordering::Relaxed) >= self.stop_after {
                self.stop.request();
            }
        }
    }

    fn workers(jobs: usize, threads: usize) -> Workers {
        Workers { jobs, threads, save_every: Workers::SAVE_EVERY }
    }

    fn plan() -> Plan {
        Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits")
    }

    fn records(folder: &Path, jobs: usize, threads: usize) -> Vec<Record> {
        let counts = Counts::new(usize::MAX);
        let workers = workers(jobs, threads);
        run_all(&plan(), folder, workers, &counts.stop, &counts).expect("runs");
        let Contents { mut records, .. } = Store::read(folder).expect("readable");
        records.sort_by(|a, b| (a.seed, &a.arm).cmp(&(b.seed, &b.arm)));
        records
    }

    #[test]
    fn neither_jobs_nor_threads_change_a_bit_of_a_result() {
        let folder = || tempfile::tempdir().expect("a folder for the test");
        let (a, b, c) = (folder(), folder(), folder());
        let one = records(a.path(), 1, 1);
        assert_eq!(one.len(), 4);
        assert!(one.iter().all(|record| record.outcome == Outcome::Done));
        for other in [records(b.path(), 1, 2), records(c.path(), 3, 3)] {
            for (x, y) in one.iter().zip(&other) {
                assert_eq!(x.weights, y.weights);
                assert_eq!(x.scores, y.scores);
                assert_eq!(x.costs, y.costs);
                assert_eq!(x.curve, y.curve);
            }
        }
    }

    #[test]
    fn a_study_that_was_stopped_goes_on_where_it_was() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let first = Counts::new(1);
        let workers = workers(1, 1);
        let outcome = run_all(&plan(), folder.path(), workers, &first.stop, &first);
        assert!(matches!(outcome, Err(Error::Interrupted)));
        let kept = Store::read(folder.path()).expect("readable").records.len();
        assert!(kept >= 1, "what was finished is kept");

        let second = Counts::new(usize::MAX);
        let ended = run_all(&plan(), folder.path(), workers, &second.stop, &second).expect("runs");
        assert_eq!(ended, Ended { reused: kept, ran: 4 - kept, failed: 0, elsewhere: 0 });

        let third = Counts::new(usize::MAX);
        let ended = run_all(&plan(), folder.path(), workers, &third.stop, &third).expect("runs");
        assert_eq!(ended, Ended { reused: 4, ran: 0, failed: 0, elsewhere: 0 });
    }

    #[test]
    fn two_that_share_a_study_do_every_run_once_and_end_with_what_one_ends_with() {
        let (alone, shared) = (tempfile::tempdir(), tempfile::tempdir());
        let (alone, shared) = (alone.expect("a folder"), shared.expect("a folder"));
        let one = records(alone.path(), 1, 1);
        let work = || {
            let counts = Counts::new(usize::MAX);
            run_all(&plan(), shared.path(), workers(1, 1), &counts.stop, &counts).expect("runs")
        };
        let ended = std::thread::scope(|scope| {
            let two = [scope.spawn(work), scope.spawn(work)];
            two.map(|worker| worker.join().expect("does not panic"))
        });
        let sum = |of: fn(&Ended) -> usize| ended.iter().map(of).sum::<usize>();
        assert_eq!((sum(|e| e.ran), sum(|e| e.failed)), (4, 0));
        assert!(ended.iter().all(|e| e.reused + e.ran + e.elsewhere == 4), "{ended:?}");
        let text = std::fs::read_to_string(shared.path().join(Store::FILE)).expect("readable");
        assert_eq!(text.matches("{\"run\":").count(), 4, "none twice");
        let mut records = Store::read(shared.path()).expect("readable").records;
        records.sort_by(|a, b| (a.seed, &a.arm).cmp(&(b.seed, &b.arm)));
        for (x, y) in one.iter().zip(&records) {
            assert_eq!((&x.weights, &x.scores, &x.curve), (&y.weights, &y.scores, &y.curve));
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "nobody tells when a line is written")]
    fn a_run_that_another_process_has_is_waited_for_and_taken_up_when_that_ends() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let other = Store::open(folder.path()).expect("writable");
        let reservation =
            other.reserve(&plan().cells[0].id).expect("writable").expect("nobody has it");
        let counts = Counts::new(usize::MAX);
        let ended = std::thread::scope(|scope| {
            let run = || run_all(&plan(), folder.path(), workers(2, 1), &counts.stop, &counts);
            let worker = scope.spawn(run);
            while Store::read(folder.path()).map_or(0, |contents| contents.records.len()) < 3 {
                assert!(!worker.is_finished(), "one run is not done");
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(!worker.is_finished(), "one run is not done");
            drop(reservation);
            worker.join().expect("does not panic").expect("runs")
        });
        assert_eq!(ended, Ended { reused: 0, ran: 4, failed: 0, elsewhere: 0 });
    }

    #[test]
    fn measures_are_in_the_records_and_change_no_bit_of_training() {
        let records = |lines: &str| {
            let text = smoke().text.replacen("[training]", &format!("{lines}\n[training]"), 1);
            let plan = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
            let folder = tempfile::tempdir().expect("a folder for the test");
            let counts = Counts::new(usize::MAX);
            run_all(&plan, folder.path(), workers(1, 1), &counts.stop, &counts).expect("runs");
            Store::read(folder.path()).expect("readable").records
        };
        let kinds = ["noise", "shift_consistency", "receptive_field", "filter_smoothness"];
        let tables = kinds.map(|kind| format!("{{ kind = '{kind}' }}")).join(", ");
        let measured = records(&format!("measures = [{tables}]"));
        for (with, without) in measured.iter().zip(records("")) {
            assert_eq!((&with.weights, &with.scores), (&without.weights, &without.scores));
            assert_eq!((with.measures.len(), without.measures.len()), (4 + 2 + 4 + 2, 0));
            assert!(with.measures["shift_consistency_zero_2"] <= 1.0, "{:?}", with.measures);
        }
    }

    /// At most ten seeds of one epoch, with looks after eight, nine and ten.
    fn plan_with_looks() -> Plan {
        let mut study = Study::parse("smoke", smoke().text).expect("valid");
        study.training.epochs = 1;
        study.until_decided(10).expect("fits");
        assert_eq!(study.looks, [8, 9, 10]);
        Plan::new(study).expect("fits")
    }

    #[test]
    fn a_study_with_looks_stops_when_decided_and_takes_the_same_way_after_interruptions() {
        let folder = || tempfile::tempdir().expect("a folder for the test");
        let (plan, workers) = (plan_with_looks(), workers(1, 1));
        let judged = |folder: &Path| {
            let analysis = Analysis::read(folder).expect("readable");
            assert_eq!((analysis.census.missing, analysis.census.failed), (0, 0));
            let wanted: usize = analysis.arms.iter().map(|arm| arm.wanted).sum();
            assert_eq!(analysis.census.done, wanted, "what is needed and no more");
            let comparison = analysis.comparison("none").expect("compared").clone();
            (comparison.judgement, comparison.pairs, comparison.crossed, analysis.looks)
        };
        let (whole, pieces) = (folder(), folder());
        let counts = Counts::new(usize::MAX);
        let ended = run_all(&plan, whole.path(), workers, &counts.stop, &counts).expect("runs");
        let expected = judged(whole.path());
        assert_eq!(ended.ran, 2 * expected.1.len());
        assert!(expected.2.is_some(), "every run marks its images");
        assert!(expected.0.is_decided() || expected.3[2].taken, "{:?}", expected.0);

        let interrupted = (0..20).find(|_| {
            let counts = Counts::new(3);
            let outcome = run_all(&plan, pieces.path(), workers, &counts.stop, &counts);
            assert!(matches!(outcome, Ok(_) | Err(Error::Interrupted)), "{outcome:?}");
            outcome.is_ok()
        });
        assert!(
            interrupted.is_some_and(|times| times >= 4),
            "three runs at a time: {interrupted:?}"
        );
        assert_eq!(judged(pieces.path()), expected);
    }

    #[test]
    fn a_run_that_was_stopped_at_any_step_ends_with_the_same_record() {
        let [whole, parts] = [0; 2].map(|_| tempfile::tempdir().expect("a folder for the test"));
        let whole = records(whole.path(), 1, 1);
        let mut calls = 0;
        loop {
            calls += 1;
            // A number of steps that shares no factor with those of an epoch: every part of it has its turn.
            let counts = Counts::of(usize::MAX, 17);
            match run_all(&plan(), parts.path(), workers(1, 1), &counts.stop, &counts) {
                Err(Error::Interrupted) => {}
                outcome => break assert_eq!(outcome.expect("runs").failed, 0),
            }
        }
        // 4 runs of 2 epochs of 43 steps.
        assert_eq!(calls, (4 * 2 * 43_usize).div_ceil(17));
        assert!(!parts.path().join("unfinished").exists(), "nothing is left behind");
        let mut parts = Store::read(parts.path()).expect("readable").records;
        parts.sort_by(|a, b| (a.seed, &a.arm).cmp(&(b.seed, &b.arm)));
        for (mut x, y) in parts.into_iter().zip(whole) {
            assert!(x.times.total_seconds > 0.0 && x.times.epoch_seconds.len() == 2);
            x.times = y.times.clone();
            assert_eq!(x, y);
        }
    }

    #[test]
    fn a_damaged_run_in_progress_is_told_and_starts_again() {
        let [whole, folder] = [0; 2].map(|_| tempfile::tempdir().expect("a folder for the test"));
        let whole = records(whole.path(), 1, 1);
        let counts = Counts::of(usize::MAX, 5);
        let outcome = run_all(&plan(), folder.path(), workers(1, 1), &counts.stop, &counts);
        assert!(matches!(outcome, Err(Error::Interrupted)));
        let unfinished = folder.path().join("unfinished");
        let file = std::fs::read_dir(&unfinished).expect("one run is in progress").next();
        let file = file.expect("its file").expect("readable").path();
        std::fs::write(&file, "CENOTE").expect("writable");
        std::fs::write(unfinished.join("note.txt"), "somebody's").expect("writable");
        let counts = Counts::new(usize::MAX);
        let ended = run_all(&plan(), folder.path(), workers(1, 1), &counts.stop, &counts);
        assert_eq!(ended.expect("all run"), Ended { reused: 0, ran: 4, failed: 0, elsewhere: 0 });
        let warnings = counts.warnings.into_inner().expect("nobody panics");
        let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
        let words = format!("the run starts again: checkpoint {}: ", file.display());
        assert!(warning.starts_with(&words), "{warning}");
        let left = std::fs::read_dir(&unfinished).expect("not empty").count();
        assert_eq!(left, 1, "what is not ours stays");
        let mut again = Store::read(folder.path()).expect("readable").records;
        again.sort_by(|a, b| (a.seed, &a.arm).cmp(&(b.seed, &b.arm)));
        assert!(again.iter().zip(&whole).all(|(x, y)| x.weights == y.weights));
    }

    #[test]
    fn a_run_of_one_step_an_epoch_is_kept_and_told_where_it_goes_on() {
        let mut study = Study::parse("smoke", smoke().text).expect("valid");
        (study.training.batch_size, study.training.epochs) = (2_000, 4);
        study.with_seeds(1);
        let plan = Plan::new(study).expect("fits");
        let [whole, parts] = [0; 2].map(|_| tempfile::tempdir().expect("a folder for the test"));
        let always = Workers { save_every: Duration::ZERO, ..workers(1, 1) };
        let counts = Counts::new(usize::MAX);
        run_all(&plan, whole.path(), always, &counts.stop, &counts).expect("runs");
        let counts = Counts::of(usize::MAX, 3);
        let stopped = run_all(&plan, parts.path(), always, &counts.stop, &counts);
        assert!(matches!(stopped, Err(Error::Interrupted)));
        let counts = Counts::new(usize::MAX);
        run_all(&plan, parts.path(), always, &counts.stop, &counts).expect("goes on");
        assert_eq!(counts.resumed.into_inner().expect("nobody panics"), [3]);
        assert_eq!(counts.steps.into_inner(), 4 + 4 - 3, "nothing is trained twice");
        let weights = |folder: &Path| -> Vec<String> {
            let records = Store::read(folder).expect("readable").records;
            records.into_iter().map(|record| record.weights).collect()
        };
        assert_eq!(weights(parts.path()), weights(whole.path()));
    }

    #[test]
    fn a_record_that_was_cut_off_is_told_and_run_again() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        records(folder.path(), 1, 1);
        let file = folder.path().join(Store::FILE);
        let whole = std::fs::read(&file).expect("written");
        std::fs::write(&file, &whole[..whole.len() - 9]).expect("writable");

        let counts = Counts::new(usize::MAX);
        let workers = workers(1, 1);
        let ended = run_all(&plan(), folder.path(), workers, &counts.stop, &counts).expect("runs");
        assert_eq!(ended, Ended { reused: 3, ran: 1, failed: 0, elsewhere: 0 });
        let torn = counts.repaired.into_inner().expect("nobody panics").expect("it was told");
        assert_eq!(torn.line, 5, "one line of design, four of runs");
    }

    #[test]
    fn no_jobs_at_all_are_refused() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let counts = Counts::new(1);
        let workers = workers(0, 1);
        let error = run_all(&plan(), folder.path(), workers, &counts.stop, &counts);
        assert_eq!(
            error.expect_err("nobody would work").to_string(),
            "jobs is 0; expected 1 to 1024"
        );
    }
}
