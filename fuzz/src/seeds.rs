//! What the ordinary tests of a crate do with the corpora: every seed is read as its fuzz target reads it, within a bound on
//! what that may allocate. Each test program includes this file; the allocator counts for all of it.

use std::alloc::System;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One corpus at a time: the allocator counts for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs `target` over every file of its corpus, of which none may allocate `most` bytes, all together; returns how many
/// there are.
pub fn run(name: &str, target: fn(&[u8]), most: usize) -> usize {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let files = fs::read_dir(&folder).expect("the corpus is part of the repository");
    let read = |file: fs::DirEntry| {
        let bytes = fs::read(file.path()).expect("readable");
        assert!(bytes.len() <= 8 << 10, "{}: seeds are small", file.path().display());
        let region = Region::new(ALLOCATOR);
        target(&bytes);
        let allocated = region.change().bytes_allocated;
        assert!(allocated < most, "{}: {allocated} bytes", file.path().display());
    };
    files.map(|file| read(file.expect("readable"))).count()
}
