//! What the fuzzers are given and what once broke, read as they read it.

#[expect(unreachable_pub, reason = "the fuzz targets are in another crate")]
#[path = "../../../../fuzz/src/datasets/mod.rs"]
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
const MOST: usize = 96 << 20;

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
fn files_of_idx_never_make_it_panic() {
    assert!(run("dataset_idx", drive::idx) >= 8);
}

#[test]
fn arrays_of_numpy_never_make_it_panic() {
    assert!(run("dataset_npy", drive::npy) >= 8);
}

#[test]
fn images_never_make_it_panic() {
    assert!(run("dataset_picture", drive::picture) >= 8);
}

#[test]
fn zip_archives_never_make_it_panic() {
    assert!(run("dataset_archive", drive::archive) >= 8);
}

#[test]
fn tar_archives_never_make_it_panic() {
    assert!(run("dataset_cifar", drive::cifar) >= 5);
}

#[test]
fn tables_never_make_it_panic() {
    assert!(run("dataset_csv", drive::csv) >= 5);
    assert!(run("dataset_labels", drive::labels) >= 5);
}

#[test]
fn annotations_never_make_it_panic() {
    assert!(run("dataset_boxes", drive::boxes) >= 10);
}
