//! Memory does not grow with a folder whose images stay in their files. It is a test of its own process, since the system
//! counts memory by process.

#![cfg(target_os = "linux")]

use std::fs;

use cenote_datasets::{Batches, KINDS, Normalization};

/// Bytes of a field of `/proc/self/status`.
fn status(field: &str) -> usize {
    let text = fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = text.lines().find_map(|line| line.strip_prefix(field)).expect("a field of it");
    let kibibytes = line.trim_matches([':', '\t', ' ', 'k', 'B']).parse::<usize>();
    kibibytes.expect("a number of kB") * 1024
}

#[test]
fn a_folder_in_files_is_read_with_the_memory_of_a_few_batches() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("all")).unwrap();
    for file in 0..1500_u32 {
        let image = image::RgbImage::from_pixel(96, 96, image::Rgb([file as u8, 1, 2]));
        image.save(folder.path().join(format!("all/{file}.bmp"))).unwrap();
    }
    // Decoded, they are 41 MB.
    let mut table: toml::Table = "kind = 'image_folder'\nkeep = 'files'".parse().unwrap();
    table.insert("dir".to_owned(), folder.path().display().to_string().into());
    let before = status("VmHWM");
    let set = cenote_spec::parse(&[KINDS], table).unwrap().load().unwrap();
    let normalization = Normalization::of(&set.train).unwrap();
    let batches = Batches::sequential(&set.train, &normalization, 20).unwrap();
    let read: usize = batches.prefetched(2).unwrap().map(|batch| batch.unwrap().labels.len()).sum();
    assert_eq!(read, 1200);
    let grown = status("VmHWM") - before;
    assert!(grown < 16 << 20, "{} KiB", grown >> 10);
}
