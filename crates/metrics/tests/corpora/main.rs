//! What the fuzzers are given and what once broke, read as they read it.

#[expect(unreachable_pub, reason = "the fuzz targets are in another crate")]
#[path = "../../../../fuzz/src/lib.rs"]
mod drive;

#[expect(unreachable_pub, reason = "as above")]
#[path = "../../../../fuzz/src/seeds.rs"]
mod seeds;

/// What reading a file of a few kilobytes may allocate, all together.
const MOST: usize = 64 << 20;

fn run(name: &str, target: fn(&[u8])) -> usize {
    seeds::run(name, target, MOST)
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
