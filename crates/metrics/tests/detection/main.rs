//! Detection scores against stored values of pycocotools, lvis-api and torchvision.
//!
//! Some problems are in the repository, with the scripts that made them. Many more are part of the development data; where
//! those are absent the tests say so. `CENOTE_DETECTION_CASES` names a folder of further cases.
#![expect(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "equality to the bit is what is tested, and a test may panic"
)]

mod boxes;
mod coco;
mod drawn;
mod lvis;
mod readers;
mod shards;
mod textbook;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use cenote_metrics::Grid;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The folder of the committed problems.
fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/detection/data")
}

/// The folder of the development data, or a word that it is not there.
#[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = env::var_os("CENOTE_DATA_DIR").map_or(beside, PathBuf::from);
    let folder = root.join("detection");
    if !folder.is_dir() {
        eprintln!("SKIPPED: {} is not there; set CENOTE_DATA_DIR", folder.display());
        return None;
    }
    Some(folder)
}

/// Every case, one JSON document a line, of the files whose name begins so.
fn cases(beginning: &str) -> Vec<Value> {
    let mut folders = vec![committed()];
    folders.extend(env::var_os("CENOTE_DETECTION_CASES").map(PathBuf::from));
    let files = |folder: &PathBuf| {
        let entries =
            fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.expect("a folder can be listed").path()).collect::<Vec<_>>()
    };
    let mut paths: Vec<PathBuf> = folders.iter().flat_map(files).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(beginning) && name.ends_with(".jsonl")
    });
    paths.sort();
    paths.iter().flat_map(|path| lines(path)).collect()
}

/// The cases of a file of the development data.
fn shared_cases(name: &str) -> Vec<Value> {
    shared().map_or_else(Vec::new, |folder| lines(&folder.join(name)))
}

fn lines(path: &Path) -> Vec<Value> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn document(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("a number is stored here: {value}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    array(value).iter().map(number).collect()
}

/// Panics unless an array has the stored shape and the stored bits.
fn assert_same_array(what: &str, grid: &Grid, stored: &Value) {
    let shape: Vec<usize> = numbers(&stored["shape"]).iter().map(|&side| side as usize).collect();
    assert_eq!(grid.shape[..shape.len()], shape, "{what}");
    assert!(grid.shape[shape.len()..].iter().all(|&side| side == 1), "{what}");
    let mut hash = Sha256::new();
    grid.values.iter().for_each(|value| hash.update(value.to_le_bytes()));
    let digest =
        hash.finalize().iter().fold(String::new(), |digest, byte| format!("{digest}{byte:02x}"));
    assert_eq!(Some(digest.as_str()), stored["sha256"].as_str(), "{what}");
}

/// Panics unless the numbers have the stored bits.
fn assert_same_bits(what: &str, got: &[f64], stored: &[f64]) {
    let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(got), bits(stored), "{what}: {got:?}, stored {stored:?}");
}
