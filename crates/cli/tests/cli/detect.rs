//! `cenote detect`: a small detector from its training to pictures of what it finds.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{Place, program, says};

const DETECTOR: &str = r#"
question = "Does a small detector learn?"
dataset = { kind = "canvases", from = { kind = "digits" } }
task = { kind = "detect" }
measure = { metric = "ap50", margin = 0.02 }
seeds = { first = 1, count = 1 }
baseline = "max"
[questions]
removed = "none"
unpooled = ["none"]
[training]
epochs = 3
batch_size = 4
learning_rate = 3e-3
optimizer = { kind = "adamw" }
schedule = { kind = "cosine" }
average = 0.9
augment = [{ kind = "horizontal_flip" }, { kind = "affine", max_shift = 0.1, scale = [0.9, 1.1] }]
[[model]]
kind = "conv2d"
out_channels = 8
kernel_size = 3
padding = 1
[[model]]
kind = "relu"
[[model]]
kind = "slot"
name = "down1"
[[model]]
kind = "fuse"
layers = [{ kind = "slot", name = "down2" }, { kind = "conv2d", out_channels = 8, kernel_size = 3, padding = 1 }, { kind = "relu" }]
[[model]]
kind = "conv2d"
out_channels = "classes"
kernel_size = 1
init = "zeros"
[arms]
max = { down1 = { kind = "max_pool", kernel_size = 2 }, down2 = { kind = "max_pool", kernel_size = 2 } }
none = { down1 = { kind = "identity" }, down2 = { kind = "identity" } }
"#;

const CANVASES: &str = "--data canvases --set from={kind=\"digits\"} --set size=[32,48] --set train=12 \
--set test=5 --set objects=[1,3] --channels grey";

/// A folder with the detector.
fn place() -> Place {
    let place = Place::new();
    place.write("small.toml", DETECTOR);
    place
}

fn train(place: &Place, more: &str) -> Value {
    let words =
        format!("detect train small.toml {CANVASES} --out net.cenote --json --quiet {more}");
    place.json(&words, "cenote.detect.train/1")
}

/// A VOC folder of one grey image per annotation, of 40 columns and 30 rows.
fn voc(place: &Place, annotations: &[&str]) {
    for folder in ["set/Annotations", "set/JPEGImages", "set/ImageSets/Main"] {
        std::fs::create_dir_all(place.path(folder)).expect("the folder of the test is writable");
    }
    let mut names = String::new();
    for (number, objects) in annotations.iter().enumerate() {
        let text = format!(
            "<annotation><size><width>40</width><height>30</height><depth>3</depth></size>{objects}</annotation>"
        );
        place.write(&format!("set/Annotations/{number}.xml"), text);
        let image = image::GrayImage::from_fn(40, 30, |x, y| image::Luma([(x * 5 + y) as u8]));
        image.save(place.path(&format!("set/JPEGImages/{number}.png"))).expect("writable");
        names.push_str(&number.to_string());
        names.push('\n');
    }
    place.write("set/ImageSets/Main/train.txt", &names);
    place.write("set/ImageSets/Main/test.txt", &names);
}

fn object(name: &str, [x1, y1, x2, y2]: [i32; 4]) -> String {
    format!(
        "<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>\
         <ymax>{y2}</ymax></bndbox></object>"
    )
}

