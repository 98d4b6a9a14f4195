//! `cenote metrics classification`: what it prints of a file of predictions, and what it refuses.

use serde_json::{Value, json};

use crate::program::{Place, says};

const SCHEMA: &str = "cenote.metrics.classification/1";

/// Three of four cats found, two others taken for cats, four left alone.
const CATS: &str = "label,prediction,score\ncat,cat,0.9\ncat,cat,0.8\ncat,cat,0.6\ncat,no,0.3\n\
                    no,cat,0.7\nno,cat,0.6\nno,no,0.2\nno,no,0.1\nno,no,0.1\nno,no,0.0\n";

fn document(place: &Place, words: &str) -> Value {
    place.json(&format!("metrics classification --json {words}"), SCHEMA)
}

fn close(value: &Value, expected: f64) {
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((got - expected).abs() < 1e-12, "{got}, expected {expected}");
}

#[test]
fn two_classes_are_scored_by_their_positive_one() {
    let place = Place::new();
    place.write("cats.csv", CATS);
    let scores = document(&place, "--input cats.csv --task binary --positive cat");
    assert_eq!(scores["classes"], json!(["no", "cat"]));
    assert_eq!(scores["confusion_matrix"], json!([[4.0, 2.0], [1.0, 3.0]]));
    close(&scores["precision"], 0.6);
    close(&scores["recall"], 0.75);
    close(&scores["f_beta"], 2.0 / 3.0);
    close(&scores["accuracy"], 0.7);
    // Of 24 pairs of a cat and another, 0.6 < 0.7, 0.3 < 0.7 and 0.3 < 0.6 are wrong and 0.6 = 0.6 is half right.
    close(&scores["roc_auc"], 20.5 / 24.0);
    close(&scores["averages"]["macro"]["recall"], f64::midpoint(0.75, 4.0 / 6.0));
    // From 0.3 up all four cats are found and two others are taken for cats: F1 = 8 / 10.
    assert_eq!(scores["per_class"][1]["best_threshold"]["threshold"], 0.3);
    let stricter = document(
        &place,
        "--input cats.csv --task binary --positive cat --threshold 0.8 --beta 0.5",
    );
    close(&stricter["precision"], 1.0);
    close(&stricter["recall"], 0.5);
    close(&stricter["f_beta"], 1.25 * 0.5 / (0.25 + 0.5));
}

#[test]
fn csv_and_json_lines_say_the_same() {
    let place = Place::new();
    place.write("a.csv", "\u{feff}label,score_a,score_b,w\r\na,0.75,0.25,1\r\nb,0.5,0.5,2\r\n");
    place.write(
        "b.jsonl",
        "{\"label\": \"a\", \"score\": {\"a\": 0.75, \"b\": 0.25}, \"w\": 1}\n\n{\"score_a\": 0.5, \"score_b\": 0.5, \"w\": 2.0, \"label\": \"b\"}\n",
    );
    let of = |file: &str| {
        document(&place, &format!("--input {file} --task multiclass --weights w --top-k 2"))
    };
    let (csv, lines) = (of("a.csv"), of("b.jsonl"));
    assert_eq!(csv, lines);
    close(&csv["accuracy"], 1.0 / 3.0);
    close(&csv["top_k_accuracy"], 1.0);
    close(&csv["brier"], (0.0625 + 2.0 * 0.25) / 3.0);
    assert_eq!(csv["roc_auc_ovo"], 1.0);
}

#[test]
fn several_labels_are_averaged_over_examples_too() {
    let place = Place::new();
    place.write("l.csv", "label_a,label_b,prediction_a,prediction_b\n1,0,1,1\n0,0,0,0\n1,1,1,1\n");
    let scores = document(&place, "--input l.csv --task multilabel --undefined skip");
    close(&scores["exact_match"], 2.0 / 3.0);
    close(&scores["hamming_loss"], 1.0 / 6.0);
    close(&scores["averages"]["samples"]["precision"], 0.75);
    close(&scores["averages"]["macro"]["precision"], 0.75);
    let one =
        document(&place, "--input l.csv --task multilabel --average macro,samples --labels b");
    assert_eq!(one["classes"], json!(["b"]));
    assert_eq!(one["averages"].as_object().map(serde_json::Map::len), Some(2));
    close(&one["averages"]["macro"]["precision"], 0.5);
}

#[test]
fn undefined_is_a_choice_that_is_told() {
    let place = Place::new();
    place.write("u.csv", "label,prediction\na,a\nb,a\n");
    let precision = |undefined: &str| {
        let scores =
            document(&place, &format!("--input u.csv --task multiclass --undefined {undefined}"));
        assert_eq!(scores["per_class"][1]["precision"], Value::Null);
        assert_eq!(scores["undefined_counts_as"], undefined);
        scores["averages"]["macro"]["precision"].as_f64()
    };
    assert_eq!(
        (precision("zero"), precision("one"), precision("skip")),
        (Some(0.25), Some(0.75), Some(0.5))
    );
    let words = "metrics classification --input u.csv --task multiclass";
    let error = place.refuses(&format!("{words} --undefined error"), 4);
    says(&error, &["u.csv: precision of class `b` is undefined", "nothing was predicted as it"]);
    let text = place.succeeds(words);
    says(&text, &["–", "precision of class `b`: nothing was predicted as it", "(macro)"]);
}

