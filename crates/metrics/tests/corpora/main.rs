//! What the fuzzers are given and what once broke, read as they read it.

#[expect(unreachable_pub, reason = "the fuzz targets are in another crate")]
#[path = "../../../../fuzz/src/lib.rs"]
mod drive;

use std::alloc::System;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One corpus at a time: the allocator counts for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// What reading a file of a few kilobytes may allocate, all together.
const MOST: usize = 64 << 20;

/// Runs `target` over every file of its corpus; returns how many there are.
fn run(name: &str, target: fn(&[u8])) -> usize {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let files = fs::read_dir(&folder).expect("the corpus is part of the repository");
    let read = |file: fs::DirEntry| {
        let bytes = fs::read(file.path()).expect("readable");
        assert!(bytes.len() <= 8 << 10, "{}: seeds are small", file.path().display());
        let region = Region::new(ALLOCATOR);
        target(&bytes);
        let allocated = region.change().bytes_allocated;
        assert!(allocated < MOST, "{}: {allocated} bytes", file.path().display());
    };
    files.map(|file| read(file.expect("readable"))).count()
}

#[test]
fn files_of_predictions_never_make_it_panic() {
    assert!(run("predictions", drive::predictions) >= 10);
}

#[test]
fn files_of_texts_never_make_it_panic() {
    assert!(run("sequence", drive::sequence) >= 3);
}

#[test]
fn results_of_coco_never_make_it_panic() {
    assert!(run("coco_results", drive::coco_results) >= 10);
}

#[test]
fn problems_of_coco_never_make_it_panic() {
    assert!(run("coco_problem", drive::coco_problem) >= 10);
}

#[test]
fn lines_of_boxes_never_make_it_panic() {
    assert!(run("voc_text", drive::voc_text) >= 8);
}

#[test]
fn annotations_of_voc_never_make_it_panic() {
    assert!(run("voc_xml", drive::voc_xml) >= 10);
}

#[test]
fn labels_and_headers_of_yolo_never_make_it_panic() {
    assert!(run("yolo", drive::yolo) >= 10);
}