#[test]
fn a_detector_is_trained_judged_and_used_and_its_files_are_those_of_coco() {
    let place = place();
    let trained = train(&place, "");
    let words = "detect evaluate net.cenote --results dt.json --truth gt.json --json";
    let judged = place.json(words, "cenote.detect.evaluate/1");
    assert_eq!(judged["stats"], trained["stats"]);
    let by_files = place
        .json("metrics detection --gt gt.json --dt dt.json --json", "cenote.metrics.detection/1");
    assert_eq!(by_files["stats"], judged["stats"]);
    let said = place.succeeds("detect evaluate net.cenote");
    says(&said, &["Average Precision  (AP) @[ IoU=0.50:0.95", "images a second"]);
    image::RgbImage::new(60, 50).save(place.path("one.png")).expect("writable");
    let words = "detect predict net.cenote one.png one.png --least-score 0 --draw out --results found.json --json";
    let lines = place.succeeds(words);
    let first: Value =
        serde_json::from_str(lines.lines().next().expect("two lines")).expect("JSON");
    let objects = first["objects"].as_array().expect("a list");
    for object in objects {
        let side = |k: usize| object["bbox"][k].as_f64().expect("a number");
        assert!(side(0) >= 0.0 && side(0) + side(2) <= 60.0 && side(1) + side(3) <= 50.0);
    }
    assert!(!objects.is_empty() && lines.lines().count() == 2);
    for name in ["out/0001-one.png", "out/0002-one.png"] {
        let drawn = image::open(place.path(name)).expect("a picture");
        assert_eq!((drawn.width(), drawn.height()), (360, 300));
    }
}

