//! Whatever ends the program, finished runs are kept.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::program::{Place, program, says};

const STUDY: &str = "ablate smoke --epochs 1 --seeds 30 --jobs 1 --out study";

/// Starts the program and waits for this line; returns what is still to be read.
pub(crate) fn under_way(place: &Place, words: &str, line: &str) -> (Child, BufReader<ChildStderr>) {
    let mut command = Command::new(program());
    command.args(words.split_whitespace()).current_dir(place.path(""));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut seen = String::new();
    while !seen.starts_with(line) {
        seen.clear();
        assert_ne!(said.read_line(&mut seen).expect("readable"), 0, "it ended before `{line}`");
    }
    (child, said)
}

/// Presses Ctrl-C once; returns the exit code and what was said from then on.
fn interrupt(child: (Child, BufReader<ChildStderr>)) -> (Option<i32>, String) {
    send("-INT", child)
}

/// Sends a signal; returns the exit code and what was said from then on.
fn send(
    signal: &str,
    (mut child, mut said): (Child, BufReader<ChildStderr>),
) -> (Option<i32>, String) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.expect("kill starts").success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).expect("readable");
    (child.wait().expect("it ends").code(), rest)
}

/// Lines of finished runs.
fn runs(place: &Place) -> Vec<String> {
    let text = place.text("study/runs.jsonl");
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.filter(|line| line.starts_with("{\"run\"")).map(str::to_owned).collect()
}

/// Runs the study to its end and checks that what was finished before is untouched.
fn goes_on(place: &Place, kept: &[String]) {
    assert!((1..60).contains(&kept.len()), "{} runs were finished", kept.len());
    let said = place.cenote(STUDY);
    assert_eq!(said.code, Some(0), "{said:?}");
    says(&said.err, &[&format!("{} of them done before", kept.len()), "[60/60]"]);
    let after = runs(place);
    assert_eq!((after.len(), &after[..kept.len()]), (60, kept));
    assert!(after.iter().all(|line| line.contains("\"done\"")));
}

#[test]
fn a_study_that_is_killed_keeps_its_finished_runs_and_goes_on() {
    let place = Place::new();
    let (mut child, _) = under_way(&place, STUDY, "[1/60]");
    child.kill().expect("it runs");
    assert_eq!(child.wait().expect("it ends").code(), None, "it was killed");
    goes_on(&place, &runs(&place));
}

#[test]
fn one_interrupt_stops_in_order_and_says_how_to_go_on() {
    let place = Place::new();
    let (code, rest) = interrupt(under_way(&place, STUDY, "[1/60]"));
    assert_eq!(code, Some(130), "{rest}");
    let kept = runs(&place);
    let words = format!("interrupted: {} of 60 runs are finished and kept in study", kept.len());
    says(&rest, &["stopping after this step", &words]);
    goes_on(&place, &kept);
}

#[test]
fn an_interrupted_training_is_resumed_to_the_bytes_of_an_unbroken_one() {
    let place = Place::new();
    let words = "train smoke --epochs 30 --out net";
    let (code, rest) = interrupt(under_way(&place, words, "epoch 1/30"));
    assert_eq!(code, Some(130), "{rest}");
    says(&rest, &["interrupted: net holds the last whole epoch", "--resume"]);
    assert!(!rest.contains("epoch 30/30"), "it was over before it was stopped");

    let said = place.cenote(&format!("{words} --resume"));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("epoch 30/30") && !said.err.contains("epoch 1/30"), "{}", said.err);
    place.succeeds("train smoke --epochs 30 --out whole");
    assert!(place.read("net") == place.read("whole"), "the files differ");
}

#[test]
fn a_request_of_the_system_to_end_is_an_interrupt_too() {
    let place = Place::new();
    let (code, rest) = send("-TERM", under_way(&place, STUDY, "[1/60]"));
    assert_eq!(code, Some(130), "{rest}");
    says(&rest, &["stopping after this step", "interrupted: "]);
}

