//! What the fuzzers are given and what once broke, read as they read it.

#[expect(unreachable_pub, reason = "the fuzz targets are in another crate")]
#[path = "../../../../fuzz/src/datasets/mod.rs"]
mod drive;

#[expect(unreachable_pub, reason = "as above")]
#[path = "../../../../fuzz/src/seeds.rs"]
mod seeds;

/// What reading a file of a few kilobytes may allocate, all together.
const MOST: usize = 96 << 20;

fn run(name: &str, target: fn(&[u8])) -> usize {
    seeds::run(name, target, MOST)
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
