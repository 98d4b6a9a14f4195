//! Evaluation of found boxes: reading, matching, scores.

use std::fmt::Write;
use std::hint::black_box;

use cenote_benches::{criterion, in_pool};
use cenote_metrics::{CocoReader, CocoSettings, Mode, Similarity};
use criterion::{BatchSize, Criterion, Throughput};

const IMAGES: usize = 200;
const CATEGORIES: usize = 20;
const OBJECTS: usize = 1_500;
const DETECTIONS: usize = 20_000;

/// Whole numbers that look drawn: the bits of a product by a large odd number.
fn drawn(seed: usize, below: usize) -> usize {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % below
}

fn bbox(seed: usize) -> [usize; 4] {
    [drawn(seed, 500), drawn(seed + 1, 400), 8 + drawn(seed + 2, 120), 8 + drawn(seed + 3, 120)]
}

/// Annotations and results as COCO writes them; two in three detections are near an object.
fn problem() -> (String, String) {
    let place = |object: usize| (drawn(7 * object, IMAGES), drawn(7 * object + 1, CATEGORIES));
    let mut annotations = Vec::new();
    for object in 0..OBJECTS {
        let (image, category) = place(object);
        let [x, y, w, h] = bbox(100 * object);
        annotations.push(format!(
            r#"{{"id":{},"image_id":{image},"category_id":{category},"bbox":[{x},{y},{w},{h}],"area":{},"iscrowd":0}}"#,
            object + 1,
            w * h
        ));
    }
    let list = |key: &str, count: usize| {
        let entries: Vec<String> = (0..count).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        format!(r#""{key}":[{}]"#, entries.join(","))
    };
    let truth = format!(
        r#"{{{},{},"annotations":[{}]}}"#,
        list("images", IMAGES),
        list("categories", CATEGORIES),
        annotations.join(",")
    );
    let mut results = String::from("[");
    for row in 0..DETECTIONS {
        let object = drawn(row, OBJECTS);
        let (near, [x, y, w, h]) = (row % 3 < 2, bbox(100 * object));
        let shift = drawn(row + 5, 20);
        let (image, category) = if near { place(object) } else { place(row) };
        let comma = if row == 0 { "" } else { "," };
        let score = drawn(row + 9, 1_000);
        let (x, y) = (x + shift, y + shift / 2);
        write!(
            results,
            r#"{comma}{{"image_id":{image},"category_id":{category},"bbox":[{x}.25,{y}.5,{w},{h}],"score":0.{score:03}}}"#
        )
        .expect("a string takes all");
    }
    results.push(']');
    (truth, results)
}

fn detection(c: &mut Criterion) {
    let (truth, results) = problem();
    let settings = CocoSettings::new(Similarity::Boxes, Mode::Strict);
    let reader = CocoReader::new(&settings);
    let read = || reader.results_from(results.as_bytes(), "results").expect("results are sound");
    let objects = reader.truth_from(truth.as_bytes(), "truth").expect("annotations are sound");
    let found = read();
    let matches = settings.evaluate(&objects, &found).expect("the problem is sound");

    let mut group = c.benchmark_group("detection");
    group.throughput(Throughput::Bytes(results.len() as u64));
    group.bench_function("read_results", |b| b.iter(|| black_box(read())));
    group.throughput(Throughput::Elements(DETECTIONS as u64));
    group.bench_function("match", |b| {
        b.iter(|| settings.evaluate(black_box(&objects), black_box(&found)));
    });
    // Ranks are kept, so each run starts from a copy without.
    group.bench_function("rank_and_summarize", |b| {
        b.iter_batched(
            || settings.evaluate(&objects, &found).expect("the problem is sound"),
            |matches| matches.summary(),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("summarize_again", |b| b.iter(|| black_box(&matches).summary()));
    group.finish();
}

fn main() {
    in_pool(|| detection(&mut criterion()));
}
