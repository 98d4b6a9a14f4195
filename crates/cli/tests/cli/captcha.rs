//! `cenote captcha`: cut, train, judge and read.

use std::fs;

use crate::program::{Place, says};

/// Draws upright black letters on white, of four characters, as `set`.
fn drawn(place: &Place, train: usize) {
    place.succeeds(&format!(
        "data make synthetic_captcha --set style='clean' --set alphabet='2bmx' --set length=[3,3] \
         --set size=[32,96] --set train={train} --set test=6 --set seed=4 --out set"
    ));
}

/// A name of an image of the set, with the text that stands in it.
fn first(place: &Place) -> (String, String) {
    let mut names: Vec<String> = fs::read_dir(place.path("set/train"))
        .expect("the set was made")
        .map(|entry| entry.expect("an image").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    let text = names[0].split('_').next().expect("the text comes first").to_owned();
    (format!("set/train/{}", names[0]), text)
}

#[test]
fn an_image_is_cut_into_its_letters_and_drawn() {
    let place = Place::new();
    drawn(&place, 4);
    let (file, _) = first(&place);
    let words = format!("captcha segment {file} --draw seen/cut.png --json");
    let document = place.json(&words, "cenote.captcha.segment/1");
    let pieces = document["pieces"].as_array().expect("a list");
    assert_eq!(pieces.len(), 3, "{document}");
    let left = |nth: usize| pieces[nth]["box"][0].as_u64().expect("a column");
    assert!(left(0) < left(1) && left(1) < left(2));
    assert_eq!(document["by"], "components", "letters stand apart");
    assert!(place.read("seen/cut.png").starts_with(b"\x89PNG"));
    let two = place.succeeds(&format!("captcha segment {file} --length 2"));
    says(&two, &["cut by columns into 2 letters", "letter 2: rows"]);
}

#[test]
fn a_set_becomes_a_folder_of_letters_for_each_character() {
    let place = Place::new();
    drawn(&place, 8);
    let words = "captcha split set --separator _ --out letters --side 20 --json";
    let document = place.json(words, "cenote.captcha.split/1");
    assert_eq!((&document["images"], &document["left_out"]), (&14.into(), &serde_json::json!([])));
    let counts = document["letters"].as_object().expect("counts");
    let all: u64 = counts.values().filter_map(serde_json::Value::as_u64).sum();
    assert_eq!(all, 3 * 14);
    for (character, count) in counts {
        let files = fs::read_dir(place.path(&format!("letters/{character}"))).expect("a folder");
        assert_eq!(files.count() as u64, count.as_u64().expect("a count"));
    }
    let error = place.refuses("captcha split set --separator _ --out letters", 2);
    says(&error, &["--out letters: is there and not an empty folder; nothing is overwritten"]);
    // What cannot be read leaves nothing behind.
    fs::write(place.path("set/train/2bc_9999.png"), "no image").expect("writable");
    let error = place.refuses("captcha split set --separator _ --out others", 4);
    says(&error, &["2bc_9999.png"]);
    assert!(!place.path("others").exists());
}

#[test]
fn a_reader_of_letters_is_trained_judged_and_reads() {
    let place = Place::new();
    drawn(&place, 54);
    let train = "captcha train set --separator _ --method letters --epochs 20 --folds 3 --out r.cenote --quiet --json";
    let document = place.json(train, "cenote.captcha.train/1");
    let share = document["scores"]["whole_texts"]["share"].as_f64().expect("a share");
    assert!(share >= 0.8, "{document}");
    let judged = place.json("captcha evaluate r.cenote --json", "cenote.captcha.evaluate/1");
    assert_eq!(judged["scores"], document["scores"]);
    let (file, text) = first(&place);
    let read = place.json(&format!("captcha read r.cenote {file} --json"), "cenote.captcha.read/1");
    assert_eq!(read["text"], text.as_str());
    assert_eq!(read["characters"].as_array().map(Vec::len), Some(3));
    let many = place.succeeds("captcha read r.cenote set/train set/test");
    assert_eq!(many.lines().count(), 60);
}

#[test]
fn readers_of_whole_images_have_the_same_weights_on_any_number_of_threads() {
    let place = Place::new();
    drawn(&place, 6);
    for method in ["ctc", "positions"] {
        let train =
            format!("captcha train set --separator _ --method {method} --folds 3 --quiet --json");
        let weights = |words: &str| {
            let document = place.json(&format!("{train} {words}"), "cenote.captcha.train/1");
            document["readers"][0]["weights"].as_str().expect("a digest").to_owned()
        };
        let whole = weights("--epochs 1 --out a.cenote");
        assert_eq!(weights("--epochs 1 --out a.cenote --resume"), whole);
        assert_eq!(weights("--epochs 1 --out b.cenote --threads 1"), whole);
        let read = place.succeeds("captcha read a.cenote set/test");
        assert_eq!(read.lines().count(), 6);
    }
}

#[test]
fn every_fold_has_its_reader_and_all_are_judged_together() {
    let place = Place::new();
    drawn(&place, 12);
    let words = "captcha train set --separator _ --method letters --epochs 1 --folds 3 --every-fold --out k.cenote --quiet --json";
    let document = place.json(words, "cenote.captcha.train/1");
    assert_eq!(document["scores"]["whole_texts"]["of"], 18);
    assert_eq!(document["readers"].as_array().map(Vec::len), Some(3));
    assert!(place.path("k-fold3.cenote").is_file());
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).expect("writable");
    let error = place.refuses("captcha train empty --out r.cenote", 4);
    says(&error, &["empty: number of images is 0; expected at least 1"]);
    place.write("no.png", "no image");
    let error = place.refuses("captcha segment no.png", 4);
    says(&error, &["no.png: image is"]);
    drawn(&place, 6);
    let (file, _) = first(&place);
    let error = place.refuses(&format!("captcha segment {file} --median 4"), 2);
    says(&error, &["--median", "expected an odd number from 1 to 31"]);
    let error = place.refuses("captcha train set --folds 3 --fold 4 --out r.cenote", 2);
    says(&error, &["--fold 4; expected 1 to 3"]);
    place.succeeds("train smoke --epochs 1 --out smoke.cenote --quiet");
    let error = place.refuses(&format!("captcha read smoke.cenote {file}"), 1);
    says(&error, &["the network reads no texts"]);
}

