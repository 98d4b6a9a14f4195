//! Evaluation of boxes, masks and keypoints by pycocotools 2.0.11, bit for bit.

use cenote_metrics::{
    AreaRange, CocoReader, CocoSettings, Detections, GroundTruth, Id, Matches, Mode, Similarity,
};
use serde_json::Value;

use crate::{
    array, assert_same_array, assert_same_bits, cases, document, number, numbers, shared,
    shared_cases,
};

fn similarity(name: &Value) -> Similarity {
    match name.as_str() {
        Some("bbox") => Similarity::Boxes,
        Some("segm") => Similarity::Masks,
        Some("keypoints") => Similarity::coco_keypoints(),
        other => panic!("unknown kind {other:?}"),
    }
}

fn ids(value: &Value) -> Vec<Id> {
    numbers(value).iter().map(|&id| Id::from_f64(id).expect("ids are finite")).collect()
}

fn settings(case: &Value) -> CocoSettings {
    let mut settings = CocoSettings::new(similarity(&case["iou_type"]), Mode::Strict);
    let Some(params) = case["params"].as_object() else { return settings };
    for (name, value) in params {
        match name.as_str() {
            "maxDets" => settings.max_dets = numbers(value).iter().map(|&m| m as usize).collect(),
            "useCats" => settings.use_categories = number(value) != 0.0,
            "catIds" => settings.categories = Some(ids(value)),
            "imgIds" => settings.images = Some(ids(value)),
            "iouThrs" => settings.iou_thresholds = numbers(value),
            "recThrs" => settings.recall_thresholds = numbers(value),
            // Names go by position; what has none is in no summary.
            "areaRng" => {
                let names: Vec<String> =
                    settings.areas.iter().map(|area| area.name.clone()).collect();
                let range = |(at, range): (usize, &Value)| AreaRange {
                    name: names.get(at).cloned().unwrap_or_default(),
                    low: number(&range[0]),
                    high: number(&range[1]),
                };
                settings.areas = array(value).iter().enumerate().map(range).collect();
            }
            "kpt_oks_sigmas" => {
                settings.similarity = Similarity::Keypoints { sigmas: numbers(value) }
            }
            other => panic!("unknown parameter {other}"),
        }
    }
    settings
}

pub(crate) fn problem(case: &Value) -> (CocoSettings, GroundTruth, Detections) {
    let settings = settings(case);
    let reader = CocoReader::new(&settings);
    let name = case["name"].as_str().unwrap_or("case");
    let bytes = |value: &Value| serde_json::to_vec(value).expect("JSON can be written");
    let truth = reader.truth_from(&bytes(&case["gt"])[..], name).unwrap_or_else(|e| panic!("{e}"));
    let found =
        reader.results_from(&bytes(&case["dt"])[..], name).unwrap_or_else(|e| panic!("{e}"));
    (settings, truth, found)
}

/// Compares every array and number that is stored.
fn check(what: &str, matches: &Matches, expected: &Value) {
    let grids = matches.grids();
    for (grid, key) in grids.iter().zip(["precision", "recall", "scores"]) {
        assert_same_array(&format!("{what} {key}"), grid, &expected[key]);
    }
    if !expected["stats"].is_null() {
        let summary = matches.summary().unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_same_bits(what, &summary.stats(), &numbers(&expected["stats"]));
    }
    if !expected["ap_per_category"].is_null() {
        let table = matches.class_table();
        let column = |at: usize| -> Vec<f64> {
            table.iter().map(|row| row.and_then(|row| row[at]).unwrap_or(-1.0)).collect()
        };
        assert_same_bits(what, &column(0), &numbers(&expected["ap_per_category"]));
        assert_same_bits(what, &column(3), &numbers(&expected["ar_per_category"]));
    }
}

fn check_all(cases: &[Value]) {
    for case in cases {
        let (settings, truth, detections) = problem(case);
        let what = case["name"].to_string();
        let matches =
            settings.evaluate(&truth, &detections).unwrap_or_else(|e| panic!("{what}: {e}"));
        check(&what, &matches, &case["expected"]);
        for cell in array(&case["cells"]).iter().filter(|cell| !cell.is_null()) {
            check_cell(&what, case, cell);
        }
    }
}

