//! Study files that cannot be run, refused before anything is.

use crate::program::{Place, says};

/// The refusal of the smoke study with one piece replaced.
fn refusal(from: &str, to: &str) -> String {
    let place = Place::new();
    place.study("mine.toml", &[(from, to)]);
    let error = place.refuses("ablate mine.toml", 2);
    assert!(!place.path("runs").exists(), "nothing was begun");
    error
}

#[test]
fn a_kind_that_does_not_exist_is_answered_with_the_nearest_and_all() {
    let error = refusal("\"max_pool\"", "\"mx_pool\"");
    says(&error, &["unknown kind `mx_pool`", "`max_pool`", "avg_pool", "identity"]);
    let error = refusal("\"digits\"", "\"digit\"");
    says(&error, &["unknown kind `digit`", "did you mean `digits`?", "fashion_mnist_10k"]);
    let error = refusal("\"sgd\"", "\"sdg\"");
    says(&error, &["unknown kind `sdg`", "adam"]);
    let error = refusal("\"cosine\"", "\"cosin\"");
    says(&error, &["unknown kind `cosin`", "did you mean `cosine`?"]);
}

#[test]
fn a_kernel_larger_than_its_input_is_refused_with_both_sizes() {
    let error = refusal("kernel_size = 2", "kernel_size = 9");
    says(&error, &["arm `max`", "kernel 9x9", "does not fit input 8x8"]);
}

#[test]
fn a_field_that_does_not_exist_is_refused_with_its_line() {
    let error = refusal("epochs ", "epoks ");
    says(&error, &["mine.toml", "line 10", "unknown field `epoks`", "expected one of `epochs`"]);
    let error = refusal("kernel_size = 3", "kernel = 3");
    says(&error, &["conv1", "unknown field `kernel`", "kernel_size"]);
}

#[test]
fn a_slot_that_is_misspelt_or_left_open_is_refused() {
    let error = refusal("none = { down1", "none = { dwn1");
    says(&error, &["arm `none`", "no slot `dwn1`", "did you mean `down1`?"]);
    let error = refusal("none = { down1 = { kind = \"identity\" } }", "none = {}");
    says(&error, &["arm `none`", "slot `down1` is not filled"]);
}

#[test]
fn a_head_of_another_number_of_classes_is_refused() {
    let error = refusal("out_features = 10", "out_features = 9");
    says(&error, &["ends in 9", "10 classes"]);
}

#[test]
fn a_file_that_is_no_study_is_refused_with_its_name() {
    let place = Place::new();
    for (text, reason) in [
        ("question: why?", "TOML parse error"),
        ("question = \"why?\"", "missing field"),
        ("", "missing field"),
    ] {
        place.write("mine.toml", text);
        let error = place.refuses("ablate mine.toml", 2);
        says(&error, &["mine.toml", reason]);
    }
    place.write("mine.toml", [0xff, 0xfe, 0x00]);
    says(&place.refuses("ablate mine.toml", 2), &["mine.toml", "cannot be read"]);
    std::fs::create_dir(place.path("folder")).expect("writable");
    says(&place.refuses("ablate folder", 2), &["no study `folder`", "experiment.toml"]);
}

#[test]
fn a_folder_with_an_experiment_is_a_study_of_its_name() {
    let place = Place::new();
    std::fs::create_dir(place.path("mine")).expect("writable");
    place.study("mine/experiment.toml", &[]);
    let plan = place.json("ablate mine --plan --json", "cenote.plan/1");
    assert_eq!(plan["study"], "mine");
}