#[test]
fn threads_and_a_kill_in_the_middle_change_no_bit() {
    let place = place();
    let whole = train(&place, "--threads 1");
    assert_eq!(train(&place, "--threads 2")["weights"], whole["weights"]);
    let words = format!("detect train small.toml {CANVASES} --out net.cenote");
    let mut child = Command::new(program())
        .args(words.split_whitespace())
        .current_dir(place.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let said = std::io::BufReader::new(child.stderr.take().expect("it is piped"));
    let seen = std::io::BufRead::lines(said).map_while(Result::ok);
    seen.take_while(|line| !line.starts_with("epoch 1/3")).for_each(drop);
    child.kill().expect("it was started");
    child.wait().expect("it ends");
    assert_eq!(train(&place, "--resume")["weights"], whole["weights"]);
    let words = format!("detect train small.toml {CANVASES} --out net.cenote --resume --seed 9 -q");
    let other = place.refuses(&words, 1);
    says(
        &other,
        &["cannot resume: the checkpoint was made by another seed (study small, arm max, seed 1)"],
    );
}

#[test]
fn boxes_that_cannot_be_learnt_are_no_trouble() {
    let place = place();
    let many: String = (0..3000)
        .map(|i| object("cell", [1 + i % 30, 1 + i % 20, 9 + i % 30, 9 + i % 20]))
        .collect();
    let odd = [
        object("cell", [5, 5, 5, 9]),
        object("cell", [10, 10, 90, 90]),
        object("cell", [300, 300, 310, 310]),
        object("cell", [1, 1, 40, 30]),
    ];
    voc(&place, &["", &odd.concat(), &many, &object("cell", [4, 4, 20, 20])]);
    let words = "detect train small.toml --data voc --set dir=set --epochs 2 --out net.cenote --json --quiet";
    let trained = place.json(words, "cenote.detect.train/1");
    assert_eq!(trained["classes"].as_array().expect("a list").len(), 1);
    let again =
        place.json("detect evaluate net.cenote --nms 0.5 --json", "cenote.detect.evaluate/1");
    assert_eq!(again["images"], 4);
}

#[test]
fn what_cannot_be_done_is_told_with_what_could() {
    let place = place();
    let refused = |words: &str, code: i32, parts: &[&str]| says(&place.refuses(words, code), parts);
    let bare = DETECTOR.lines().filter(|line| !line.starts_with("dataset"));
    place.write("bare.toml", bare.collect::<Vec<_>>().join("\n"));
    refused("detect train bare.toml --out a", 2, &["missing field `dataset`"]);
    refused("detect train smoke --out a", 2, &["study smoke is not about boxes; expected a study"]);
    refused("detect train small.toml --data vok --out a", 2, &["unknown kind `vok`"]);
    refused(
        &format!("detect train small.toml {CANVASES} --out a --arm mox"),
        2,
        &["unknown arm `mox`; did you mean `max`? expected one of max, none"],
    );
    refused(&format!("detect train small.toml {CANVASES} --out a --input 3x3"), 2, &["arm `max`"]);
    refused("detect train small.toml --data voc --set dir=nowhere --out a", 4, &["nowhere"]);
    voc(&place, &["", ""]);
    refused("detect train small.toml --data voc --set dir=set --out a", 2, &["has no object"]);
    voc(&place, &[&object("cell", [5, 5, 5, 9])]);
    refused(
        "detect train small.toml --data voc --set dir=set --out a",
        2,
        &["the training part has no object; expected at least one box"],
    );
    train(&place, "--epochs 1");
    voc(&place, &[&object("cell", [5, 5, 9, 9])]);
    refused(
        "detect evaluate net.cenote --data voc --set dir=set",
        1,
        &["has the classes cell; the detector was trained on 0, 1"],
    );
    place.write("broken.png", b"no image");
    refused("detect predict net.cenote broken.png", 4, &["broken.png", "expected a whole PNG"]);
    image::GrayImage::new(20, 20).save(place.path("one.png")).expect("writable");
    let said = place
        .cenote("detect predict net.cenote broken.png one.png broken.png --json --results r.json");
    assert_eq!(
        (said.code, said.out.matches("\"image\":\"one.png\"").count()),
        (Some(4), 1),
        "{said:?}"
    );
    assert!(said.err.contains("not read: broken.png") && place.path("r.json").exists(), "{said:?}");
    refused("detect predict net.cenote missing.png", 4, &["missing.png"]);
    std::fs::create_dir(place.path("empty")).expect("writable");
    refused(
        "detect predict net.cenote empty",
        4,
        &["empty: number of images is 0; expected at least 1 PNG, JPEG, WebP or BMP"],
    );
    place.write("no.cenote", b"no checkpoint");
    refused("detect predict no.cenote broken.png", 1, &["is not a cenote checkpoint"]);
    place.write("set/JPEGImages/0.png", b"");
    refused("detect train small.toml --data voc --set dir=set --out a", 4, &["0.png"]);
    image::GrayImage::new(7, 7).save(place.path("set/JPEGImages/0.png")).expect("writable");
    refused(
        "detect train small.toml --data voc --set dir=set --out a",
        4,
        &["size is 7x7; expected 30x40 as annotated"],
    );
}

const STUDY: &str = r#"
question = "Does pooling matter to a detector?"
dataset = { kind = "canvases", from = { kind = "digits" }, size = [32, 48], train = 12, test = 5, objects = [1, 3] }
task = { kind = "detect", size = [32, 48], channels = "grey" }
measure = { metric = "ap50", margin = 0.02 }
seeds = { first = 1, count = 2 }
baseline = "max"
[training]
epochs = 1
batch_size = 4
learning_rate = 3e-3
optimizer = { kind = "adamw" }
augment = [{ kind = "horizontal_flip" }]
[questions]
removed = "none"
unpooled = ["none"]
[[model]]
kind = "slot"
name = "down1"
[[model]]
kind = "residual"
layers = [{ kind = "conv2d", out_channels = 8, kernel_size = 3, padding = 1 }, { kind = "relu" }]
shortcut = [{ kind = "conv2d", out_channels = 8, kernel_size = 1 }]
[[model]]
kind = "conv2d"
out_channels = "classes"
kernel_size = 1
[arms]
max = { down1 = { kind = "max_pool", kernel_size = 2 } }
none = { down1 = { kind = "identity" } }
"#;

#[test]
fn arms_of_a_detector_are_compared_like_any_others() {
    let place = Place::new();
    place.write("study.toml", STUDY);
    let said = place.cenote("ablate study.toml --out study --jobs 1 --quiet");
    assert_eq!(said.code, Some(0), "{said:?}");
    let runs = place.text("study/runs.jsonl");
    let scored = |line: &&str| line.contains("\"ap50\"") && line.contains("\"done\"");
    assert_eq!(runs.lines().filter(scored).count(), 4, "{runs}");
    let words = "train study.toml --out net.cenote";
    says(&place.refuses(words, 1), &["is about boxes, not classes", "used by `cenote detect`"]);
    place.write("dense.toml", STUDY.replace("out_channels = \"classes\"", "out_channels = 3"));
    says(&place.refuses("ablate dense.toml --plan", 2), &["maps of 14 channels would fit"]);
}
