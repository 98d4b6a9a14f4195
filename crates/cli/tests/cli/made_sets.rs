//! `cenote data make`: what is drawn is written, and what is written is read back by our own readers.

use std::fs;

use cenote_datasets::{
    Channels, DETECTION_KINDS, Dataset, DetectionSet, KINDS, Scene, Split, TEXT_KINDS, TextSet,
};
use cenote_metrics::{CocoReader, Mode, Rle, Segmentation, Similarity};
use serde_json::Value;
use toml::Table;

use crate::program::{Place, says};

/// Draws a set into the folder `set`; returns how it was drawn and the table to read it with.
fn made(place: &Place, words: &str) -> (Table, Table) {
    let document = place.json(&format!("data make {words} --out set --json"), "cenote.data.make/1");
    let table =
        |value: &Value| -> Table { serde_json::from_value(value.clone()).expect("a table") };
    let mut read_with = table(&document["read_with"]);
    for (_, value) in &mut read_with {
        let is_path = value.as_str().is_some_and(|text| text.starts_with("set"));
        if is_path {
            *value = place.path(value.as_str().expect("text")).display().to_string().into();
        }
    }
    (table(&document["drawn"]), read_with)
}

fn classes(table: Table) -> Dataset {
    cenote_spec::parse(&[KINDS], table).expect("it is listed").load().expect("it loads")
}

fn boxes(table: Table) -> DetectionSet {
    cenote_spec::parse(&[DETECTION_KINDS], table).expect("it is listed").load().expect("it loads")
}

fn texts(table: Table) -> TextSet {
    cenote_spec::parse(&[TEXT_KINDS], table).expect("it is listed").load().expect("it loads")
}

/// Every image with the name of its class, in an order of its own.
fn named(set: &Dataset, split: &Split) -> Vec<(String, Vec<u8>)> {
    let labels = split.labels().iter().enumerate();
    let mut all: Vec<_> = labels
        .map(|(index, &label)| (set.classes[label].clone(), split.images().image(index).to_vec()))
        .collect();
    all.sort();
    all
}

#[test]
fn folders_of_classes_are_read_back_as_they_were_drawn() {
    for words in [
        "shapes_on_clutter --set size=24 --train 40 --test 16 --seed 7",
        "shapes_on_clutter --set channels=rgb --set classes=['disc','A','7'] --train 9 --test 3",
        "cluttered_fashion_mnist --train 30 --test 10 --seed 2",
    ] {
        let place = Place::new();
        let (drawn, read_with) = made(&place, words);
        let (drawn, read) = (classes(drawn), classes(read_with.clone()));
        assert_eq!(read.classes, drawn.classes, "{words}");
        assert_eq!(named(&read, &read.train), named(&drawn, &drawn.train), "{words}");
        assert_eq!(named(&read, &read.test), named(&drawn, &drawn.test), "{words}");

        // The same by the file of labels, which has the order of drawing and leads to the masks.
        let mut by_labels = read_with;
        by_labels.insert("labels".to_owned(), "labels.csv".into());
        let labelled = classes(by_labels);
        assert_eq!(labelled.train, drawn.train, "{words}");
        let rows = place.text("set/labels.csv");
        for (index, row) in rows.lines().skip(1).take(drawn.train.len()).enumerate() {
            let file = row.split(',').next().expect("a file");
            let mask = image::load_from_memory(&place.read(&format!("set/masks/{file}")));
            let composition =
                drawn.train.images().composition(index).expect("drawn").expect("drawn");
            assert_eq!(mask.expect("a PNG").into_luma8().into_raw(), composition.mask().bytes());
        }
    }
}

