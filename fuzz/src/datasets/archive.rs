//! Zip and tar archives, through the sets that are read from them.

use std::fs;

use cenote_datasets::TEXT_KINDS;

use super::{load, sound};

/// The bytes as a zip: of arrays, and of captchas.
pub fn archive(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("file.zip");
    fs::write(&path, bytes).expect("a file can be written");
    if let Ok(set) = load("kind = 'npz'\nfile = 'FILE'", &path) {
        sound(&set);
    }
    let table = format!("kind = 'captcha'\npath = '{}'", path.display());
    let table = table.parse().expect("the target's text is TOML");
    let source = cenote_spec::parse(&[TEXT_KINDS], table).expect("the table fits its kind");
    if let Ok(set) = source.load() {
        assert!(!set.train.is_empty() && !set.test.is_empty());
        assert!(set.train.iter().chain(&set.test).all(|image| !image.text.is_empty()));
    }
    let left = fs::read_dir(folder.path()).expect("the folder is there").count();
    assert_eq!(left, 1, "nothing is unpacked");
}

/// The bytes as an archive of CIFAR-10.
pub fn cifar(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("file.tar.gz");
    fs::write(&path, bytes).expect("a file can be written");
    if let Ok(set) = load("kind = 'cifar10'\nfile = 'FILE'", &path) {
        sound(&set);
    }
}