#[test]
fn plots_are_written_for_what_there_is() {
    let place = Place::new();
    place.write("cats.csv", CATS);
    place.succeeds(
        "metrics classification --input cats.csv --task binary --positive cat --plots out/plots",
    );
    for name in ["confusion", "precision_recall", "roc", "reliability"] {
        let svg = place.text(&format!("out/plots/{name}.svg"));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
    }
    assert_eq!(
        std::fs::read_dir(place.path("out/plots")).expect("made").count(),
        4,
        "nothing else"
    );
    place.write("file", "");
    let error = place.refuses(
        "metrics classification --input cats.csv --task binary --positive cat --plots file/below",
        1,
    );
    says(&error, &["file/below", "cannot be written"]);
}

#[test]
fn a_file_that_cannot_be_scored_is_refused_with_its_place() {
    let place = Place::new();
    for (text, task, pieces) in [
        ("", "binary", vec!["the file is empty"]),
        ("label,score\n", "binary", vec!["no records"]),
        (
            "label,score\n1,0.5\n1,NaN\n",
            "binary",
            vec!["record 2 (line 3)", "field `score`", "`NaN`", "finite"],
        ),
        ("label,score\n1,0.5\n0\n", "binary", vec!["record 2 (line 3)", "1 fields; expected 2"]),
        ("label,guess\n1,1\n", "binary", vec!["no column `prediction` or `score`"]),
        ("label,prediction\n1,1\n2,1\n3,1\n", "binary", vec!["record 3 (line 4)", "two classes"]),
        ("label,score_a,score_b\nc,1,0\n", "multiclass", vec!["field `label`", "`c`", "`a`, `b`"]),
        ("label_a,prediction_b\n1,1\n", "multilabel", vec!["no column `label_b`"]),
        ("label,score\n\"1,0.5\n", "binary", vec!["record 1 (line 2)", "never closed"]),
    ] {
        place.write("x.csv", text);
        let error =
            place.refuses(&format!("metrics classification --input x.csv --task {task}"), 4);
        says(&error, &["x.csv: "]);
        says(&error, &pieces);
    }
    place.write("x.jsonl", "{\"label\": 1, \"score\": 0.5}\n{\"label\": 1, \"score\": }\n");
    let error = place.refuses("metrics classification --input x.jsonl --task binary", 4);
    says(&error, &["x.jsonl: record 2 (line 2) is no JSON object", "column 23"]);
    place.write("x.csv", b"label,score\n1,0.5\n\xff,1\n");
    let error = place.refuses("metrics classification --input x.csv --task binary", 4);
    says(&error, &["line 3 is not UTF-8"]);
}

#[test]
fn flags_that_do_not_fit_are_refused() {
    let place = Place::new();
    place.write("x.csv", "label,prediction\n1,1\n0,1\n");
    place.write("x.txt", "label,prediction\n1,1\n");
    for (words, code, pieces) in [
        ("--input nowhere.csv --task binary", 4, vec!["nowhere.csv: cannot be read"]),
        ("--input x.txt --task binary", 2, vec!["ends in .csv or .jsonl"]),
        ("--input x.csv --task regression", 2, vec!["regression", "multilabel"]),
        ("--input x.csv --task binary --threshold 0.5", 4, vec!["no column `score`"]),
        ("--input x.csv --task multiclass --threshold 0.5", 2, vec!["thresholds belong to"]),
        ("--input x.csv --task binary --beta -1", 2, vec!["beta is -1; expected 0 or more"]),
        (
            "--input x.csv --task binary --weights w",
            4,
            vec!["no column `w`", "`label`, `prediction`"],
        ),
        ("--input x.csv --task multiclass --labels 1,7", 2, vec!["no class `7`", "`0`, `1`"]),
        ("--input x.csv --task multiclass --labels 1,1", 2, vec!["label `1` is given twice"]),
        ("--input x.csv --task multiclass --classes 1,1", 2, vec!["the class `1` is given twice"]),
        ("--input x.csv --task binary --top-k 0", 2, vec!["--top-k", "whole number"]),
    ] {
        let error = place.refuses(&format!("metrics classification {words}"), code);
        says(&error, &pieces);
    }
}

#[test]
fn a_long_line_and_many_columns_are_no_trouble() {
    let place = Place::new();
    let columns: Vec<String> = (0..300).map(|i| format!("score_{i}")).collect();
    let row = vec!["0.0025"; 300].join(",");
    place.write("wide.csv", format!("label,{}\n7,{row}\n9,{row}\n", columns.join(",")));
    let scores = document(&place, "--input wide.csv --task multiclass --undefined skip");
    assert_eq!(scores["examples"], 2);
    place
        .write("long.csv", format!("label,prediction,note\n1,1,{}\n0,0,\n", "x".repeat(5_000_000)));
    let scores = document(&place, "--input long.csv --task binary");
    assert_eq!(scores["accuracy"], 1.0);
}