#[test]
fn canvases_are_read_back_with_boxes_and_masks() {
    let place = Place::new();
    let words = "canvases --set size=[96,80] --set from={kind='digits'} --set scale=[1.5,3.0] --train 12 --test 6";
    let (drawn, read_with) = made(&place, words);
    let (drawn, read) = (boxes(drawn), boxes(read_with));
    assert_eq!(read.classes, drawn.classes);
    let seen = |scenes: &[Scene]| -> Vec<_> {
        let seen = |scene: &Scene| {
            let pixels = scene.picture.decode(Channels::Rgb).expect("it is an image");
            (pixels, scene.size, scene.objects.clone())
        };
        scenes.iter().map(seen).collect()
    };
    assert_eq!(seen(&read.train), seen(&drawn.train));
    assert_eq!(seen(&read.test), seen(&drawn.test));
    assert!(read.left_out.is_empty());

    let reader = CocoReader { similarity: Similarity::Masks, mode: Mode::Strict, federated: false };
    let truth = reader.truth(&place.path("set/annotations/train.json")).expect("COCO reads it");
    let masks: Vec<Rle> = drawn
        .train
        .iter()
        .flat_map(|scene| scene.picture.composition().expect("drawn").expect("drawn").objects())
        .filter(|object| object.mask.area() > 0)
        .map(|object| object.mask.runs())
        .collect();
    let runs = |object: &cenote_metrics::Object| match &object.segmentation {
        Some(Segmentation::Rle(runs)) => runs.clone(),
        other => panic!("no runs: {other:?}"),
    };
    assert_eq!(truth.objects.iter().map(runs).collect::<Vec<_>>(), masks);
}

#[test]
fn captchas_are_read_back_and_their_letters_lie_in_their_boxes() {
    let place = Place::new();
    // Two letters of two: every text occurs more than once.
    let words =
        "synthetic_captcha --set alphabet=ab --set length=[2,2] --train 20 --test 8 --seed 5";
    let (drawn, read_with) = made(&place, words);
    let (drawn, read) = (texts(drawn), texts(read_with));
    for (drawn, read) in [(&drawn.train, &read.train), (&drawn.test, &read.test)] {
        let seen = |set: &[cenote_datasets::TextImage]| {
            let seen = |image: &cenote_datasets::TextImage| {
                (image.text.clone(), image.picture.decode(Channels::Grey).expect("an image"))
            };
            let mut seen: Vec<_> = set.iter().map(seen).collect();
            seen.sort();
            seen
        };
        assert_eq!(seen(drawn), seen(read));
    }
    let letters: Value = serde_json::from_str(&place.text("set/letters.json")).expect("JSON");
    let images = letters["images"].as_array().expect("a list");
    assert_eq!((images.len(), &letters["schema"]), (28, &"cenote.data.letters/1".into()));
    for entry in images {
        let read: String = entry["letters"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|letter| letter["character"].as_str().expect("a letter"))
            .collect();
        let file = entry["file"].as_str().expect("a name");
        assert!(file.contains(&format!("/{read}_")) && entry["text"] == *read, "{file}");
        assert!(place.path("set").join(file).is_file());
        let mask = &entry["letters"][0]["mask"];
        let runs = Rle::from_text(48, 160, mask["counts"].as_str().expect("text")).expect("runs");
        let [x, y, width, height] = runs.bounds();
        let corners: Vec<f64> = entry["letters"][0]["box"]
            .as_array()
            .expect("four")
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        assert_eq!(corners, [x, y, x + width, y + height]);
    }
}

#[test]
fn the_same_settings_give_the_same_files_and_the_note_draws_them_again() {
    let place = Place::new();
    let words = "data make shapes_on_clutter --train 8 --test 8 --seed 9 --quiet --out";
    place.succeeds(&format!("{words} a"));
    place.succeeds(&format!("{words} deep/b"));
    for file in ["labels.csv", "drawn.toml", "train/star/000004.png", "masks/test/disc/000006.png"]
    {
        assert_eq!(
            place.read(&format!("a/{file}")),
            place.read(&format!("deep/b/{file}")),
            "{file}"
        );
    }
    let note: Table = place.text("a/drawn.toml").parse().expect("TOML");
    // What was not said is written down too, since a later version may have another usual value.
    let keys = ["kind", "size", "classes", "train", "test", "scale", "max_degrees", "position"];
    let keys = keys.into_iter().chain(["contrast", "clutter", "background", "channels", "seed"]);
    assert!(note.keys().map(String::as_str).eq(keys), "{note}");
    assert_eq!(classes(note).test.len(), 8);
    let left: Vec<_> = fs::read_dir(place.path("")).expect("a folder").collect();
    assert_eq!(left.len(), 2, "nothing else is left: {left:?}");
}