/// The records of a study in the order of arms and seeds, without what a clock said.
fn results(place: &Place, folder: &str) -> Vec<Value> {
    let text = place.text(&format!("{folder}/runs.jsonl"));
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut runs: Vec<Value> =
        lines.filter_map(|mut line| line.get_mut("run").map(Value::take)).collect();
    runs.sort_by_key(|run| (run["seed"].as_u64(), run["arm"].to_string()));
    for run in &mut runs {
        assert!(run["times"].take()["total_seconds"].as_f64().expect("a number") > 0.0);
        // Energy is known where the machine measures it, and of runs that nothing interrupted.
        run.as_object_mut().expect("a record").remove("joules");
        // The words of the two calls name other folders.
        assert!(run["environment"]["command"].take().is_string());
    }
    runs
}

#[test]
fn processes_that_share_a_study_end_it_together_even_when_one_is_killed() {
    const SHARED: &str = "ablate smoke --epochs 2 --seeds 15 --jobs 1 --save-every 0 --out study";
    let place = Place::new();
    let (mut killed, _) = under_way(&place, SHARED, "[1/30]");
    let others = [0; 2].map(|_| under_way(&place, SHARED, "["));
    let refused = place.cenote("ablate smoke --epochs 3 --seeds 15 --out study");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    says(&refused.err, &["another process runs another plan there"]);
    killed.kill().expect("it runs");
    assert_eq!(killed.wait().expect("it ends").code(), None, "it was killed");
    // Both end with the last run, and write the report at about the same time.
    for (mut other, mut said) in others {
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("readable");
        assert_eq!(other.wait().expect("it ends").code(), Some(0), "{rest}");
    }
    let report = place.text("study/report.md");
    place.succeeds("report study");
    assert_eq!(place.text("study/report.md"), report);
    place.succeeds("ablate smoke --epochs 2 --seeds 15 --jobs 1 --out alone");
    assert_eq!(runs(&place).len(), 30, "none twice");
    assert_eq!(results(&place, "study"), results(&place, "alone"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the moments are of the clock")]
fn a_study_that_is_killed_a_hundred_times_and_moved_ends_as_one_that_never_was() {
    const STUDY: &str = "ablate smoke --epochs 6 --seeds 10 --jobs 2";
    let place = Place::new();
    place.succeeds(&format!("{STUDY} --out whole"));
    // Moments that are spread over the time from the first instruction on to well within the training.
    let mut moments = (0..).map(|i: u64| 3 + (i * 7919) % 211);
    let (mut kills, mut ended) = (0, 0);
    while kills < 100 {
        let mut command = Command::new(program());
        command.args(format!("{STUDY} --save-every 0 --out parts").split_whitespace());
        command.current_dir(place.path("")).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(moments.next().expect("without end")));
        child.kill().expect("it was started");
        match child.wait().expect("it ends").code() {
            None => kills += 1,
            code => {
                assert_eq!(code, Some(0));
                ended += 1;
                assert!(ended < 20, "it was over after {kills} kills");
            }
        }
    }
    std::fs::rename(place.path("parts"), place.path("moved")).expect("nobody holds it");
    let said = place.cenote(&format!("{STUDY} --out moved"));
    assert_eq!(said.code, Some(0), "{said:?}");
    let (whole, moved) = (results(&place, "whole"), results(&place, "moved"));
    assert_eq!(whole.len(), 20);
    assert_eq!(moved, whole);
    assert!(!place.path("moved/unfinished").exists(), "nothing is left behind");
}

#[test]
fn a_reader_whose_training_was_killed_goes_on_to_the_same_weights() {
    let place = Place::new();
    place.succeeds(
        "data make synthetic_captcha --set style='clean' --set alphabet='2b' --set length=[2,2] \
         --set size=[16,48] --set train=40 --set test=8 --set seed=4 --out set",
    );
    let train = "captcha train set --separator _ --method letters --epochs 4 --threads 1 --json";
    let weights = |words: &str| -> String {
        let document = place.json(&format!("{train} {words}"), "cenote.captcha.train/1");
        document["readers"][0]["weights"].as_str().expect("a digest").to_owned()
    };
    let child = under_way(&place, &format!("{train} --out killed.cenote"), "fold 1, epoch 1/4");
    assert_eq!(send("-KILL", child).0, None, "no exit code after a kill");
    let resumed = weights("--out killed.cenote --resume");
    assert_eq!(resumed, weights("--out whole.cenote"));
}
