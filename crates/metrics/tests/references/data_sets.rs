//! Whole data sets in the layouts people have them in: COCO files, VOC and YOLO folders.

use std::collections::BTreeMap;
use std::path::Path;

use cenote_metrics::{
    Bound, CocoReader, CocoSettings, Difficult, Extent, Far, ImageOrder, Interpolation,
    LabelledBox, Mode, Preset, Protocol, Scenes, Scored, Similarity, TideRule, VocAnnotation,
    VocObject, VocProblem, VocRule, YoloBox, read_voc_folder, read_voc_text_folder,
    read_yolo_folder, tide, voc_detections, voc_ground_truth, yolo_ground_truth,
};
use serde_json::Value;

use crate::{agrees, array, json, number, stored};

#[test]
fn tide_equals_tidecv_on_coco() {
    let Some(folder) = stored("detection/coco_val2014_100") else { return };
    let settings = CocoSettings::new(Similarity::Boxes, Mode::Strict);
    let reader = CocoReader::new(&settings);
    let truth = reader.truth(&folder.join("gt.json")).expect("stored truth is right");
    let said = reader.results(&folder.join("dt_bbox.json")).expect("stored results are right");
    let scenes = Scenes::new(&settings, &truth, &said, ImageOrder::AsListed);
    let scenes = scenes.all().expect("boxes can be compared");
    let expected = json(&folder.join("expected_tide_bbox.json"));
    for (foreground, stored) in expected["by_pos_threshold"].as_object().expect("by threshold") {
        let foreground = foreground.parse().expect("thresholds are numbers");
        let got = tide(scenes.clone(), TideRule { foreground, ..TideRule::default() });
        let close = |got: f64, stored: &Value| (got - number(stored)).abs() < 1e-9;
        assert!(close(got.ap.expect("there are objects"), &stored["ap"]), "{:?} {stored}", got.ap);
        for (kind, gain) in &got.delta_ap {
            assert!(close(*gain, &stored["delta_ap_main"][kind]), "{kind} {gain} {stored}");
            assert_eq!(got.counts[kind] as u64, stored["counts"][kind], "{kind}");
        }
        let special = &stored["delta_ap_special"];
        assert!(close(got.false_positives, &special["FalsePos"]));
        assert!(close(got.false_negatives, &special["FalseNeg"]));
    }
}

/// What torchmetrics 1.9.0 says about the same files, as float32; printed by `torchmetrics.py`.
const TORCHMETRICS: [f64; 12] = [
    0.503_511_726_856_231_7,
    0.696_239_888_668_060_3,
    0.572_247_207_164_764_4,
    0.584_051_966_667_175_3,
    0.518_900_930_881_500_2,
    0.500_671_267_509_460_4,
    0.386_336_594_820_022_6,
    0.593_203_365_802_764_9,
    0.594_876_766_204_834,
    0.638_994_634_151_458_7,
    0.566_420_614_719_390_9,
    0.564_290_583_133_697_5,
];

#[test]
fn presets_of_coco_reproduce_their_tools() {
    let Some(folder) = stored("detection/coco_val2014_100") else { return };
    let stats = |preset: Preset| {
        let Protocol::Coco(settings) = preset.protocol(Similarity::Boxes) else {
            panic!("{preset:?}")
        };
        let reader = CocoReader::new(&settings);
        let truth = reader.truth(&folder.join("gt.json")).expect("stored truth is right");
        let said = reader.results(&folder.join("dt_bbox.json")).expect("stored results are right");
        let matches = settings.evaluate(&truth, &said).expect("stored problems can be evaluated");
        matches.summary().expect("the usual limits").stats()
    };
    let expected = json(&folder.join("expected_bbox.json"));
    let expected: Vec<f64> = array(&expected["stats"]).iter().map(number).collect();
    assert_eq!(stats(Preset::Pycocotools), expected);
    for (got, stored) in stats(Preset::Torchmetrics).into_iter().zip(TORCHMETRICS) {
        assert!((got - stored).abs() < 1e-7, "{got} {stored}");
    }
}

