//! `cenote metrics detection`: what pycocotools 2.0.11 prints for the same files.

use serde_json::Value;

use crate::program::{Place, says};

const GT: &str = r#"{"images": [{"id": 1, "width": 640, "height": 480}, {"id": 2, "width": 640, "height": 480}],
"categories": [{"id": 1, "name": "cat"}, {"id": 3, "name": "dog"}], "annotations": [
{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 100, 50], "area": 5000, "iscrowd": 0},
{"id": 2, "image_id": 1, "category_id": 3, "bbox": [200, 100, 20, 30], "area": 600, "iscrowd": 0},
{"id": 3, "image_id": 2, "category_id": 1, "bbox": [50, 60, 200, 200], "area": 40000, "iscrowd": 0}]}"#;

const DT: &str = r#"[{"image_id": 1, "category_id": 1, "bbox": [12, 10, 100, 50], "score": 0.9},
{"image_id": 1, "category_id": 3, "bbox": [205, 100, 20, 30], "score": 0.8},
{"image_id": 2, "category_id": 1, "bbox": [50, 60, 200, 120], "score": 0.7},
{"image_id": 2, "category_id": 3, "bbox": [5, 5, 40, 40], "score": 0.6}]"#;

/// Printed by pycocotools for these files.
const LINES: &str =
    " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.477
 Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 1.000
 Average Precision  (AP) @[ IoU=0.75      | area=   all | maxDets=100 ] = 0.252
 Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.300
 Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000
 Average Precision  (AP) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = 0.300
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 0.475
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets= 10 ] = 0.475
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.475
 Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.300
 Average Recall     (AR) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 1.000
 Average Recall     (AR) @[ IoU=0.50:0.95 | area= large | maxDets=100 ] = 0.300
";

/// Computed by pycocotools for these files.
const STATS: [f64; 12] = [
    0.476_732_673_267_326_7,
    1.0,
    0.252_475_247_524_752_4,
    0.299_999_999_999_999_93,
    0.999_999_999_999_999_8,
    0.299_999_999_999_999_93,
    0.475,
    0.475,
    0.475,
    0.3,
    1.0,
    0.3,
];

fn place() -> Place {
    let place = Place::new();
    place.write("gt.json", GT);
    place.write("dt.json", DT);
    place
}

#[test]
fn the_lines_are_those_that_pycocotools_prints() {
    let place = place();
    assert_eq!(place.succeeds("metrics detection --gt gt.json --dt dt.json"), LINES);
    let out = place.succeeds("metrics detection --gt gt.json --dt dt.json --per-class --worst 1");
    let rest = out.strip_prefix(LINES).expect("the lines come first");
    says(rest, &["category     AP", "cat", "dog", "worst images", "\n2 "]);
}

#[test]
fn the_numbers_are_those_of_pycocotools_for_any_number_of_threads() {
    let place = place();
    for threads in [1, 2, 5] {
        let words =
            format!("metrics detection --gt gt.json --dt dt.json --json --threads {threads}");
        let report = place.json(&words, "cenote.metrics.detection/1");
        let stats = report["stats"].as_array().expect("a list").iter().map(Value::as_f64);
        assert_eq!(stats.collect::<Option<Vec<_>>>().as_deref(), Some(&STATS[..]));
        assert_eq!(report["AP75"], 0.252_475_247_524_752_4);
        assert_eq!(report["names"][8], "AR100");
    }
    let corrected = place.json(
        "metrics detection --gt gt.json --dt dt.json --json --mode corrected --per-class",
        "cenote.metrics.detection/1",
    );
    assert_eq!(corrected["APm"], 1.0);
    assert_eq!(corrected["per_class"][1]["name"], "dog");
    assert_eq!(corrected["per_class"][1]["objects"], 1);
}

#[test]
fn what_cannot_be_evaluated_is_refused() {
    let place = place();
    let refuses = |words: &str, code| place.refuses(&format!("metrics detection {words}"), code);
    let error = refuses("--gt none.json --dt dt.json", 4);
    says(&error, &["none.json"]);
    place.write("bad.json", DT.replace("0.7", "\"x\""));
    let error = refuses("--gt gt.json --dt bad.json", 4);
    says(&error, &["bad.json: result 2, score: got `\"x\"`; expected a number"]);
    place.write("other.json", DT.replace("\"image_id\": 2", "\"image_id\": 7"));
    let error = refuses("--gt gt.json --dt other.json", 4);
    says(&error, &["other.json: detection 2: the ground truth has no image 7"]);
    let error = refuses("--gt gt.json --dt dt.json --against other.json", 4);
    says(&error, &["other.json: detection 2: the ground truth has no image 7"]);
    says(&refuses("--gt gt.json --dt dt.json --max-dets 100", 2), &["three limits of detections"]);
    says(
        &refuses("--gt gt.json --dt dt.json --protocol lvis", 4),
        &["neg_category_ids: is missing"],
    );
    says(&refuses("--gt gt.json --dt dt.json --iou-type segm", 4), &["segmentation: is missing"]);
}
