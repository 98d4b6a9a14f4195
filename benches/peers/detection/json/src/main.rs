//! Times JSON parsers on one thread: `json-parsers GT DT [ROUNDS]` runs each in turns as a process of its own and prints a
//! table; `json-parsers PARSER GT DT` is one such process and prints what it took. Time is that of the processor, which a
//! busy machine disturbs less than that of the clock.
//!
//! Each reads both files into what an evaluation of boxes needs. The crates get types that fit these files alone: whole
//! numbers for ids, no check that a number is finite, no word about where an error is.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use cenote_metrics::{CocoReader, CocoSettings, Mode, Similarity};
use serde::Deserialize;

const PARSERS: [&str; 4] = ["own", "serde_json", "simd-json", "sonic-rs"];

#[derive(Deserialize)]
struct Truth {
    images: Vec<Image>,
    annotations: Vec<Object>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: i64,
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
struct Object {
    id: i64,
    image_id: i64,
    category_id: i64,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
}

#[derive(Deserialize)]
struct Category {
    id: i64,
    name: String,
}

#[derive(Deserialize)]
struct Said {
    image_id: i64,
    category_id: i64,
    bbox: [f64; 4],
    score: f64,
}

/// Sums that every parser must agree on: of areas, of scores, of widths of boxes.
type Sums = [f64; 3];

fn own(gt: &str, dt: &str) -> Sums {
    let reader = CocoReader::new(&CocoSettings::new(Similarity::Boxes, Mode::Strict));
    let truth = reader.truth(Path::new(gt)).expect("annotations");
    let said = reader.results(Path::new(dt)).expect("results");
    let rows = 0..said.len();
    [
        truth.objects.iter().map(|object| object.area).sum(),
        rows.clone().map(|row| said.score(row)).sum(),
        rows.map(|row| said.bbox(row)[2]).sum(),
    ]
}

fn typed(
    gt: &str,
    dt: &str,
    truth: fn(&mut [u8]) -> Truth,
    said: fn(&mut [u8]) -> Vec<Said>,
) -> Sums {
    let truth = truth(&mut std::fs::read(gt).expect("annotations"));
    let said = said(&mut std::fs::read(dt).expect("results"));
    for image in &truth.images {
        black_box((image.id, image.width, image.height));
    }
    for object in &truth.annotations {
        black_box((object.id, object.image_id, object.category_id, object.bbox, object.iscrowd));
    }
    for category in &truth.categories {
        black_box((category.id, &category.name));
    }
    for one in &said {
        black_box((one.image_id, one.category_id));
    }
    [
        truth.annotations.iter().map(|object| object.area).sum(),
        said.iter().map(|said| said.score).sum(),
        said.iter().map(|said| said.bbox[2]).sum(),
    ]
}

fn parse(parser: &str, gt: &str, dt: &str) -> Sums {
    match parser {
        "own" => own(gt, dt),
        "serde_json" => typed(
            gt,
            dt,
            |bytes| serde_json::from_slice(bytes).expect("annotations"),
            |bytes| serde_json::from_slice(bytes).expect("results"),
        ),
        "simd-json" => typed(
            gt,
            dt,
            |bytes| simd_json::from_slice(bytes).expect("annotations"),
            |bytes| simd_json::from_slice(bytes).expect("results"),
        ),
        "sonic-rs" => typed(
            gt,
            dt,
            |bytes| sonic_rs::from_slice(bytes).expect("annotations"),
            |bytes| sonic_rs::from_slice(bytes).expect("results"),
        ),
        other => panic!("no parser `{other}`; expected one of {PARSERS:?}"),
    }
}

/// Seconds that the threads of this process spent on a processor.
fn processor() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux tells");
    let nanoseconds = tasks.map(|task| {
        let path = task.expect("a thread").path().join("schedstat");
        let text = std::fs::read_to_string(path).expect("a thread that lives");
        text.split(' ').next().and_then(|first| first.parse::<f64>().ok()).expect("a number")
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Most memory that this process had, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("a line for the peak");
    let kib: f64 = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
    kib / 1024.0
}

fn one(parser: &str, gt: &str, dt: &str) {
    let start = processor();
    let sums = parse(parser, gt, dt);
    let seconds = processor() - start;
    println!("{seconds} {} {:?}", peak(), sums.map(f64::to_bits));
}

fn all(gt: &str, dt: &str, rounds: usize) {
    let program = std::env::current_exe().expect("this program has a name");
    let mut took = PARSERS.map(|_| (Vec::new(), 0.0_f64));
    let mut agreed: Option<String> = None;
    for _ in 0..rounds {
        for (parser, (seconds, most)) in PARSERS.iter().zip(&mut took) {
            let mut process = Command::new(&program);
            // A reader that could use more threads must not.
            let process = process.args([parser, gt, dt]).env("RAYON_NUM_THREADS", "1");
            let out = process.output().expect("a process");
            let text = String::from_utf8(out.stdout).expect("text");
            let mut words = text.trim().splitn(3, ' ');
            let mut number = || words.next().and_then(|word| word.parse().ok()).expect("a number");
            seconds.push(number());
            *most = most.max(number());
            let sums = words.next().expect("sums").to_owned();
            assert_eq!(*agreed.get_or_insert(sums.clone()), sums, "{parser} read other numbers");
        }
    }
    println!("| | CPU seconds, least | median | peak MiB |\n|---|--:|--:|--:|");
    for (parser, (mut seconds, most)) in PARSERS.iter().zip(took) {
        seconds.sort_by(f64::total_cmp);
        println!("| {parser} | {:.3} | {:.3} | {most:.0} |", seconds[0], seconds[rounds / 2]);
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [gt, dt] => all(gt, dt, 7),
        [parser, gt, dt] if PARSERS.contains(&parser) => one(parser, gt, dt),
        [gt, dt, rounds] => all(gt, dt, rounds.parse().expect("a number of rounds")),
        _ => panic!("json-parsers GT DT [ROUNDS]"),
    }
}
