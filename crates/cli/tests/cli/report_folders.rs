//! Folders that hold no records, damaged ones, or ones that were cut off.

use crate::program::{Place, says};

/// A place with a finished study of four runs in `study`.
fn finished() -> Place {
    let place = Place::new();
    place.succeeds("ablate smoke --epochs 1 --out study");
    place
}

#[test]
fn a_folder_without_records_is_refused_with_what_was_expected() {
    let place = Place::new();
    for folder in [".", "nowhere"] {
        let error = place.refuses(&format!("report {folder}"), 1);
        says(&error, &[folder, "holds no runs.jsonl", "`cenote ablate`"]);
    }
    place.write("runs.jsonl", "");
    says(&place.refuses("report .", 1), &["runs.jsonl", "no design line"]);
    assert!(!place.path("report.md").exists(), "nothing was written");
}

#[test]
fn a_line_that_is_no_record_is_refused_with_its_number() {
    let place = finished();
    let whole = place.text("study/runs.jsonl");
    let mut lines: Vec<&str> = whole.lines().collect();
    lines[2] = "{\"run\":{\"arm\":\"max\"}}";
    place.write("study/runs.jsonl", lines.join("\n") + "\n");
    for words in ["report study", "ablate smoke --epochs 1 --out study"] {
        let error = place.refuses(words, 1);
        says(&error, &["study/runs.jsonl", "line 3", "expected"]);
    }
}

#[test]
fn a_last_line_that_was_cut_off_is_told_dropped_and_run_again() {
    let place = finished();
    let whole = place.read("study/runs.jsonl");
    place.write("study/runs.jsonl", &whole[..whole.len() - 20]);

    let said = place.cenote("report study");
    assert_eq!(said.code, Some(0), "{said:?}");
    says(&said.out, &["3 of 4 runs done"]);
    says(&said.err, &["runs.jsonl line 5", "cut off"]);
    assert!(place.read("study/runs.jsonl") == whole[..whole.len() - 20], "a report only reads");

    let said = place.cenote("ablate smoke --epochs 1 --out study");
    assert_eq!(said.code, Some(0), "{said:?}");
    says(&said.err, &["runs.jsonl line 5", "cut off", "3 of them done before", "[4/4]"]);
    let again = place.text("study/runs.jsonl");
    let kept = String::from_utf8(whole).expect("UTF-8");
    let first_four = |text: &str| text.lines().take(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((again.lines().count(), first_four(&again)), (5, first_four(&kept)));
}

#[test]
fn arms_are_compared_by_other_scores_that_are_asked_for() {
    let place = finished();
    let first = place.succeeds("report study");
    assert!(!first.contains("Other scores"), "{first}");
    let told = place.succeeds("report study --also cohen_kappa=0.03 --also balanced_accuracy");
    says(
        &told,
        &["Other scores", "`balanced_accuracy` ±2.00", "`cohen_kappa` ±3.00", "Not planned"],
    );
    let markdown = place.text("study/report.md");
    says(&markdown, &["## Other scores", "| `cohen_kappa` | `none` − `max` | 2 |"]);
    let json = place.succeeds("report study --also cohen_kappa=0.03 --json");
    let report: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let score = &report["other_scores"][0];
    assert_eq!((&score["metric"], &score["afterwards"]), (&"cohen_kappa".into(), &true.into()));
    assert_eq!(score["comparisons"][0]["margin"], 0.03);
    let error = place.refuses("report study --also beauty", 1);
    says(&error, &["no run has a score `beauty`; they have accuracy, balanced_accuracy"]);
    for (also, expected) in [
        ("cohen_kappa=-1", "above 0"),
        ("cohen_kappa=much", "above 0"),
        ("=0.1", "name of a score"),
    ] {
        says(&place.refuses(&format!("report study --also {also}"), 2), &["--also", expected]);
    }
    assert_eq!(place.succeeds("report study"), first, "the records are what they were");
}

#[test]
fn a_study_says_before_its_runs_by_which_other_scores_it_judges() {
    let place = Place::new();
    let metric = "metric = \"accuracy\"";
    place.study("own.toml", &[(metric, "metric = \"accuracy\", also = { cohen_kappa = 0.03 }")]);
    says(&place.succeeds("ablate own.toml --plan"), &["also judged by: cohen_kappa ±3.00\n"]);
    let told = place.succeeds("ablate own.toml --epochs 1 --out study");
    says(&told, &["Other scores", "cohen_kappa", "`cohen_kappa` ±3.00"]);
    assert!(!told.contains("Not planned"), "{told}");
    let again = place.succeeds("report study --also cohen_kappa=0.03");
    assert!(!again.contains("Not planned"), "the margin is the planned one: {again}");
    let other = place.succeeds("report study --also cohen_kappa=0.01");
    says(&other, &["`cohen_kappa` ±1.00", "Not planned"]);
}
