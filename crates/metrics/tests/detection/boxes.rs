//! Overlaps and suppressions of torchvision, overlaps and polygons of pycocotools.

use cenote_metrics::{BBox, Decay, Extent, nms, nms_per_class, rasterise, soft_nms, xywh_iou};
use serde_json::Value;

use crate::{array, committed, document, number, numbers, shared_cases};

fn boxes(value: &Value) -> Vec<BBox> {
    let of = |corners: &Value| numbers(corners).try_into().ok().map(BBox::new);
    array(value).iter().map(|corners| of(corners).expect("four").expect("in order")).collect()
}

#[test]
fn overlaps_of_boxes_equal_torchvision() {
    for problem in array(&document(&committed().join("boxes.json"))["overlaps"]) {
        let (a, b) = (boxes(&problem["a"]), boxes(&problem["b"]));
        for (key, score) in [
            ("iou", BBox::iou as fn(BBox, BBox, Extent) -> f64),
            ("giou", BBox::giou),
            ("diou", BBox::diou),
            ("ciou", BBox::ciou),
        ] {
            for (a, row) in a.iter().zip(array(&problem[key])) {
                for (b, stored) in b.iter().zip(numbers(row)) {
                    let got = score(*a, *b, Extent::Continuous);
                    assert!((got - stored).abs() < 1e-12, "{key} {a:?} {b:?}: {got}, {stored}");
                }
            }
        }
    }
}

#[test]
fn suppression_equals_torchvision() {
    for problem in array(&document(&committed().join("boxes.json"))["nms"]) {
        let (boxes, scores) = (boxes(&problem["boxes"]), numbers(&problem["scores"]));
        let threshold = number(&problem["threshold"]);
        let kept = nms(&boxes, &scores, threshold, Extent::Continuous);
        assert_eq!(kept.iter().map(|&at| at as f64).collect::<Vec<_>>(), numbers(&problem["kept"]));
        let classes: Vec<usize> =
            numbers(&problem["classes"]).iter().map(|&c| c as usize).collect();
        let kept = nms_per_class(&boxes, &scores, &classes, threshold, Extent::Continuous);
        // torchvision moves the classes apart, which keeps the order of scores.
        assert_eq!(
            kept.iter().map(|&at| at as f64).collect::<Vec<_>>(),
            numbers(&problem["per_class"])
        );
    }
}

#[test]
fn soft_suppression_equals_the_algorithm_of_its_paper() {
    for problem in array(&document(&committed().join("boxes.json"))["soft_nms"]) {
        let (boxes, scores) = (boxes(&problem["boxes"]), numbers(&problem["scores"]));
        for (key, decay) in [
            ("linear", Decay::Linear { threshold: 0.3 }),
            ("gaussian", Decay::Gaussian { sigma: 0.5 }),
        ] {
            let taken = soft_nms(&boxes, &scores, decay, 0.001, Extent::Continuous);
            let stored = array(&problem[key]);
            assert_eq!(taken.len(), stored.len());
            for ((at, score), stored) in taken.iter().zip(stored) {
                assert_eq!(*at as f64, number(&stored[0]));
                assert!((score - number(&stored[1])).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn polygons_cover_the_pixels_of_pycocotools() {
    for problem in array(&document(&committed().join("boxes.json"))["polygons"]) {
        let parts: Vec<Vec<f64>> = array(&problem["parts"]).iter().map(numbers).collect();
        let size = numbers(&problem["size"]);
        let mask = rasterise(&parts, size[0] as u32, size[1] as u32).expect("polygons are sound");
        assert_eq!(Some(mask.to_text().as_str()), problem["counts"].as_str(), "{problem}");
        assert_eq!(mask.area() as f64, number(&problem["area"]));
        assert_eq!(mask.bounds().to_vec(), numbers(&problem["bbox"]));
    }
}

#[test]
fn overlaps_of_coco_boxes_are_to_the_bit_those_of_pycocotools() {
    for case in shared_cases("box_iou_cases.jsonl") {
        let of = |value: &Value| -> [f64; 4] { numbers(value).try_into().expect("four numbers") };
        let crowds = numbers(&case["iscrowd"]);
        for (d, detection) in array(&case["dt_xywh"]).iter().enumerate() {
            for (o, object) in array(&case["gt_xywh"]).iter().enumerate() {
                let (detection, object) = (of(detection), of(object));
                let got = xywh_iou(detection, object, crowds[o] != 0.0);
                assert_eq!(got.to_bits(), number(&case["iou"][d][o]).to_bits(), "{}", case["name"]);
                let got = xywh_iou(detection, object, false);
                assert_eq!(got.to_bits(), number(&case["iou_no_crowd"][d][o]).to_bits());
            }
        }
    }
}