/// Compares who found what in one cell.
fn check_cell(what: &str, case: &Value, cell: &Value) {
    let (settings, truth, detections) = problem(case);
    let id = |value: &Value| Id::from_f64(number(value)).expect("ids are finite");
    let explained = settings
        .explain(&truth, &detections, id(&cell["image"]), id(&cell["category"]))
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let rows: Vec<f64> = explained.detections.iter().map(|&row| (row + 1) as f64).collect();
    assert_eq!(rows, numbers(&cell["dt"]), "{what}");
    let range = numbers(&cell["area"]);
    let area = settings.areas.iter().position(|area| [area.low, area.high] == range[..]);
    let area = area.expect("the range is one of those evaluated");
    for (t, (matched, ignored)) in
        explained.matched[area].iter().zip(&explained.ignored[area]).enumerate()
    {
        let matched: Vec<f64> = matched
            .iter()
            .map(|found| {
                let object = found.map(|at| &truth.objects[explained.objects[at]]);
                object.and_then(|object| object.id.whole()).unwrap_or(0) as f64
            })
            .collect();
        assert_eq!(matched, numbers(&cell["matches"][t]), "{what} {cell}");
        let ignored: Vec<f64> =
            ignored.iter().map(|&ignored| f64::from(u8::from(ignored))).collect();
        assert_eq!(ignored, numbers(&cell["ignore"][t]), "{what} {cell}");
    }
}

#[test]
fn boxes_equal_pycocotools() {
    let own = cases("bbox");
    assert!(own.len() >= 40);
    assert!(own.iter().any(|case| !case["cells"].is_null()));
    check_all(&own);
    check_all(&shared_cases("coco_bbox_cases.jsonl"));
}

#[test]
fn masks_equal_pycocotools() {
    let own = cases("segm");
    assert!(own.len() >= 12);
    check_all(&own);
    check_all(&shared_cases("coco_segm_cases.jsonl"));
}

#[test]
fn keypoints_equal_pycocotools() {
    let own = cases("keypoints");
    assert!(own.len() >= 8);
    check_all(&own);
    check_all(&shared_cases("coco_keypoint_cases.jsonl"));
}

#[test]
fn real_sets_equal_pycocotools() {
    let Some(folder) = shared() else { return };
    for (set, kind, found) in [
        ("coco_val2014_100", "bbox", "dt_bbox"),
        ("coco_val2014_100", "segm", "dt_segm"),
        ("coco_keypoints_1", "keypoints", "dt_keypoints"),
    ] {
        let set = folder.join(set);
        let settings = CocoSettings::new(similarity(&Value::from(kind)), Mode::Strict);
        let reader = CocoReader::new(&settings);
        let truth = reader.truth(&set.join("gt.json")).expect("the annotations can be read");
        let found = reader.results(&set.join(format!("{found}.json"))).expect("so can the results");
        let matches = settings.evaluate(&truth, &found).expect("the set can be evaluated");
        check(kind, &matches, &document(&set.join(format!("expected_{kind}.json"))));
    }
}

/// The corrected mode moves numbers only where the reference has a defect.
#[test]
fn corrected_numbers_are_those_of_the_reference_but_for_the_defects() {
    for case in cases("bbox")
        .iter()
        .filter(|case| case["params"].as_object().is_some_and(serde_json::Map::is_empty))
    {
        let (mut settings, truth, detections) = problem(case);
        let sound = truth.objects.iter().all(|object| {
            !object.id.is_zero()
                && !object.ignore
                && ![1024.0, 9216.0].contains(&object.area)
                && object.area < 1e10
        });
        let strict = settings.evaluate(&truth, &detections).expect("strict").summary();
        let strict = strict.expect("three limits").stats();
        settings = CocoSettings::new(Similarity::Boxes, Mode::Corrected);
        let Ok(matches) = settings.evaluate(&truth, &detections) else { continue };
        let corrected = matches.summary().expect("a summary").stats();
        if sound {
            // Thresholds move by an ulp or two, precision by 2⁻⁵².
            for (a, b) in strict.iter().zip(&corrected) {
                assert!((a - b).abs() < 0.02, "{}: {strict:?} {corrected:?}", case["name"]);
            }
        }
    }
}
