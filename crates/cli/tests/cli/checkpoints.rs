//! Train, evaluate, predict: one network through its file.

use crate::program::{Place, says};

/// A place with a network of one epoch.
fn trained() -> Place {
    let place = Place::new();
    place.succeeds("train smoke --epochs 1 --out net");
    place
}

#[test]
fn a_network_is_judged_alike_by_training_and_from_its_file() {
    let place = Place::new();
    let trained = place.json("train smoke --seed 7 --out nets/net --json", "cenote.train/1");
    let judged = place.json("evaluate nets/net --json", "cenote.evaluate/1");
    assert_eq!(trained["scores"], judged["scores"]);
    assert_eq!((&judged["arm"], &judged["seed"]), (&"max".into(), &7.into()));
    let words = place.succeeds("evaluate nets/net");
    let accuracy = 100.0 * judged["scores"]["accuracy"].as_f64().expect("a number");
    says(&words, &[&format!("test accuracy {accuracy:.2} % ("), "of 450 images", "precision"]);

    // Precision and recall per class are those of the predictions one by one.
    let all: Vec<String> = (0..450).map(|i| i.to_string()).collect();
    let lines = place.succeeds(&format!("predict nets/net --json --test {}", all.join(",")));
    let seen: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("one document a line"))
        .collect();
    assert!(seen.iter().all(|one| one["schema"] == "cenote.predict/1"));
    let right = seen.iter().filter(|one| one["class"] == one["truth"]).count();
    assert_eq!(judged["scores"]["accuracy"], right as f64 / 450.0);
    let row = &judged["classes"][3];
    let of_class = |key: &str| seen.iter().filter(|one| one[key] == row["class"]).count() as f64;
    let hits = seen.iter().filter(|o| o["class"] == row["class"] && o["truth"] == row["class"]);
    assert_eq!(row["recall"], hits.count() as f64 / of_class("truth"));
    assert_eq!(row["support"], of_class("truth"));
}

#[test]
fn a_network_is_judged_under_a_corruption_as_its_study_would_judge_it() {
    let place = Place::new();
    let asked =
        "[robustness]\ncorruptions = [\"gaussian_noise\"]\nseverities = [1, 5]\n\n[questions]";
    place.study("mine.toml", &[("[questions]", asked)]);
    place.succeeds("ablate mine.toml --seeds 1 --out runs --quiet");
    place.succeeds("train mine.toml --out net");
    let words = "evaluate net --corruption gaussian_noise --severity";
    let lines = place.text("runs/runs.jsonl");
    let runs =
        lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let run = runs.map(|line| line["run"].clone()).find(|run| run["arm"] == "max").expect("it ran");
    for (place_in_run, severity) in [(0, 1), (1, 5)] {
        let judged = place.json(&format!("{words} {severity} --json"), "cenote.evaluate/1");
        assert_eq!(judged["scores"]["accuracy"], run["corrupted"][place_in_run]["accuracy"]);
        assert_eq!(judged["corruption"]["severity"], severity);
    }
    says(
        &place.succeeds(&format!("{words} 5")),
        &["under gaussian_noise at severity 5\ntest accuracy"],
    );
    says(&place.refuses(&format!("{words} 6"), 2), &["severity is 6; expected 1 to 5"]);
    says(&place.refuses("evaluate net --corruption fgo", 2), &["did you mean `fog`?"]);
    says(&place.refuses("evaluate net --corruption fog", 2), &["fog: missing field `severity`"]);
    says(&place.text("runs/report.md"), &["## Robustness", "| `max` | 1 |", "| gaussian_noise |"]);
}

#[test]
fn neither_threads_nor_time_change_a_byte_of_a_checkpoint() {
    let place = Place::new();
    let one = place.json("train smoke --threads 1 --out one --json", "cenote.train/1");
    let two = place.json("train smoke --threads 2 --out two --json", "cenote.train/1");
    assert_eq!(one["weights"], two["weights"]);
    assert!(place.read("one") == place.read("two"), "the files differ");
    place.succeeds("train smoke --seed 2 --out other");
    assert!(place.read("one") != place.read("other"), "another seed is another network");
}

#[test]
fn resuming_goes_on_from_the_file() {
    let place = Place::new();
    // A schedule over two epochs differs from one over one epoch; a constant one does not.
    place.study("mine.toml", &[("\"cosine\"", "\"constant\"")]);
    place.succeeds("train mine.toml --epochs 2 --out whole");
    place.succeeds("train mine.toml --epochs 1 --out halves");
    assert!(place.read("whole") != place.read("halves"));
    let said = place.cenote("train mine.toml --epochs 2 --out halves --resume");
    assert_eq!(said.code, Some(0));
    assert!(said.err.contains("epoch 2/2") && !said.err.contains("epoch 1/2"), "{}", said.err);
    assert!(place.read("whole") == place.read("halves"), "the files differ");
}

