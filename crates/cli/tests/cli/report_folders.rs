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
