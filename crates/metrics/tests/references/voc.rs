//! Average precision by the Pascal VOC rule, in every combination of threshold, extent and bound.

use std::collections::BTreeMap;

use cenote_metrics::{
    BBox, Bound, Detection, Extent, Interpolation, Truth, VocRule, average_precision,
    mean_average_precision,
};
use serde_json::Value;

use crate::{agrees, array, lines, number};

fn bbox(corners: &[Value]) -> BBox {
    let corners: Vec<f64> = corners.iter().map(number).collect();
    BBox::new(corners.try_into().expect("a box has four corners"))
        .expect("stored boxes are in order")
}

/// The objects and detections of one class; images are numbered in the order of the ground truth.
fn class(case: &Value, name: &Value) -> (Vec<Truth>, Vec<Detection>) {
    let mut images = BTreeMap::new();
    let mut truths = Vec::new();
    for (image, entry) in array(&case["gt"]).iter().enumerate() {
        images.insert(entry[0].as_str(), image);
        for object in array(&entry[1]).iter().filter(|object| object[0] == *name) {
            let fields = array(object);
            truths.push(Truth { image, bbox: bbox(&fields[1..5]), difficult: object[5] == 1 });
        }
    }
    let detections = array(&case["dets"]).iter().filter(|detection| detection[1] == *name);
    let detections = detections.map(|detection| Detection {
        image: images[&detection[0].as_str()],
        score: number(&detection[2]),
        bbox: bbox(&array(detection)[3..7]),
    });
    (truths, detections.collect())
}

#[test]
fn average_precision_equals_the_stored_values_of_the_voc_rule() {
    let Some(cases) = lines("voc_cases.jsonl") else { return };
    let mut compared = 0;
    for case in &cases {
        for expected in array(&case["expected"]) {
            let rule = VocRule {
                threshold: number(&expected["iou_thr"]),
                bound: if expected["strict_greater"] == true {
                    Bound::Above
                } else {
                    Bound::AtLeast
                },
                extent: if expected["offset"] == 1.0 {
                    Extent::Inclusive
                } else {
                    Extent::Continuous
                },
            };
            let mut rankings = Vec::new();
            for name in array(&case["classes"]) {
                let (truths, detections) = class(case, name);
                let ranking = rule.rank(&truths, &detections).expect("stored scores are numbers");
                let stored = &expected["per_class"][name.as_str().expect("classes have names")];
                let counts = ranking.counts();
                assert_eq!(Some(ranking.objects() as u64), stored["npos"].as_u64());
                assert_eq!(
                    Some(counts.tp),
                    stored["tp"].as_u64(),
                    "{} {name} {rule:?}",
                    case["name"]
                );
                assert_eq!(
                    Some(counts.fp),
                    stored["fp"].as_u64(),
                    "{} {name} {rule:?}",
                    case["name"]
                );
                for (how, key) in [
                    (Interpolation::ElevenPoint, "ap_2007"),
                    (Interpolation::ElevenPointRounded, "ap_2007_rounded_grid"),
                    (Interpolation::AllPoint, "ap_2010"),
                ] {
                    let got = average_precision(&ranking, how);
                    assert!(
                        agrees(got, &stored[key]),
                        "{} {name} {key} {got:?} {stored}",
                        case["name"]
                    );
                    compared += 1;
                }
                rankings.push(ranking);
            }
            for (how, key) in
                [(Interpolation::ElevenPoint, "map_2007"), (Interpolation::AllPoint, "map_2010")]
            {
                let got = mean_average_precision(&rankings, how);
                assert!(agrees(got, &expected[key]), "{} {key} {got:?}", case["name"]);
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "only {compared} numbers were compared");
}

/// The committed problems of `voc_rule.py`, which has the rule a second time.
#[test]
fn average_precision_equals_the_rule_written_down_in_numpy() {
    let mut compared = 0;
    for line in include_str!("data/voc_rule.jsonl").lines() {
        let problem: Value = serde_json::from_str(line).expect("a line is JSON");
        let image = |row: &Value| row[0].as_u64().expect("an image is a number") as usize;
        let truths: Vec<Truth> = (array(&problem["truth"]).iter())
            .map(|row| Truth {
                image: image(row),
                bbox: bbox(&array(row)[1..5]),
                difficult: row[5] == 1,
            })
            .collect();
        let detections: Vec<Detection> = (array(&problem["said"]).iter())
            .map(|row| Detection {
                image: image(row),
                score: number(&row[1]),
                bbox: bbox(&array(row)[2..6]),
            })
            .collect();
        for stored in array(&problem["results"]) {
            let rule = VocRule {
                threshold: number(&stored["threshold"]),
                bound: if stored["above"] == true { Bound::Above } else { Bound::AtLeast },
                extent: if stored["extra"] == 1 { Extent::Inclusive } else { Extent::Continuous },
            };
            let ranking = rule.rank(&truths, &detections).expect("stored scores are numbers");
            for (interpolation, stored) in [
                Interpolation::ElevenPoint,
                Interpolation::ElevenPointRounded,
                Interpolation::AllPoint,
            ]
            .into_iter()
            .zip(array(&stored["ap"]))
            {
                let got = average_precision(&ranking, interpolation);
                assert!(agrees(got, stored), "{} {rule:?} {got:?} {stored}", problem["seed"]);
                compared += 1;
            }
        }
    }
    assert!(compared > 150, "only {compared} numbers were compared");
}
