//! `cenote metrics detection` beside the summary: folders of VOC and YOLO, presets, intervals, comparison, costs.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Place, says};

/// Twelve images with an object each of two classes; the detector misses every fourth of the images from `first`.
fn write_coco(place: &Place, name: &str, first: i64) {
    let (mut images, mut objects, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for image in 1..=12_i64 {
        images.push(json!({"id": image, "width": 100, "height": 100}));
        for class in [1, 2] {
            let bbox = json!([10, 10, 30, 30]);
            objects.push(json!({
                "id": objects.len() + 1, "image_id": image, "category_id": class, "bbox": bbox,
                "area": 900, "iscrowd": 0,
            }));
            let x = if image % 4 == first { 60 } else { 11 };
            let score = 0.9 - 0.01 * image as f64 - 0.2 * f64::from(class);
            said.push(json!({
                "image_id": image, "category_id": class, "bbox": [x, 10, 30, 30], "score": score,
            }));
        }
    }
    let categories = json!([{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]);
    let truth = json!({"images": images, "annotations": objects, "categories": categories});
    place.write("gt.json", truth.to_string());
    place.write(name, Value::from(said).to_string());
}

/// One image of VOC with two cats, one of them difficult, found exactly, and half a cat found by half.
fn write_voc(place: &Place) {
    let object = |difficult: u8, [x1, y1, x2, y2]: [u32; 4]| {
        format!(
            "<object><name>cat</name><difficult>{difficult}</difficult><bndbox><xmin>{x1}</xmin>\
             <ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        )
    };
    let objects =
        [object(0, [1, 1, 10, 10]), object(1, [21, 1, 30, 10]), object(0, [41, 1, 50, 10])];
    let text = format!("<annotation>{}</annotation>", objects.concat());
    for folder in ["xml", "txt"] {
        fs::create_dir_all(place.path(folder)).expect("the folder can be written");
    }
    place.write("xml/a.xml", text);
    let said = "a 0.9 1 1 10 10\na 0.8 21 1 30 10\na 0.7 41 1 50 5\n";
    place.write("txt/comp4_det_test_cat.txt", said);
}

const SCHEMA: &str = "cenote.metrics.detection/1";

#[test]
fn intervals_and_comparison_are_added_on_request_and_follow_the_seed() {
    let place = Place::new();
    write_coco(&place, "a.json", 1);
    write_coco(&place, "b.json", 9);
    let detection = "metrics detection --gt gt.json --dt a.json --json";
    let plain = place.json(detection, SCHEMA);
    let with = "--bootstrap 50 --against b.json --per-class";
    let more = place.json(&format!("{detection} {with}"), SCHEMA);
    assert_eq!(plain["stats"], more["stats"]);
    assert!(plain["bootstrap"].is_null());
    let ap = &more["bootstrap"]["numbers"]["AP"];
    assert_eq!(ap["value"], more["stats"][0]);
    let (low, high) = (ap["percentile"]["low"].as_f64(), ap["percentile"]["high"].as_f64());
    assert!(low < ap["value"].as_f64() && ap["value"].as_f64() < high, "{ap}");
    let difference = &more["comparison"]["numbers"]["AP"];
    assert!(difference["difference"].as_f64() > Some(0.1), "{difference}");
    assert_eq!(more["comparison"]["per_class"].as_array().map(Vec::len), Some(2));
    assert_eq!(more, place.json(&format!("{detection} {with} --threads 1"), SCHEMA));
    let other = place.json(&format!("{detection} {with} --seed 1"), SCHEMA);
    assert_ne!(more["bootstrap"]["numbers"], other["bootstrap"]["numbers"]);
    let words = place
        .succeeds("metrics detection --gt gt.json --dt a.json --bootstrap 50 --against b.json");
    says(
        &words,
        &["95 % intervals over images, 50 replicates", "paired over images", "detectable"],
    );
}

#[test]
fn mistakes_operating_points_and_oddities_are_added_on_request() {
    let place = Place::new();
    write_coco(&place, "a.json", 1);
    let flags = "--tide --operating-points --check --bootstrap 20";
    let more =
        place.json(&format!("metrics detection --gt gt.json --dt a.json --json {flags}"), SCHEMA);
    // Three images with two objects each are missed, by boxes that lie beside them.
    assert_eq!(more["tide"]["counts"]["Bkg"], 6);
    assert_eq!(more["tide"]["counts"]["Miss"], 6);
    let points = more["operating_points"]["per_class"].as_array().expect("a row per category");
    assert_eq!((points.len(), &points[0]["name"]), (2, &json!("cat")));
    assert_eq!(points[0]["best_f_beta"]["point"]["counts"]["tp"], 9);
    assert!(points[0]["optimal_lrp"]["error"].as_f64() < Some(0.5), "{}", points[0]);
    assert_eq!(more["operating_points"]["calibration"].as_array().map(Vec::len), Some(3));
    assert_eq!(more["warnings"], json!([]));
    let points = &more["operating_points"];
    assert_eq!(points["precision_recall"]["precision"].as_array().map(Vec::len), Some(10));
    assert_eq!(points["precision_recall"]["recalls"].as_array().map(Vec::len), Some(101));
    let mean: f64 = points["precision_recall"]["precision"][0]
        .as_array()
        .expect("a number per recall")
        .iter()
        .filter_map(Value::as_f64)
        .sum::<f64>()
        / 101.0;
    assert!((Some(mean - 1e-9)..Some(mean + 1e-9)).contains(&more["AP50"].as_f64()), "{mean}");
    // Of the dogs those with a score of 0.5 and above are none: all twelve are missed.
    let cells = json!([
        {"truth": 1, "said": 1, "count": 9}, {"truth": 1, "said": null, "count": 3},
        {"truth": 2, "said": null, "count": 12}, {"truth": null, "said": 1, "count": 3},
    ]);
    assert_eq!(points["confusion"]["cells"], cells);
    let words = place.succeeds(&format!("metrics detection --gt gt.json --dt a.json {flags}"));
    says(&words, &["TIDE: AP at an overlap of 0.5", "oLRP", "D-ECE", "nothing odd"]);
}

#[test]
fn plots_are_drawn_into_a_folder() {
    let place = Place::new();
    write_coco(&place, "a.json", 1);
    place.succeeds("metrics detection --gt gt.json --dt a.json --plots seen/plots");
    let mut names: Vec<String> = fs::read_dir(place.path("seen/plots"))
        .expect("the folder was made")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("plain names"))
        .collect();
    names.sort();
    let expected = [
        "confusion.svg",
        "precision_recall.svg",
        "precision_recall_by_category.svg",
        "reliability.svg",
        "tide.svg",
    ];
    assert_eq!(names, expected);
    for (name, pieces) in [
        // Nine of twelve cats have a score of 0.5 or more and are found; three boxes lie beside them.
        ("confusion.svg", ["background", ">9</text>", ">3</text>"]),
        ("precision_recall.svg", ["IoU 0.50", "IoU 0.95", "recall"]),
        ("precision_recall_by_category.svg", [">cat</text>", ">dog</text>", "overlap of 0.5"]),
        ("reliability.svg", ["Precision over score", "confidence", "accuracy"]),
        ("tide.svg", [">Bkg</text>", ">Miss</text>", "AP points"]),
    ] {
        let svg = fs::read_to_string(place.path(&format!("seen/plots/{name}"))).expect(name);
        says(&svg, &pieces);
    }
    place.write("file", "");
    let line = "metrics detection --gt gt.json --dt a.json --plots file/plots";
    says(&place.refuses(line, 1), &["file/plots", "cannot be written"]);
}

#[test]
fn folders_of_voc_are_scored_by_the_rule_that_is_named() {
    let place = Place::new();
    write_voc(&place);
    let score = |flags: &str| {
        let line =
            format!("metrics detection --format voc --gt xml --dt txt --json --per-class {flags}");
        place.json(&line, SCHEMA)
    };
    // Two objects count; the last detection meets half of one exactly.
    let kit = score("--protocol voc2010");
    assert_eq!((&kit["stats"], &kit["per_class"]["cat"]["misses"]), (&json!([1.0]), &json!(0)));
    let above = score("--like py-faster-rcnn-2010");
    assert_eq!((&above["stats"], &above["per_class"]["cat"]["misses"]), (&json!([0.5]), &json!(1)));
    let counted = score("--like rafaelpadilla");
    assert_eq!(counted["per_class"]["cat"]["objects"], 3);
    let coco = score("--protocol coco");
    assert_eq!(coco["stats"].as_array().map(Vec::len), Some(12));
    assert_eq!(coco["AP50"], 1.0);
    assert_eq!(score("--like pycocotools")["stats"], coco["stats"]);
}

/// The twelve images as LVIS has them: cats are rare, dogs frequent, and in the first image not every dog is listed.
fn write_lvis(place: &Place) {
    write_coco(place, "a.json", 1);
    write_coco(place, "b.json", 9);
    let text = fs::read_to_string(place.path("gt.json")).expect("it was written");
    let mut truth: Value = serde_json::from_str(&text).expect("JSON");
    for (at, image) in truth["images"].as_array_mut().expect("a list").iter_mut().enumerate() {
        image["neg_category_ids"] = json!([]);
        image["not_exhaustive_category_ids"] = if at == 0 { json!([2]) } else { json!([]) };
    }
    truth["categories"][0]["frequency"] = json!("r");
    truth["categories"][1]["frequency"] = json!("f");
    place.write("lvis.json", truth.to_string());
}

#[test]
fn lvis_has_intervals_comparison_operating_points_and_plots() {
    let place = Place::new();
    write_lvis(&place);
    let line = "metrics detection --protocol lvis --gt lvis.json --dt a.json";
    let flags = "--bootstrap 50 --against b.json --per-class --operating-points --beta 2";
    let more = place.json(&format!("{line} --json {flags} --plots seen"), SCHEMA);
    for (name, stat) in [("AP", 0), ("AP50", 1), ("APr", 6), ("APf", 8), ("AR@300", 9)] {
        let estimate = &more["bootstrap"]["numbers"][name];
        assert_eq!(estimate["value"], more["stats"][stat], "{name}");
        assert!(estimate["percentile"]["low"].as_f64() < estimate["value"].as_f64(), "{estimate}");
        let difference = &more["comparison"]["numbers"][name];
        assert!(difference["difference"].as_f64() > Some(0.1), "{difference}");
    }
    assert!(more["bootstrap"]["numbers"]["APc"]["value"].is_null());
    assert_eq!(more["bootstrap"]["per_class"].as_array().map(Vec::len), Some(2));
    assert_eq!(more, place.json(&format!("{line} --json {flags} --threads 1"), SCHEMA));
    let points = &more["operating_points"];
    assert_eq!((&points["beta"], &points["confusion"]), (&json!(2.0), &Value::Null));
    // Three boxes of each category lie beside their objects; that of a dog in the first image is not held against it.
    let wrong = |k: usize| points["per_class"][k]["best_f_beta"]["point"]["counts"]["fp"].as_u64();
    assert_eq!((wrong(0), wrong(1)), (Some(3), Some(2)));
    for (name, there) in [
        ("precision_recall.svg", true),
        ("precision_recall_by_category.svg", true),
        ("reliability.svg", true),
        ("confusion.svg", false),
        ("tide.svg", false),
    ] {
        assert_eq!(place.path("seen").join(name).exists(), there, "{name}");
    }
    let words = place.succeeds(&format!("{line} {flags}"));
    says(&words, &["95 % intervals over images", "AR@300", "paired over images", "F2", "cat"]);
}

#[test]
fn the_rules_of_voc_have_intervals_comparison_operating_points_and_plots() {
    let place = Place::new();
    write_coco(&place, "a.json", 1);
    write_coco(&place, "b.json", 9);
    for rules in ["--protocol voc2007", "--protocol voc2010", "--like py-faster-rcnn-2010"] {
        let line = format!("metrics detection {rules} --gt gt.json --dt a.json");
        let flags = "--bootstrap 50 --against b.json --per-class --operating-points --beta 0.5";
        let more = place.json(&format!("{line} --json {flags} --plots seen"), SCHEMA);
        let map = &more["bootstrap"]["numbers"]["mAP"];
        assert_eq!(map["value"], more["stats"][0]);
        assert!(map["percentile"]["low"].as_f64() < map["value"].as_f64(), "{map}");
        let cat = &more["bootstrap"]["per_class"][0];
        assert_eq!(
            (&cat["name"], &cat["AP"]["value"]),
            (&json!("cat"), &more["per_class"]["cat"]["ap"])
        );
        let difference = &more["comparison"]["numbers"]["mAP"];
        assert!(difference["difference"].as_f64() > Some(0.1), "{difference}");
        assert_eq!(more["comparison"]["per_class"][1]["name"], "dog");
        let points = &more["operating_points"];
        assert_eq!((&points["beta"], &points["overlap"]), (&json!(0.5), &json!(0.5)));
        assert_eq!(points["per_class"][0]["name"], "cat");
        assert_eq!(points["calibration"].as_array().map(Vec::len), Some(1));
        assert_eq!(more, place.json(&format!("{line} --json {flags} --threads 1"), SCHEMA));
        let words = place.succeeds(&format!("{line} {flags}"));
        says(&words, &["mAP", "95 % intervals over images", "paired over images", "F0.5", "D-ECE"]);
    }
    for name in ["precision_recall_by_category.svg", "reliability.svg"] {
        assert!(place.path("seen").join(name).exists(), "{name}");
    }
    write_voc(&place);
    let line = "metrics detection --format voc --gt xml --dt txt --against txt --protocol voc2010";
    let same = place.json(&format!("{line} --bootstrap 5 --json"), SCHEMA);
    assert_eq!(same["comparison"]["numbers"]["mAP"]["difference"], 0.0);
    place.write("txt/comp4_det_test_cat.txt", "b 0.9 1 1 10 10\n");
    says(&place.refuses(line, 4), &["txt: ", "image `b` is not annotated"]);
}

#[test]
fn labels_of_yolo_need_the_sizes_of_their_images() {
    let place = Place::new();
    for (folder, line) in [("labels", "0 .5 .5 .2 .2\n"), ("said", "0 .5 .5 .2 .2 .75\n")] {
        fs::create_dir_all(place.path(folder)).expect("the folder can be written");
        place.write(&format!("{folder}/a.txt"), line);
    }
    place.write("sizes.txt", "a.jpg 200 100\n");
    let line = "metrics detection --format yolo --gt labels --dt said --json";
    let refused = place.refuses(line, 2);
    says(&refused, &["--format yolo needs --image-sizes"]);
    let scores = place.json(&format!("{line} --image-sizes sizes.txt"), SCHEMA);
    assert_eq!(scores["AP50"].as_f64().map(|ap| ap > 0.999), Some(true));
    let labels = "metrics detection --format yolo --gt labels --dt labels --image-sizes sizes.txt";
    says(&place.refuses(labels, 4), &["labels: image `a`, box 1: no confidence"]);
    place.write("names.txt", "cat\n");
    place.write("said/a.txt", "1 .5 .5 .2 .2 .75\n");
    let named = format!("{line} --image-sizes sizes.txt --class-names names.txt");
    says(&place.refuses(&named, 4), &["said: image `a`: class 1 has no name"]);
}

#[test]
fn polygons_need_the_size_of_their_image() {
    let place = Place::new();
    let outline = json!([[10, 10, 30, 10, 30, 40, 10, 40]]);
    let truth = json!({
        "images": [{"id": 2, "width": 50}], "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{
            "id": 1, "image_id": 2, "category_id": 1, "segmentation": outline, "bbox": [10, 10, 20, 30],
            "area": 600, "iscrowd": 0,
        }],
    });
    let runs = json!({"size": [50, 50], "counts": [0, 2500]});
    let said = json!([{"image_id": 2, "category_id": 1, "segmentation": runs, "score": 0.5}]);
    place.write("gt.json", truth.to_string());
    place.write("a.json", said.to_string());
    let line = "metrics detection --gt gt.json --dt a.json --iou-type segm";
    says(&place.refuses(line, 4), &["gt.json: object 0", "no size of its image"]);
}

