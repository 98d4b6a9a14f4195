//! Budgets, selection and tuning, from a study to its records: whatever stops a study, it ends with the same bits.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cenote_evidence::{EndedBy, EpochPoint, Record, Store, Torn, TunedArm};
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
        record.joules = None;
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

const TUNING: &str = "[tuning]\nlearning_rate = [0.3, 0.003, 0.05]\nseeds = 2\nepochs = 1\n";

/// What a sweep that is stopped after every so many steps chooses.
fn tuned(study: &Study, jobs: usize, most: usize) -> (Study, Vec<TunedArm>, Vec<Record>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let sweep = Plan::new(study.sweep().expect("it tunes")).expect("fits");
    let records = records(&sweep, folder.path(), jobs, most);
    let (study, note) = study.tuned(&sweep, &records).expect("every run is done");
    assert_eq!(note.seeds, [1_000_000_000, 1_000_000_001]);
    assert_eq!(note.budget, "1 epochs of 1,147 images in batches of 32");
    (study, note.arms, records)
}

#[test]
fn every_arm_is_trained_with_the_rate_that_validation_images_find_best() {
    let study = study(TUNING, "validation = 200").expect("valid");
    let (whole, arms, records) = tuned(&study, 2, usize::MAX);
    assert_eq!(tuned(&study, 1, 50), (whole.clone(), arms.clone(), records.clone()));
    assert_eq!(records.len(), 2 * 3 * 2);
    for record in &records {
        let judged = record.scores.keys().filter(|name| *name != "train_accuracy");
        let judged: Vec<&String> = judged.collect();
        assert!(judged.iter().all(|name| name.starts_with("validation_")), "{judged:?}");
        assert_eq!(record.marks.as_ref().expect("each image is marked").len(), 200);
    }
    for (arm, setup) in arms.iter().zip(whole.arms.iter()) {
        let scores: Vec<(f64, f64)> = arm
            .tried
            .iter()
            .map(|tried| {
                let name = format!("{}@{}", arm.arm, tried.learning_rate);
                let runs = records.iter().filter(|record| record.arm == name);
                let scores = runs.map(|run| run.scores["validation_accuracy"]).collect::<Vec<_>>();
                assert_eq!(tried.validation, Some(f64::midpoint(scores[0], scores[1])));
                (tried.learning_rate, scores[0] + scores[1])
            })
            .collect();
        assert_eq!(scores.iter().map(|score| score.0).collect::<Vec<_>>(), [0.003, 0.05, 0.3]);
        let best = scores.iter().map(|score| score.1).fold(0.0, f64::max);
        let first = scores.iter().find(|score| score.1 >= best).expect("one of them");
        assert_eq!(Some(arm.learning_rate), Some(first.0));
        assert_eq!(setup.1.training["learning_rate"].as_float(), Some(first.0));
    }
    let plan = Plan::new(whole).expect("fits");
    let rates: Vec<f64> = plan.arms.iter().map(|arm| arm.recipe.learning_rate).collect();
    assert_eq!(rates, arms.iter().map(|arm| arm.learning_rate).collect::<Vec<_>>());
    assert!(plan.design().arms[0].about.contains("trained with learning_rate = "));
}

#[test]
fn an_arm_that_diverges_with_a_rate_is_not_trained_with_it() {
    let rates = |list: &str| {
        let lines = format!("[tuning]\nlearning_rate = {list}\nepochs = 1\n");
        let study = study(&lines, "validation = 200").expect("valid");
        let sweep = Plan::new(study.sweep().expect("it tunes")).expect("fits");
        let folder = tempfile::tempdir().expect("a folder for the test");
        let records = records_of_any_outcome(&sweep, folder.path());
        study.tuned(&sweep, &records)
    };
    let (_, note) = rates("[1e30, 0.05]").expect("one rate trains");
    assert!(
        note.arms.iter().all(|arm| arm.place() == Some(0) && arm.tried[1].validation.is_none())
    );
    assert_eq!(
        rates("[1e30, 1e31]").expect_err("none trains").to_string(),
        "tuning: arm `max` diverged with every learning rate; expected a smaller one than 1000000000000000000000000000000 in tuning.learning_rate"
    );
    let study = study(TUNING, "validation = 200").expect("valid");
    let sweep = Plan::new(study.sweep().expect("it tunes")).expect("fits");
    assert_eq!(
        study.tuned(&sweep, &[]).expect_err("nothing ran").to_string(),
        "tuning: the run of max@0.003 with seed 1000000000 is not there"
    );
}

fn records_of_any_outcome(plan: &Plan, folder: &Path) -> Vec<Record> {
    call(plan, folder, 1, usize::MAX).expect("runs");
    Store::read(folder).expect("readable").records
}

#[test]
fn runs_that_are_judged_by_folds_say_of_no_image_what_another_fold_could_be_compared_with() {
    for (held_out, marked) in [("validation = 90", true), ("folds = 3", false)] {
        let training = format!("judged_by = 'validation'\n{held_out}");
        let plan = Plan::new(study("", &training).expect("valid")).expect("fits");
        let folder = tempfile::tempdir().expect("a folder for the test");
        for record in records(&plan, folder.path(), 2, usize::MAX) {
            let said = [record.marks.is_some(), record.taken.is_some()];
            assert_eq!(said, [marked; 2], "{held_out}");
            assert!(record.scores.contains_key("validation_accuracy"), "{:?}", record.scores);
            assert!(!record.scores.contains_key("accuracy"), "{:?}", record.scores);
        }
    }
}

#[test]
fn a_tuning_that_cannot_be_is_refused() {
    let refusal = |tuning: &str, training: &str| {
        study(&format!("[tuning]\n{tuning}\n"), training).expect_err(tuning).to_string()
    };
    let two = "learning_rate = [0.1, 0.2]";
    assert_eq!(
        refusal(two, ""),
        "study smoke: tuning is given; expected training.validation or training.folds beside it, since rates are chosen by images held out of the training part"
    );
    for rates in ["[0.1]", "[0.1, 0.1]", "[0.1, -0.1]", "[0.1, inf]"] {
        let message = refusal(&format!("learning_rate = {rates}"), "validation = 9");
        assert_eq!(
            message,
            format!(
                "study smoke: tuning.learning_rate is {rates}; expected 2 to 100 different finite numbers above 0"
            )
        );
    }
    assert_eq!(
        refusal(&format!("{two}\nseeds = 0"), "validation = 9"),
        "study smoke: tuning.seeds is 0; expected a whole number from 1 to 100"
    );
    let mut late = study(TUNING, "validation = 9").expect("valid");
    late.seeds.first = 999_999_999;
    assert_eq!(
        late.check().expect_err("seeds meet").to_string(),
        "study smoke: seeds.first is 999999999; expected seeds below 1000000000, from where rates are tried"
    );
    let smoke = STUDIES.iter().find(|study| study.name == "smoke").expect("it comes along").text;
    let own = smoke.replacen("none = { ", "none = { training = { learning_rate = 0.2 }, ", 1);
    let own = own.replacen("[training]", &format!("{TUNING}\n[training]\nvalidation = 9"), 1);
    assert_eq!(
        Study::parse("smoke", &own).expect_err("it would be replaced").to_string(),
        "study smoke: arms.none.training.learning_rate is 0.2; expected none beside tuning, which chooses it"
    );
    assert_eq!(
        study("pictures = 2", "judged_by = 'validation'\nvalidation = 9")
            .expect_err("by test images")
            .to_string(),
        "study smoke: pictures is given; expected none beside training.judged_by = \"validation\", since it looks at test images"
    );
}
