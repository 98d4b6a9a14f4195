//! Budgets and selection, from a study to its records: whatever stops a study, it ends with the same bits.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cenote_evidence::{EndedBy, EpochPoint, Record, Store, Torn};
use cenote_experiment::{
    Cell, Ended, Error, Observer, Plan, STUDIES, Stop, Study, Workers, run_all,
};

/// Stops a study after a number of steps.
struct StopAfter {
    steps: AtomicUsize,
    most: usize,
    stop: Stop,
}

impl Observer for StopAfter {
    fn repaired(&self, _: Torn) {}
    fn planned(&self, _: &Plan, _: &[&Cell]) {}
    fn started(&self, _: &Plan, _: &Cell) {}
    fn stepped(&self, _: &Plan, _: &Cell) {
        if self.steps.fetch_add(1, Ordering::Relaxed) + 1 == self.most {
            self.stop.request();
        }
    }
    fn epoch(&self, _: &Plan, _: &Cell, _: &EpochPoint) {}
    fn resumed(&self, _: &Plan, _: &Cell, _: u64) {}
    fn warned(&self, _: &Plan, cell: &Cell, warning: &str) {
        panic!("{}: {warning}", cell.id);
    }
    fn finished(&self, _: &Plan, _: &Cell, _: &Record) {}
}

/// The smoke study with lines of training, and others before it.
fn study(before: &str, training: &str) -> Result<Study, Error> {
    let smoke = STUDIES.iter().find(|study| study.name == "smoke").expect("it comes along");
    let text = smoke.text.replacen("[training]", &format!("{before}\n[training]"), 1);
    let text = text.replacen("[questions]", &format!("{training}\n[questions]"), 1);
    Study::parse("smoke", &text)
}

fn call(plan: &Plan, folder: &Path, jobs: usize, most: usize) -> Result<Ended, Error> {
    let stop_after = StopAfter { steps: AtomicUsize::new(0), most, stop: Stop::default() };
    let workers = Workers { jobs, threads: jobs, save_every: Duration::ZERO };
    run_all(plan, folder, workers, &stop_after.stop, &stop_after)
}

/// The records of a plan that is stopped after every so many steps, without what a clock says.
fn records(plan: &Plan, folder: &Path, jobs: usize, most: usize) -> Vec<Record> {
    loop {
        match call(plan, folder, jobs, most) {
            Err(Error::Interrupted) => {}
            outcome => break assert_eq!(outcome.expect("runs").failed, 0),
        }
    }
    let mut records = Store::read(folder).expect("readable").records;
    records.sort_by(|a, b| (a.seed, &a.arm).cmp(&(b.seed, &b.arm)));
    for record in &mut records {
        let times = &mut record.times;
        assert_eq!(times.epoch_seconds.len(), record.curve.len());
        let reached = record.ending.and_then(|ending| ending.reached);
        assert_eq!(times.target_seconds.is_some(), reached.is_some());
        times.started.clear();
        (times.total_seconds, times.target_seconds) = (0.0, None);
        times.epoch_seconds.clear();
        (record.environment.threads, record.environment.jobs) = (0, 0);
    }
    records
}

#[test]
fn a_study_with_limits_that_is_stopped_anywhere_ends_with_the_same_records() {
    let folder = || tempfile::tempdir().expect("a folder for the test");
    for (training, by) in [
        ("steps = 50", EndedBy::Steps),
        ("validation = 200\ntarget = { accuracy = 0.12 }", EndedBy::Target),
        ("validation = 200\nselect = 'best'\naverage = 0.9", EndedBy::Epochs),
        ("folds = 3\nselect = 'best'\nsteps = 40\ntarget = { accuracy = 1.0 }", EndedBy::Steps),
    ] {
        let plan = Plan::new(study("", training).expect("valid")).expect("fits");
        let (whole, parts) = (folder(), folder());
        let whole = records(&plan, whole.path(), 2, usize::MAX);
        assert_eq!(whole.len(), 4);
        assert!(whole.iter().any(|run| run.ending.expect("it says so").by == by), "{training}");
        assert_eq!(records(&plan, parts.path(), 1, 17), whole, "{training}");
    }
}

#[test]
fn a_clock_ends_runs_and_the_record_keeps_the_steps() {
    let plan = Plan::new(study("", "seconds = 1e-6").expect("valid")).expect("fits");
    let folder = tempfile::tempdir().expect("a folder for the test");
    for record in records(&plan, folder.path(), 1, usize::MAX) {
        let ending = record.ending.expect("it says so");
        assert_eq!((ending.by, ending.steps, record.curve.len()), (EndedBy::Seconds, 1, 1));
    }
}