#[test]
fn one_image_that_cannot_be_read_does_not_keep_the_others_from_being_read() {
    let place = Place::new();
    drawn(&place, 6);
    place.succeeds("captcha train set --separator _ --method letters --epochs 1 --folds 3 --out r.cenote --quiet");
    place.write("no.png", "no image");
    let (file, _) = first(&place);
    let said = place.cenote(&format!("captcha read r.cenote {file} no.png {file}"));
    assert_eq!((said.code, said.out.lines().count()), (Some(4), 2), "{said:?}");
    says(&said.err, &["no.png"]);
    let error = place.refuses("predict r.cenote no.png", 1);
    says(&error, &["no.png"]);
}

#[test]
fn characters_that_a_reader_does_not_know_count_as_wrong() {
    let place = Place::new();
    drawn(&place, 6);
    place.succeeds("captcha train set --separator _ --method letters --epochs 1 --folds 3 --out r.cenote --quiet");
    fs::create_dir(place.path("other")).expect("writable");
    let (file, _) = first(&place);
    fs::copy(place.path(&file), place.path("other/Q7\u{e9}.png")).expect("writable");
    let judged = place.json("captcha evaluate r.cenote other --json", "cenote.captcha.evaluate/1");
    assert_eq!(judged["scores"]["unknown"], 1);
    assert_eq!(judged["scores"]["whole_texts"]["hits"], 0);
}
