//! TIDE, LRP, thresholds, calibration and confusion against the published tools.
//!
//! The values are in `data/detection_analyses.jsonl`, written by `detection_analyses.py`, whose first line has the
//! versions of the tools.

use cenote_metrics::{
    Axis, ConfusionRule, DetectionConfusion, Judgements, Outcome, Pairing, Scene, SceneDetection,
    SceneObject, ScoredBox, Side, TideRule, best_threshold, detection_calibration, optimal_lrp,
    tide,
};
use serde_json::Value;

use crate::{array, number};

fn problems() -> Vec<Value> {
    let text = include_str!("data/detection_analyses.jsonl");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    lines.skip(1).collect()
}

/// Box overlap as pycocotools computes it, boxes by corner and size.
fn overlap(detection: &[f64], object: &[f64], crowd: bool) -> f64 {
    let side = |axis: usize| {
        let end = (detection[axis] + detection[axis + 2]).min(object[axis] + object[axis + 2]);
        (end - detection[axis].max(object[axis])).max(0.0)
    };
    let shared = side(0) * side(1);
    let area = |sides: &[f64]| sides[2] * sides[3];
    let whole = if crowd { area(detection) } else { area(detection) + area(object) - shared };
    if shared > 0.0 { shared / whole } else { 0.0 }
}

fn numbers(row: &Value) -> Vec<f64> {
    array(row).iter().map(number).collect()
}

/// The images of a problem; categories keep their ids as numbers.
fn scenes(problem: &Value) -> Vec<Scene> {
    let (objects, said) = (array(&problem["gt"]), array(&problem["dt"]));
    let scene = |image: &Value| {
        let of_image = |rows: &[Value]| -> Vec<(usize, Vec<f64>)> {
            let rows = rows.iter().enumerate().filter(|(_, row)| row[0] == image[0]);
            rows.map(|(index, row)| (index, numbers(row))).collect()
        };
        let (objects, said) = (of_image(objects), of_image(said));
        let rows = said.iter().flat_map(|(_, said)| {
            objects.iter().map(|(_, object)| overlap(&said[3..], &object[2..6], object[6] > 0.0))
        });
        Scene {
            overlaps: rows.collect(),
            objects: objects
                .iter()
                .map(|(index, row)| SceneObject {
                    category: row[1] as u32,
                    ignored: row[6] > 0.0,
                    crowd: row[6] > 0.0,
                    number: *index,
                })
                .collect(),
            detections: said
                .iter()
                .map(|(index, row)| SceneDetection {
                    category: row[1] as u32,
                    score: row[2],
                    number: *index,
                })
                .collect(),
        }
    };
    array(&problem["images"]).iter().map(scene).collect()
}

fn close(got: f64, stored: &Value, to: f64) -> bool {
    (got - number(stored)).abs() <= to
}

#[test]
fn tide_equals_the_published_tool() {
    let mut compared = 0;
    for problem in problems() {
        let scenes = scenes(&problem);
        for stored in array(&problem["tide"]).iter().filter(|stored| !stored.is_null()) {
            let rule = TideRule { foreground: number(&stored["pos"]), ..TideRule::default() };
            let got = tide(scenes.clone(), rule);
            let context = format!("problem {} at {}: {got:?}", problem["seed"], stored["pos"]);
            assert!(close(got.ap.expect("there are detections"), &stored["ap"], 1e-9), "{context}");
            for (kind, gain) in &got.delta_ap {
                assert!(close(*gain, &stored["main"][kind], 1e-9), "{kind} {context}");
                assert_eq!(got.counts[kind] as u64, stored["counts"][kind], "{kind} {context}");
                compared += 2;
            }
            assert!(close(got.false_positives, &stored["special"]["FalsePos"], 1e-9), "{context}");
            assert!(close(got.false_negatives, &stored["special"]["FalseNeg"], 1e-9), "{context}");
        }
    }
    assert!(compared > 500, "only {compared} numbers were compared");
}

