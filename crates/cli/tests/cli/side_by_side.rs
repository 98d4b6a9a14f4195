//! Two studies compared.

use serde_json::Value;

use crate::program::{Place, says};

fn two() -> Place {
    let place = Place::new();
    place.succeeds("ablate smoke --epochs 1 --out one --quiet");
    place.succeeds("ablate smoke --epochs 2 --seeds 3 --out two --quiet");
    place
}

#[test]
fn two_studies_are_paired_by_arm_and_seed_and_nothing_is_written() {
    let place = two();
    std::fs::remove_file(place.path("one/report.md")).expect("it is there");
    let text = place.succeeds("report one two");
    says(
        &text,
        &[
            "Second minus first, paired by seed: `smoke`, then `smoke`",
            "budget: 1 epochs of",
            "seeds: 2 seeds | 3 seeds",
            "none − max",
            "undecided",
        ],
    );
    assert!(!place.path("one/report.md").exists(), "a comparison only reads");
    let both: Value = place.json("report one two --json", "cenote.side_by_side/1");
    let pairs = both["arms"][0]["pairs"].as_array().expect("a list");
    let seeds: Vec<u64> = pairs.iter().filter_map(|pair| pair["seed"].as_u64()).collect();
    assert_eq!(seeds, [1, 2]);
    let change = both["arms"][0]["mean"].as_f64().expect("a mean");
    assert!(change > 0.0, "a second epoch helps: {change}");
}

#[test]
fn studies_that_share_nothing_are_refused() {
    let place = two();
    // Lines of earlier versions have no checksum, so a line without one may be altered.
    let lines = place.text("two/runs.jsonl");
    let lines = lines.lines().map(|line| line.split(",\"crc32\"").next().unwrap_or(line));
    let lines = lines.fold(String::new(), |text, line| text + line + "}\n");
    let later = lines.replace("\"none\"", "\"nothing\"");
    std::fs::create_dir(place.path("three")).expect("a folder");
    place.write("three/runs.jsonl", later.replace("\"max\"", "\"most\""));
    let error = place.refuses("report one three", 1);
    says(&error, &["compare `smoke` with `smoke`", "no arm has the same name", "`most`"]);
    says(&place.refuses("report one nowhere", 1), &["nowhere", "holds no runs.jsonl"]);
}
