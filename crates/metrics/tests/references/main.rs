//! The scores against stored values of scikit-learn, of pycocotools, of the Pascal VOC rule and of other tools.
//!
//! `classification.jsonl` is made by `classification.py`. More values are part of the development data, not of the
//! repository; where they are absent the tests say so.

mod analyses;
mod bootstrap;
mod classification;
mod data_sets;
mod voc;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file or folder of the development data, or says that it is not there.
#[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
fn stored(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = env::var_os("CENOTE_DATA_DIR").map_or(beside, PathBuf::from);
    let path = root.join(name);
    if !path.exists() {
        eprintln!("SKIPPED: {} is not there; set CENOTE_DATA_DIR", path.display());
        return None;
    }
    Some(path)
}

/// Reads a file of one JSON value per line from the development data, or says that it is not there.
fn lines(name: &str) -> Option<Vec<Value>> {
    let text = fs::read_to_string(stored("detection")?.join(name)).expect("a stored file is text");
    Some(parsed(&text))
}

/// One JSON value per line.
fn parsed(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// Reads a file of one JSON value from a folder of the development data.
fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("a stored file is text");
    serde_json::from_str(&text).expect("a stored file is JSON")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A stored number; what JSON cannot write is stored as text.
fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some(text) => text.parse().expect("nan, inf or -inf is stored here"),
        None => value.as_f64().expect("a number is stored here"),
    }
}

fn indices(value: &Value) -> Vec<usize> {
    array(value)
        .iter()
        .map(|index| index.as_u64().expect("an index is stored here") as usize)
        .collect()
}

/// Whether a score is the stored one to 1e-12; NaN (stored as text) and null stand for undefined.
fn agrees(got: Option<f64>, stored: &Value) -> bool {
    match (got, stored.as_f64()) {
        (Some(got), Some(stored)) => (got - stored).abs() < 1e-12,
        (None, None) => stored.is_null() || stored == "nan",
        _ => false,
    }
}