#[test]
fn optimal_lrp_equals_its_formula_on_the_matches_of_pycocotools() {
    let mut compared = 0;
    for problem in problems() {
        let judgements = Judgements::new(scenes(&problem), 0.5, 100);
        for (class, stored) in problem["lrp"].as_object().expect("one entry per class") {
            let judged = judgements.classes.get(&class.parse().expect("classes are numbers"));
            let got = judged.and_then(|judged| optimal_lrp(judged, 0.5));
            let Some(got) = got else {
                assert!(stored.is_null(), "{stored}");
                continue;
            };
            let stored = array(stored);
            let context = format!("problem {} class {class}: {got:?} {stored:?}", problem["seed"]);
            assert!(close(got.error, &stored[0], 1e-12), "{context}");
            assert!(close(got.false_negatives, &stored[3], 1e-12), "{context}");
            for (got, stored) in [
                (got.localisation, &stored[1]),
                (got.false_positives, &stored[2]),
                (got.score, &stored[4]),
            ] {
                assert_eq!(got.is_none(), stored.is_null(), "{context}");
                assert!(got.is_none_or(|got| close(got, stored, 1e-12)), "{context}");
                compared += 1;
            }
        }
    }
    assert!(compared > 150, "only {compared} numbers were compared");
}

#[test]
fn the_threshold_with_the_largest_f_beta_is_the_one_that_trying_all_finds() {
    let mut compared = 0;
    for problem in problems() {
        let judgements = Judgements::new(scenes(&problem), 0.5, 100);
        for stored in array(&problem["f_beta"]) {
            for (class, expected) in stored["classes"].as_object().expect("one entry per class") {
                let judged = judgements.classes.get(&class.parse().expect("classes are numbers"));
                let got = judged.and_then(|judged| best_threshold(judged, number(&stored["beta"])));
                let Some(got) = got else {
                    assert!(expected.is_null(), "{expected}");
                    continue;
                };
                let expected = numbers(expected);
                assert!((got.f_beta - expected[0]).abs() < 1e-12, "{got:?} {expected:?}");
                let counts =
                    [got.counts.tp, got.counts.fp, got.counts.fn_].map(|count| count as f64);
                assert_eq!((got.score, &counts[..]), (expected[1], &expected[2..]));
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "only {compared} thresholds were compared");
}

#[test]
fn the_calibration_error_equals_netcals() {
    let mut compared = 0;
    for problem in problems() {
        let judgements = Judgements::new(scenes(&problem), 0.5, 100);
        let known = array(&problem["categories"]).len() as u32;
        let boxes: Vec<ScoredBox> = (judgements.classes.range(1..=known))
            .flat_map(|(_, class)| &class.judged)
            .filter(|judged| judged.outcome != Outcome::Ignored)
            .map(|judged| {
                let row = numbers(&problem["dt"][judged.detection]);
                let image = numbers(&problem["images"][judged.image as usize]);
                let (width, height) = (image[1], image[2]);
                let centre = [(row[3] + row[5] / 2.0) / width, (row[4] + row[6] / 2.0) / height];
                let shares = [centre[0], centre[1], row[5] / width, row[6] / height];
                ScoredBox { score: judged.score, hit: judged.outcome == Outcome::Hit, shares }
            })
            .collect();
        let axes = [Axis::SCORE, Axis::POSITION, Axis::SIZE];
        for (axes, stored) in axes.into_iter().zip(array(&problem["d_ece"])) {
            if stored.is_null() {
                continue;
            }
            let bins = stored["bins"].as_u64().expect("bins are a number") as usize;
            let got = detection_calibration(boxes.iter().copied(), axes, bins);
            let got = got.expect("there are detections");
            assert_eq!(got.count, stored["count"]);
            assert!(close(got.error, &stored["value"], 1e-12), "{got:?} {stored}");
            compared += 1;
        }
    }
    assert!(compared > 60, "only {compared} errors were compared");
}

#[test]
fn confusion_across_classes_equals_that_of_ultralytics() {
    let mut compared = 0;
    for problem in problems() {
        let classes = array(&problem["categories"]).len() as u32 + 1;
        for (key, pairing) in
            [("score_first", Pairing::ScoreFirst), ("overlap_first", Pairing::OverlapFirst)]
        {
            let stored = &problem["confusion"][key];
            if stored.is_null() {
                continue;
            }
            let rule = ConfusionRule { pairing, ..ConfusionRule::ultralytics() };
            let got = DetectionConfusion::new(scenes(&problem), rule);
            let side = |at: u32| if at < classes { Side::Class(at + 1) } else { Side::Background };
            for said in 0..=classes {
                for truth in 0..=classes {
                    let stored = &stored[said as usize][truth as usize];
                    let context = format!("problem {} {key} {said} {truth}", problem["seed"]);
                    assert_eq!(got.count(side(truth), side(said)), *stored, "{context}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 200, "only {compared} cells were compared");
}
