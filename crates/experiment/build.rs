//! Gives the crate a fingerprint of the code that decides a result, so that records of other code are
//! never taken for records of this one.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// The crates a result depends on.
const CRATES: [&str; 6] = ["tensor", "spec", "autograd", "datasets", "layers", "experiment"];

fn main() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut hasher = DefaultHasher::new();
    for name in CRATES {
        let folder = crates.join(name).join("src");
        println!("cargo::rerun-if-changed={}", folder.display());
        for file in files(&folder) {
            let inside = file.strip_prefix(&crates).expect("files lie under their crate");
            inside.to_string_lossy().replace('\\', "/").hash(&mut hasher);
            fs::read(&file).expect("a source file is readable").hash(&mut hasher);
        }
    }
    println!("cargo::rustc-env=CENOTE_CODE={:016x}", hasher.finish());
}

/// Every file under a folder, in an order that does not depend on the file system.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a source folder is readable")
        .map(|entry| entry.expect("a folder entry is readable").path())
        .collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}
