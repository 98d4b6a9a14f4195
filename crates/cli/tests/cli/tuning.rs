//! A study that tunes learning rates: what it says before, what it leaves, and that nothing that stops it changes either.
#![cfg(unix)]

use serde_json::Value;

use crate::interruption::under_way;
use crate::program::{Place, says};

/// The smoke study with validation images, and with rates to be tried.
fn place() -> Place {
    let place = Place::new();
    let tuning =
        "[tuning]\nlearning_rate = [0.001, 0.05, 0.2]\nseeds = 2\n\n[training]\nvalidation = 200";
    place.study("mine.toml", &[("[training]", tuning), ("epochs        = 2", "epochs = 1")]);
    place
}

/// The runs of a folder by cell, and what is the same whenever they are made: weights, scores, curve.
fn runs(place: &Place, file: &str) -> Vec<(String, String, String, String)> {
    let lines = place.text(file);
    let lines = lines.lines().filter(|line| line.starts_with("{\"run\""));
    let run = |line: &str| {
        let run = &serde_json::from_str::<Value>(line).expect("JSON")["run"];
        let of = |key: &str| run[key].to_string();
        (of("cell"), of("weights"), of("scores"), of("curve"))
    };
    let mut runs: Vec<_> = lines.map(run).collect();
    runs.sort();
    runs
}

const STUDY: &str = "ablate mine.toml --jobs 1 --save-every 0 --out study";

#[test]
fn a_sweep_that_is_killed_goes_on_and_the_study_after_it_is_the_same() {
    let (whole, killed) = (place(), place());
    let said = whole.cenote("ablate mine.toml --jobs 2 --out study");
    assert_eq!(said.code, Some(0), "{said:?}");
    says(
        &said.err,
        &["study mine tuning: 12 runs", "[12/12]", "max: learning_rate = ", "study mine: 4 runs"],
    );
    for line in ["[3/12]", "[5/12]"] {
        let (mut child, _) = under_way(&killed, STUDY, line);
        child.kill().expect("it runs");
        assert_eq!(child.wait().expect("it ends").code(), None, "it was killed");
        assert!(!killed.path("study/runs.jsonl").exists(), "the study has not begun");
    }
    let said = killed.cenote(STUDY);
    assert_eq!(said.code, Some(0), "{said:?}");
    for file in ["study/tuning/runs.jsonl", "study/runs.jsonl"] {
        assert_eq!(runs(&killed, file), runs(&whole, file), "{file}");
    }
    assert_eq!(runs(&whole, "study/runs.jsonl").len(), 4);
    let plan = whole.json("ablate mine.toml --plan --json --out study", "cenote.plan/1");
    assert_eq!((&plan["reused"], &plan["seconds"]), (&4.into(), &0.0.into()), "all is done");
    let report = killed.text("study/report.md");
    says(
        &report,
        &["## Learning rates", "| arm | chosen | at 0.001 (%) | at 0.05 (%) | at 0.2 (%) |"],
    );
    std::fs::remove_dir_all(killed.path("study/tuning")).expect("it is there");
    std::fs::remove_file(killed.path("study/report.md")).expect("it is there");
    killed.succeeds("report study");
    assert_eq!(killed.text("study/report.md"), report, "rebuilt from the study's records alone");
}

#[test]
fn a_plan_says_how_many_runs_the_sweep_adds_and_nothing_runs() {
    let place = place();
    let plan = place.succeeds("ablate mine.toml --plan");
    says(
        &plan,
        &[
            "tuning: 12 runs before: 2 arms x 3 learning rates (0.001, 0.05, 0.2) x 2 seeds, each 1 epochs of 1,147 images in batches of 32; judged by validation images",
        ],
    );
    let document = place.json("ablate mine.toml --plan --json", "cenote.plan/1");
    assert_eq!(
        (&document["tuning"]["runs"], &document["runs"]),
        (&Value::from(12), &Value::from(4))
    );
    assert!(!place.path("runs").exists(), "nothing was started");
}
