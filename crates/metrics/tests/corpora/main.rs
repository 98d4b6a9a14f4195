//! What the fuzzers are given and what once broke, read as they read it.

#[expect(unreachable_pub, reason = "the fuzz targets are in another crate")]
#[path = "../../../../fuzz/src/lib.rs"]
mod drive;

use std::fs;
use std::path::Path;

/// Runs `target` over every file of its corpus; returns how many there are.
fn run(name: &str, target: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let files = fs::read_dir(&folder).expect("the corpus is part of the repository");
    files.map(|file| target(&fs::read(file.expect("readable").path()).expect("readable"))).count()
}

#[test]
fn files_of_predictions_never_make_it_panic() {
    assert!(run("predictions", drive::predictions) >= 10);
}

#[test]
fn files_of_texts_never_make_it_panic() {
    assert!(run("sequence", drive::sequence) >= 3);
}
