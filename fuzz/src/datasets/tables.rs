//! Tables of pixels, and files of labels.

use std::fs;

use super::{load, sound};

/// The first byte says where the label stands; the rest is the table.
pub fn csv(bytes: &[u8]) {
    let Some((&how, file)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("file.csv");
    fs::write(&path, file).expect("a file can be written");
    let label = if how & 1 == 0 { "first" } else { "last" };
    let table = format!("kind = 'csv'\ntrain = 'FILE'\nshape = [1, 2, 2]\nlabel = '{label}'");
    if let Ok(set) = load(&table, &path) {
        sound(&set);
    }
}

/// The first byte says whether the rest is CSV or lines of JSON.
pub fn labels(bytes: &[u8]) {
    let Some((&how, file)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let name = if how & 1 == 0 { "labels.csv" } else { "labels.jsonl" };
    fs::write(folder.path().join(name), file).expect("a file can be written");
    let table = format!("kind = 'image_folder'\ndir = 'FILE'\nlabels = '{name}'\nsize = [2, 2]");
    if let Ok(set) = load(&table, folder.path()) {
        sound(&set);
    }
}
