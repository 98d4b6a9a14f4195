//! Data that are missing, cut short or altered.

use cenote_datasets::Idx;

use crate::program::{Place, Said, says};

/// Two classes that a glance tells apart: the left or the right half of a 6x5 image is bright.
fn place() -> Place {
    let place = Place::new();
    let idx = |dims: &[usize], values: Vec<u8>| Idx::new(dims.to_vec(), values).expect("fits");
    for (part, count) in [("train", 40), ("test", 20)] {
        let labels: Vec<u8> = (0..count).map(|i| (i % 2) as u8).collect();
        let pixel = |i: usize| {
            let right = i % 5 > 2;
            if right == (labels[i / 30] == 1) { 200 + (i % 7) as u8 } else { (i % 11) as u8 }
        };
        let images = (0..30 * count).map(pixel).collect();
        place.write(&format!("{part}-images"), idx(&[count, 6, 5], images).encode_gzip());
        place.write(&format!("{part}-labels"), idx(&[count], labels.clone()).encode());
    }
    let files = "{ kind = \"idx\", train_images = \"train-images\", train_labels = \"train-labels\", \
                 test_images = \"test-images\", test_labels = \"test-labels\" }";
    place.study(
        "mine.toml",
        &[("{ kind = \"digits\" }", files), ("out_features = 10", "out_features = 2")],
    );
    place
}

#[test]
fn own_files_are_trained_on() {
    let place = place();
    let scores = place.json("train mine.toml --epochs 20 --out net --json", "cenote.train/1");
    assert_eq!(scores["scores"]["accuracy"], 1.0, "{scores}");
}

#[test]
fn a_file_that_is_cut_short_is_refused_with_its_name() {
    for file in ["train-images", "train-labels", "test-images", "test-labels"] {
        let place = place();
        let whole = place.read(file);
        for length in [0, 3, 9, whole.len() / 2, whole.len() - 1] {
            place.write(file, &whole[..length]);
            let error = place.refuses("ablate mine.toml", 4);
            says(&error, &[file]);
        }
        assert!(!place.path("runs").exists(), "nothing was begun");
    }
}

#[test]
fn an_altered_byte_of_a_compressed_file_is_noticed() {
    let place = place();
    let mut bytes = place.read("test-images");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    place.write("test-images", bytes);
    says(&place.refuses("ablate mine.toml", 4), &["test-images"]);
}

#[test]
fn a_file_of_another_format_is_refused_with_what_it_begins_with() {
    let place = place();
    place.write("train-labels", "label\n0\n1\n0\n1\n");
    says(&place.refuses("ablate mine.toml", 4), &["train-labels", "expected"]);
    // A header that promises more than any machine holds costs no memory.
    let huge = [0, 0, 8, 3, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff];
    place.write("train-labels", huge);
    says(&place.refuses("ablate mine.toml", 4), &["train-labels"]);
}

#[test]
fn files_that_are_not_there_are_named() {
    let place = place();
    std::fs::remove_file(place.path("test-labels")).expect("it is there");
    says(&place.refuses("ablate mine.toml", 4), &["test-labels", "cannot be read"]);
}

#[test]
fn a_published_data_set_that_is_missing_says_what_to_put_where() {
    let place = Place::new();
    let error = place.refuses("ablate full", 4);
    says(&error, &["CENOTE_DATA_DIR", "fashion-mnist/", "train-images-idx3-ubyte.gz", "sha256"]);

    std::fs::create_dir(place.path("data")).expect("writable");
    let there = |place: &Place| {
        Said::of(place.command("ablate full").env("CENOTE_DATA_DIR", place.path("data")))
            .refusal("ablate full", 4)
    };
    let error = there(&place);
    let folder = place.path("data").join("fashion-mnist").display().to_string();
    says(&error, &[&folder, "does not hold `train-images-idx3-ubyte.gz`", "wanted from http"]);

    std::fs::create_dir(place.path("data/fashion-mnist")).expect("writable");
    for part in ["train", "t10k"] {
        place.write(&format!("data/fashion-mnist/{part}-images-idx3-ubyte.gz"), "not these");
        place.write(&format!("data/fashion-mnist/{part}-labels-idx1-ubyte.gz"), "not these");
    }
    says(&there(&place), &["train-images-idx3-ubyte.gz", "holds 9 bytes; expected 26421880"]);
}