/// Checks every stored combination of threshold, extent and bound, per class and over classes.
fn check_voc(problem: &VocProblem, expected: &Value) -> usize {
    let mut compared = 0;
    for stored in array(expected) {
        let rule = VocRule {
            threshold: number(&stored["iou_thr"]),
            bound: if stored["strict_greater"] == true { Bound::Above } else { Bound::AtLeast },
            extent: if stored["offset"] == 1.0 { Extent::Inclusive } else { Extent::Continuous },
        };
        for (interpolation, ap, map) in [
            (Interpolation::ElevenPoint, "ap_2007", "map_2007"),
            (Interpolation::ElevenPointRounded, "ap_2007_rounded_grid", ""),
            (Interpolation::AllPoint, "ap_2010", "map_2010"),
        ] {
            let got = problem.evaluate(rule, interpolation).expect("stored scores are numbers");
            for (class, stored) in stored["per_class"].as_object().expect("by class") {
                let class = &got.classes[class];
                assert!(agrees(class.ap, &stored[ap]), "{rule:?} {class:?} {stored}");
                assert_eq!(class.objects as u64, stored["npos"], "{rule:?}");
                assert_eq!(
                    (class.hits, class.misses),
                    (whole(&stored["tp"]), whole(&stored["fp"]))
                );
                compared += 1;
            }
            if !map.is_empty() {
                assert!(agrees(got.map, &stored[map]), "{rule:?} {:?} {stored}", got.map);
            }
        }
    }
    compared
}

fn whole(stored: &Value) -> u64 {
    stored.as_u64().expect("a count is stored here")
}

/// Objects of a folder of text files as annotations, and every image that detections name.
fn annotations(objects: Vec<LabelledBox>, said: &[LabelledBox]) -> BTreeMap<String, VocAnnotation> {
    let empty = || VocAnnotation { filename: None, size: None, objects: Vec::new() };
    let mut images: BTreeMap<String, VocAnnotation> =
        said.iter().map(|said| (said.image.clone(), empty())).collect();
    for object in objects {
        let image = images.entry(object.image).or_insert_with(empty);
        let (name, corners) = (object.class, object.corners);
        image.objects.push(VocObject { name, corners, difficult: false });
    }
    images
}

#[test]
fn text_files_by_corner_and_size_give_the_published_numbers() {
    let Some(folder) = stored("detection/voc_text_7") else { return };
    let read = |name, scored| read_voc_text_folder(&folder.join(name), scored, Far::Size);
    let objects = read("groundtruths", Scored::No).expect("stored text is right");
    let said = read("detections", Scored::Yes).expect("stored text is right");
    let problem = VocProblem::new(annotations(objects, &said), said).expect("images are known");
    assert!(check_voc(&problem, &json(&folder.join("expected.json"))["voc"]) > 30);
    // As the tool's own tests have it, at an overlap of 0.3.
    for (preset, ap) in
        [(Preset::Rafaelpadilla, 0.245_686_680_4), (Preset::Rafaelpadilla11, 0.268_398_268_3)]
    {
        let Protocol::Voc { rule, interpolation, difficult } = preset.protocol(Similarity::Boxes)
        else {
            panic!("{preset:?}")
        };
        let rule = VocRule { threshold: 0.3, ..rule };
        let got =
            problem.judge(rule, interpolation, difficult).expect("scores are numbers").result();
        assert!(
            (got.map.expect("there are objects") - ap).abs() < 1e-9,
            "{preset:?} {:?}",
            got.map
        );
    }
}

fn toy(folder: &Path) -> (Vec<(String, VocAnnotation)>, Vec<LabelledBox>) {
    let annotations = read_voc_folder(&folder.join("Annotations")).expect("stored XML is right");
    let said = read_voc_text_folder(&folder.join("detections_x1y1x2y2"), Scored::Yes, Far::Corner);
    (annotations, said.expect("stored text is right"))
}