#[test]
fn flags_that_do_not_go_together_are_refused_with_their_names() {
    let place = Place::new();
    write_coco(&place, "a.json", 1);
    let line = "metrics detection --gt gt.json --dt a.json";
    says(
        &place.refuses(&format!("{line} --protocol voc2007 --tide"), 2),
        &[
            "--tide cannot be used with the rules of voc2007",
            "--protocol coco reads the same files",
        ],
    );
    says(
        &place.refuses(&format!("{line} --protocol lvis --tide"), 2),
        &["--tide cannot be used with --protocol lvis", "needs to know that a category is absent"],
    );
    says(
        &place.refuses(&format!("{line} --protocol lvis --image-ids 1"), 2),
        &["--image-ids cannot be used with --protocol lvis", "all images"],
    );
    let alone = place.cenote(&format!("{line} --beta 2"));
    assert_eq!(alone.code, Some(2), "{alone:?}");
    says(&alone.err, &["arguments were not provided", "--operating-points"]);
    says(
        &place.refuses(&format!("{line} --operating-points --beta -1"), 2),
        &["expected a number from 0 up"],
    );
    says(
        &place.refuses(&format!("{line} --like matlab"), 2),
        &["expected one of pycocotools, torchmetrics"],
    );
    says(
        &place.refuses(&format!("{line} --class-names x"), 2),
        &["--class-names goes with --format yolo"],
    );
    says(&place.refuses(&format!("{line} --bootstrap 1"), 2), &["expected a whole number from 2"]);
}
