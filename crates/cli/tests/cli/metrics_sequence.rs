//! `cenote metrics sequence`: what it prints of a file of texts that were read.

use serde_json::json;

use crate::program::{Place, says};

#[test]
fn texts_are_scored_one_by_one_and_together() {
    let place = Place::new();
    place.write("read.csv", "label,prediction\n7A3K,7A3K\nX9PQ,X9P\nM2LT,2LT\n");
    let scores =
        place.json("metrics sequence --input read.csv --items --json", "cenote.metrics.sequence/1");
    assert_eq!(scores["exact_match"], json!(1.0 / 3.0));
    assert_eq!(scores["character_error_rate"], json!(2.0 / 12.0));
    assert_eq!(scores["character_accuracy"], json!(7.0 / 12.0));
    let third = &scores["items"][2];
    assert_eq!(
        (&third["record"], &third["edits"], &third["exact"]),
        (&json!(3), &json!(1), &json!(false))
    );
    let text = place.succeeds("metrics sequence --input read.csv");
    says(&text, &["3 texts, 12 characters, 2 edits", "character_error_rate", "0.1667"]);
    place.write("read.jsonl", "{\"label\": \"größe\", \"prediction\": \"grosse\"}\n");
    let scores =
        place.json("metrics sequence --input read.jsonl --json", "cenote.metrics.sequence/1");
    assert_eq!(scores["edits"], 3);
    assert!(scores.get("items").is_none());
}

#[test]
fn files_without_texts_are_refused() {
    let place = Place::new();
    for (text, piece) in [
        ("label,prediction\n", "no records"),
        ("label,guess\na,b\n", "no column `prediction`"),
        ("label,prediction\na\n", "record 1 (line 2) has 1 fields"),
    ] {
        place.write("x.csv", text);
        says(&place.refuses("metrics sequence --input x.csv", 4), &["x.csv: ", piece]);
    }
}
