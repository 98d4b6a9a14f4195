//! `cenote data`: what is there, what is fetched, what is in a set.

use std::path::Path;

use cenote_datasets::{DETECTION_KINDS, KINDS, TEXT_KINDS};

use crate::program::{Place, Said, says};

/// What the program says to these words with this folder of data.
fn with_data(place: &Place, data: &Path, words: &str) -> Said {
    Said::of(place.command(words).env("CENOTE_DATA_DIR", data))
}

#[test]
fn every_set_is_listed_with_its_state() {
    let place = Place::new();
    std::fs::create_dir(place.path("mnist")).expect("the folder is writable");
    place.write("mnist/t10k-labels-idx1-ubyte.gz", [0; 4_542]);
    let said = with_data(&place, &place.path(""), "data list --json");
    let list: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(list["schema"], "cenote.data.list/1");
    let sets = list["sets"].as_array().expect("a list");
    let state = |name: &str| {
        let mut found = sets.iter().filter(|set| set["name"] == name);
        found.next().expect("it is listed")["state"].as_str().expect("words").to_owned()
    };
    assert_eq!(
        ["digits", "mnist", "kmnist", "voc"].map(state),
        ["embedded", "in part", "absent", "your files"]
    );
    assert_eq!(sets.len(), KINDS.len() + DETECTION_KINDS.len() + TEXT_KINDS.len());
    let words = with_data(&place, &place.path(""), "data list").out;
    says(&words, &["\nmnist ", " in part ", "folder: "]);
}

#[test]
fn the_folder_of_a_set_is_printed() {
    let place = Place::new();
    let said = with_data(&place, Path::new("/data"), "data path fashion_mnist");
    assert_eq!(said.out.trim_end(), Path::new("/data/fashion-mnist").display().to_string());
    let without = place.command("data path").env("XDG_CACHE_HOME", "/cache").ok();
    let without = String::from_utf8(without.expect("it succeeds").stdout).expect("UTF-8");
    assert!(without.trim_end().ends_with("cenote"), "{without}");
}

#[test]
fn names_that_have_no_files_are_refused_with_the_reason() {
    let place = Place::new();
    says(
        &place.refuses("data fetch mnits", 2),
        &["unknown data set `mnits`", "did you mean `mnist`?"],
    );
    says(&place.refuses("data fetch digits", 2), &["`digits` is part of the program"]);
    says(&place.refuses("data verify idx", 2), &["`idx` reads your own files"]);
    says(&place.refuses("data inspect dgits", 2), &["unknown kind `dgits`", "mean `digits`?"]);
}

#[test]
fn without_a_network_it_says_what_to_put_where() {
    // A proxy that is not there keeps every address away, whatever the machine can reach.
    let place = Place::new();
    let mut command = place.command("data fetch mnist --quiet --from http://127.0.0.1:1/");
    command.env("CENOTE_DATA_DIR", place.path("data"));
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let words = Said::of(&mut command).refusal("data fetch mnist", 4);
    let folder = place.path("data/mnist").display().to_string();
    says(
        &words,
        &[
            "could not be fetched; http://127.0.0.1:1/train-images-idx3-ubyte.gz: ",
            &format!("to do it by hand, put these into {folder}:"),
            "t10k-labels-idx1-ubyte.gz (4542 bytes, sha256 f7ae60f92e00ec6debd23a6088c31dbd",
            "they are at https://ossci-datasets.s3.amazonaws.com/mnist/",
        ],
    );
}

#[test]
fn files_are_compared_with_what_was_published() {
    let place = Place::new();
    std::fs::create_dir(place.path("mnist")).expect("the folder is writable");
    place.write("mnist/t10k-labels-idx1-ubyte.gz", [0; 4_542]);
    let said = with_data(&place, &place.path(""), "data verify mnist");
    says(
        &said.out,
        &["train-images-idx3-ubyte.gz: is not there", "t10k-labels-idx1-ubyte.gz: sha256 is"],
    );
    assert_eq!(said.code, Some(4), "{said:?}");
    says(&said.err, &["error: ", "0 of 4 files are the published ones"]);
}

#[test]
fn a_set_is_shown_in_words_in_json_and_as_a_picture() {
    let place = Place::new();
    let words = place.succeeds("data inspect digits --grid digits.png --columns 3");
    says(
        &words,
        &[
            "digits: 1347 + 450 images of 10 classes\nsize: 8x8\nchannels: 1\n",
            "duplicates: 0 within train, 0 within test, 0 test images in train\n",
            "licence: CC BY 4.0\n",
        ],
    );
    let picture = image::load_from_memory(&place.read("digits.png")).expect("a PNG");
    // Ten rows of three tiles of 96 pixels, with gaps and words.
    assert_eq!((picture.width(), picture.height()), (3 * 100 + 4, 10 * 112 + 4));
    let document = place.json("data inspect digits --json", "cenote.data.inspect/1");
    assert_eq!(document["duplicates"]["across"], 0);
    assert_eq!(document["classes"][3]["name"], "3");
}

#[test]
fn leaks_between_the_parts_are_counted() {
    let place = Place::new();
    place.write("train.csv", "0,1,2\n1,3,4\n0,1,2\n");
    place.write("test.csv", "1,1,2\n1,9,9\n");
    let words = place
        .succeeds("data inspect csv --set train=train.csv --set test=test.csv --set shape=[1,1,2]");
    says(
        &words,
        &[
            "duplicates: 1 within train, 0 within test, 1 test images in train; 1 with another label \
         (train 0 = train 2, train 0 = test 0)\n",
        ],
    );
}

#[test]
fn boxes_and_texts_are_shown_too() {
    let place = Place::new();
    let png = |name: &str, value: u8| {
        let path = place.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        let pixel = image::Luma([value]);
        image::GrayImage::from_pixel(20, 10, pixel).save(path).expect("writable");
    };
    png("boxes/images/a.png", 0);
    png("boxes/images/b.png", 9);
    std::fs::create_dir(place.path("boxes/labels")).expect("writable");
    place.write("boxes/labels/a.txt", "1 0.5 0.5 0.5 0.5\n0 0.1 0.1 0 0\n");
    place.write("boxes/classes.txt", "cat\ndog\n");
    let words =
        place.succeeds("data inspect yolo --set dir=boxes --set test_share=0.5 --grid boxes.png");
    says(
        &words,
        &["1 + 1 images, 1 objects of 2 classes", "size: 10x20", "boxes left out: 1\n  cat"],
    );
    assert!(image::load_from_memory(&place.read("boxes.png")).is_ok());
    png("texts/ab.png", 0);
    png("texts/bc.png", 7);
    let words = place.succeeds("data inspect captcha --set path=texts --grid texts.png");
    says(&words, &["1 + 1 images, 2 to 2 characters of 3", "\nb "]);
    place.write("texts/cd.png", "no image");
    says(&place.refuses("data inspect captcha --set path=texts", 4), &["cd.png: image is "]);
}