#[test]
fn what_another_training_began_is_not_resumed() {
    let place = trained();
    let before = place.read("net");
    for (words, reason) in [("--seed 2", "another seed"), ("--arm none", "another arm")] {
        let words = format!("train smoke --resume --epochs 2 --out net {words}");
        let error = place.refuses(&words, 1);
        says(&error, &["cannot resume", reason, "(study smoke, arm max, seed 1)"]);
    }
    assert!(place.read("net") == before, "the file is as it was");
    says(&place.refuses("train smoke --resume --out none", 1), &["none", "cannot be read"]);
}

#[test]
fn a_checkpoint_that_is_cut_short_altered_or_foreign_is_refused() {
    let place = trained();
    let whole = place.read("net");
    let mut files: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "not a cenote checkpoint"),
        (b"PK\x03\x04 something else entirely".to_vec(), "not a cenote checkpoint"),
        ([&whole[..], b"more"].concat(), "truncated or altered"),
    ];
    for length in [8, 95] {
        files.push((whole[..length].to_vec(), "not a cenote checkpoint"));
    }
    for length in [96, whole.len() / 2, whole.len() - 1] {
        files.push((whole[..length].to_vec(), "truncated or altered"));
    }
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    files.push((flipped(0), "not a cenote checkpoint"));
    files.push((flipped(8), "version"));
    files.push((flipped(12), "codec"));
    files.push((flipped(20), "truncated or altered"));
    for at in [40, 80, 100, 200, whole.len() - 1] {
        files.push((flipped(at), "checksum"));
    }
    for (bytes, reason) in files {
        place.write("damaged", bytes);
        for command in ["evaluate damaged", "predict damaged --test 0"] {
            let error = place.refuses(command, 1);
            says(&error, &["checkpoint damaged: ", reason]);
        }
    }
    let error = place.refuses("train smoke --resume --out damaged", 1);
    says(&error, &["checkpoint damaged: "]);
    says(&place.refuses("evaluate nowhere", 1), &["nowhere", "cannot be read"]);
}

#[test]
fn images_are_read_from_files_and_scaled_to_the_network() {
    let place = trained();
    let image = image::RgbImage::from_fn(20, 10, |x, y| image::Rgb([x as u8 * 9, y as u8, 77]));
    image.save(place.path("wide.png")).expect("writable");
    let said = place.cenote("predict net wide.png");
    assert_eq!(said.code, Some(0));
    says(&said.out, &["wide.png: ", " %"]);
    assert_eq!(said.err, "wide.png: 10x20 pixels scaled to the network's 8x8\n");
}

#[test]
fn what_is_no_image_is_refused_with_its_name() {
    let place = trained();
    place.write("words.png", "not an image");
    says(
        &place.refuses("predict net words.png", 1),
        &["words.png", "expected a whole PNG, JPEG, BMP or PNM image"],
    );
    let image = image::GrayImage::new(30, 30);
    image.save(place.path("grey.png")).expect("writable");
    let whole = place.read("grey.png");
    place.write("grey.png", &whole[..whole.len() / 2]);
    says(&place.refuses("predict net grey.png", 1), &["grey.png", "expected a whole PNG"]);
    // Forty thousand million pixels promised in sixty bytes.
    place.write("bomb.pgm", "P5 200000 200000 255\n0123456789");
    says(&place.refuses("predict net bomb.pgm", 1), &["bomb.pgm"]);
    says(&place.refuses("predict net none.png", 1), &["none.png", "cannot be read"]);
    says(&place.refuses("predict net .", 1), &["cannot be read"]);
}

#[test]
fn a_test_image_that_does_not_exist_is_refused_with_those_that_do() {
    let place = trained();
    for wrong in ["450", "18446744073709551615"] {
        let error = place.refuses(&format!("predict net --test 0,{wrong}"), 2);
        says(&error, &[&format!("--test {wrong}"), "digits has test images 0 to 449"]);
    }
    let error = place.refuses("predict net --test -1", 2);
    says(&error, &["invalid value '-1' for '--test <N>'", "expected a whole number from 0"]);
    let said = place.cenote("predict net");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    says(&said.err, &["<IMAGES>"]);
}