#[test]
fn annotations_and_detections_of_voc_give_the_numbers_of_both_protocols() {
    let Some(folder) = stored("detection/voc_toy_10") else { return };
    let expected = json(&folder.join("expected.json"));
    let (annotations, said) = toy(&folder);
    let problem = VocProblem::new(annotations.clone(), said.clone()).expect("images are known");
    assert!(check_voc(&problem, &expected["voc"]) > 30);

    let (truth, mut names) = voc_ground_truth(&annotations);
    let detections = voc_detections(&said, &mut names).expect("images are known");
    let settings = CocoSettings::new(Similarity::Boxes, Mode::Strict);
    let matches = settings.evaluate(&truth, &detections).expect("the folders are right");
    let stats: Vec<f64> = array(&expected["coco_bbox"]["stats"]).iter().map(number).collect();
    assert_eq!(matches.summary().expect("the usual limits").stats(), stats);

    // Points instead of pixels, and back again.
    let points = VocProblem::of_data(&truth, &detections).expect("boxes are right");
    let rule = VocRule::default();
    let pixels = problem.evaluate(rule, Interpolation::AllPoint).expect("scores are numbers");
    let rule = VocRule { extent: Extent::Continuous, ..rule };
    let points = points.evaluate(rule, Interpolation::AllPoint).expect("scores are numbers");
    assert_eq!(pixels, points);
}

#[test]
fn labels_of_yolo_are_the_same_objects() {
    let Some(folder) = stored("detection/voc_toy_10") else { return };
    let (annotations, _) = toy(&folder);
    let (pixels, _) = voc_ground_truth(&annotations);
    let sizes = annotations.iter().map(|(name, one)| (name.clone(), one.size.expect("has a size")));
    let labels: Vec<(String, Vec<YoloBox>)> =
        read_yolo_folder(&folder.join("yolo_labels")).expect("stored labels are right");
    let (truth, _) = yolo_ground_truth(&labels, &sizes.collect(), &[]).expect("sizes are known");
    assert_eq!(
        (truth.images.len(), truth.objects.len()),
        (pixels.images.len(), pixels.objects.len())
    );
    // The converter of that data set took corners for points: a pixel less in width, and no shift.
    for (label, object) in truth.objects.iter().zip(&pixels.objects) {
        for side in 0..4 {
            assert!(
                (label.bbox[side] - object.bbox[side]).abs() < 1.0 + 1e-9,
                "{label:?} {object:?}"
            );
        }
    }
}

#[test]
fn blood_cells_are_read_whole_with_the_two_boxes_of_one_pixel() {
    let Some(folder) = stored("bccd/BCCD/Annotations") else { return };
    let annotations = read_voc_folder(&folder).expect("the annotations are right");
    let objects = annotations.iter().flat_map(|(_, annotation)| &annotation.objects);
    let mut counts = BTreeMap::new();
    let mut pixels = 0;
    for object in objects {
        *counts.entry(object.name.as_str()).or_insert(0) += 1;
        pixels += usize::from(object.corners[0] >= object.corners[2]);
    }
    assert_eq!(counts, BTreeMap::from([("Platelets", 361), ("RBC", 4155), ("WBC", 372)]));
    assert_eq!((annotations.len(), pixels), (364, 2));
    // An object found where it is, also one of a single pixel, is a hit by the rule of pixels.
    let said = annotations.iter().flat_map(|(image, annotation)| {
        annotation.objects.iter().map(move |object| LabelledBox {
            image: image.clone(),
            class: object.name.clone(),
            score: Some(0.5),
            corners: object.corners,
        })
    });
    let problem = VocProblem::new(annotations.clone(), said).expect("images are known");
    let all = |extent| {
        let rule = VocRule { extent, ..VocRule::default() };
        let got = problem.judge(rule, Interpolation::AllPoint, Difficult::Ignored);
        let result = got.expect("scores are numbers").result();
        result.classes.values().map(|class| class.misses).sum::<u64>()
    };
    assert!(all(Extent::Inclusive) < all(Extent::Continuous));
}