#[test]
fn what_is_there_is_not_overwritten_and_what_cannot_be_drawn_is_refused() {
    let place = Place::new();
    fs::create_dir(place.path("full")).expect("writable");
    place.write("full/mine.txt", "mine");
    place.write("file", "mine");
    let make = |words: &str| place.refuses(&format!("data make {words}"), 2);
    for taken in ["full", "file"] {
        let error = make(&format!("shapes_on_clutter --out {taken}"));
        says(&error, &[taken, "is there and not an empty folder"]);
    }
    assert_eq!(place.text("full/mine.txt"), "mine");
    fs::create_dir(place.path("empty")).expect("writable");
    place.succeeds("data make shapes_on_clutter --train 8 --test 8 --out empty");
    assert!(place.path("empty/labels.csv").is_file());

    says(&make("mnist --out x"), &["`mnist` is read, not drawn", "synthetic_captcha"]);
    says(&make("canvasses --out x"), &["unknown kind `canvasses`", "mean `canvases`?"]);
    says(&make("canvases --set size=[9,9] --out x"), &["size is 9", "expected a whole number"]);
    says(&make("canvases --train 5 --set train=6 --out x"), &["--set train: is given already"]);
    says(&make("canvases --set size=[9,9] --out deep/x"), &["size is 9"]);
    assert!(!place.path("x").exists() && !place.path("deep").exists());
    says(&place.refuses("data fetch canvases", 2), &["`canvases` is drawn"]);
}

#[test]
fn the_note_of_a_set_that_is_made_of_another_drawn_one_has_the_settings_of_both() {
    let place = Place::new();
    let from = "from={kind='shapes_on_clutter',train=8,test=8}";
    let (drawn, _) = made(&place, &format!("canvases --train 3 --test 2 --set {from}"));
    let note: Table = place.text("set/drawn.toml").parse().expect("TOML");
    assert_eq!(note, drawn);
    assert_eq!(
        (note["patch"].as_integer(), note["from"]["size"].as_integer()),
        (Some(8), Some(32))
    );
    assert_eq!(boxes(note).train.len(), 3);
}

#[cfg(unix)]
#[test]
fn a_link_to_an_empty_folder_is_filled_and_the_working_directory_is_left_alone() {
    let place = Place::new();
    let error = place.refuses("data make shapes_on_clutter --out .", 2);
    says(&error, &["--out .: is the working directory", "name a folder in it"]);
    says(&place.refuses("data make shapes_on_clutter --out new/..", 2), &["names no folder"]);
    fs::create_dir_all(place.path("deep/empty")).expect("writable");
    std::os::unix::fs::symlink("deep/empty", place.path("link")).expect("writable");
    place.succeeds("data make shapes_on_clutter --train 8 --test 8 --out link");
    assert!(place.path("link").is_symlink() && place.path("deep/empty/labels.csv").is_file());
    let left: Vec<_> = fs::read_dir(place.path("")).expect("a folder").collect();
    assert_eq!(left.len(), 2, "nothing else is left: {left:?}");
}

#[test]
fn drawn_sets_are_inspected_and_listed() {
    let place = Place::new();
    let small = "--set train=16 --set test=8";
    for kind in ["shapes_on_clutter", "cluttered_fashion_mnist", "canvases", "synthetic_captcha"] {
        let words =
            place.succeeds(&format!("data inspect {kind} {small} --grid {kind}.png --columns 2"));
        says(&words, &[&format!("{kind}: 16 + 8 images"), "0 test images in train"]);
        let picture = image::load_from_memory(&place.read(&format!("{kind}.png"))).expect("a PNG");
        let red = picture.into_rgb8().pixels().filter(|pixel| pixel.0 == [255, 32, 32]).count();
        assert!(red > 100, "{kind}: masks or boxes are drawn");
    }
    let list = place.json("data list --json", "cenote.data.list/1");
    let sets = list["sets"].as_array().expect("a list");
    let drawn = sets.iter().filter(|set| set["state"] == "drawn").count();
    assert_eq!(drawn, 4);
    says(&place.succeeds("list datasets"), &["shapes_on_clutter", "cluttered_fashion_mnist"]);
}

#[test]
fn a_study_names_a_drawn_set() {
    let place = Place::new();
    let shapes = "{ kind = \"shapes_on_clutter\", size = 16, classes = [\"disc\", \"cross\"], clutter = 0.0, \
                  scale = [0.6, 0.8], background = \"flat\", train = 64, test = 32 }";
    place.study(
        "drawn.toml",
        &[("{ kind = \"digits\" }", shapes), ("out_features = 10", "out_features = 2")],
    );
    let scores = place.json("train drawn.toml --epochs 2 --out net --json", "cenote.train/1");
    assert!(scores["scores"]["accuracy"].as_f64().is_some(), "{scores}");
}
