//! Replicates of the bootstrap against pycocotools on data sets with the copies written out, and how intervals behave.

use cenote_metrics::{
    Category, CocoReader, CocoSettings, Detections, GroundTruth, Id, Image, Matches, Mode, Object,
    Resampling, Similarity,
};
use serde_json::Value;

use crate::{array, lines, number};

fn matches(gt: &Value, dt: &Value, mode: Mode) -> Matches {
    let settings = CocoSettings::new(Similarity::Boxes, mode);
    let reader = CocoReader::new(&settings);
    let truth = reader.truth_from(gt.to_string().as_bytes(), "gt").expect("stored truth is right");
    let said =
        reader.results_from(dt.to_string().as_bytes(), "dt").expect("stored results are right");
    settings.evaluate(&truth, &said).expect("stored problems can be evaluated")
}

fn undefined_as_minus_one(numbers: Vec<(String, Option<f64>)>) -> Vec<f64> {
    numbers.into_iter().map(|(_, number)| number.unwrap_or(-1.0)).collect()
}

#[test]
fn replicates_equal_pycocotools_on_images_written_out_to_the_bit() {
    let Some(cases) = lines("bootstrap_cases.jsonl") else { return };
    let mut compared = 0;
    for case in &cases {
        let matches = matches(&case["gt"], &case["dt"], Mode::Strict);
        let all = vec![1; matches.images().len()];
        let whole = matches.weighted_summary(&all).expect("one weight an image");
        let stored: Vec<f64> = array(&case["stats"]).iter().map(number).collect();
        assert_eq!(undefined_as_minus_one(whole), stored, "{}", case["name"]);
        for replicate in array(&case["replicates"]) {
            let weight =
                |id: &Id| replicate["counts"][id.to_string()].as_u64().expect("a count") as u32;
            let weights: Vec<u32> = matches.images().iter().map(weight).collect();
            let got = matches.weighted_summary(&weights).expect("one weight an image");
            let stored: Vec<f64> = array(&replicate["stats"]).iter().map(number).collect();
            assert_eq!(undefined_as_minus_one(got), stored, "{} {weights:?}", case["name"]);
            compared += 12;
        }
    }
    assert!(compared > 200, "only {compared} numbers were compared");
}

/// A problem of 40 images with an object each of two classes; detector `skill` finds an object of image `i` by chance.
fn problem(skill: impl Fn(u64) -> bool) -> (GroundTruth, Detections) {
    let mut truth = GroundTruth::default();
    let mut said = Detections::default();
    for class in [1, 2] {
        truth.categories.push(Category { id: Id::new(class), ..Category::default() });
    }
    for image in 1..=40 {
        truth.images.push(Image { id: Id::new(image), ..Image::default() });
        for class in [1, 2] {
            let bbox = [10.0, 10.0, 40.0, 40.0];
            truth.objects.push(Object {
                id: Id::new(2 * image + class),
                image: Id::new(image),
                category: Id::new(class),
                bbox,
                area: 1600.0,
                ..Object::default()
            });
            let draw = (image * 7919 + class * 104_729) as u64 % 1_009;
            let x = if skill(draw) { 12.0 } else { 200.0 };
            let score = 0.5 + (draw % 97) as f64 / 200.0;
            said.push(Id::new(image), Id::new(class), score, [x, 10.0, 40.0, 40.0])
                .expect("finite numbers");
        }
    }
    (truth, said)
}

fn evaluate(problem: &(GroundTruth, Detections), mode: Mode) -> Matches {
    let settings = CocoSettings::new(Similarity::Boxes, mode);
    settings.evaluate(&problem.0, &problem.1).expect("the problem is right")
}

#[test]
fn weights_of_one_give_the_summary_itself_in_both_modes() {
    for mode in [Mode::Strict, Mode::Corrected] {
        let matches = evaluate(&problem(|draw| draw % 3 > 0), mode);
        let summary = matches.summary().expect("the usual limits");
        let weighted = matches.weighted_summary(&[1; 40]).expect("one weight an image");
        let values: Vec<(String, Option<f64>)> =
            summary.lines.into_iter().map(|line| (line.name, line.value)).collect();
        assert_eq!(weighted, values);
        let table = matches.class_table();
        let bootstrap = matches.bootstrap(Resampling { replicates: 2, ..Resampling::default() });
        for (class, row) in bootstrap.expect("one limit").class_ap.iter().zip(table) {
            assert_eq!(class.value, row.expect("objects of every class")[0]);
        }
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads_but_on_the_seed() {
    let matches = evaluate(&problem(|draw| draw % 3 > 0), Mode::Strict);
    let plan = Resampling { replicates: 40, parts: 10, ..Resampling::default() };
    let on = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| matches.bootstrap(Resampling { seed, ..plan })).expect("one limit")
    };
    let one = on(1, 3);
    assert_eq!(one, on(3, 3));
    assert_ne!(one.summary, on(1, 4).summary);
    let (name, ap) = &one.summary[0];
    let (ap, value) = (ap.percentile.expect("objects in every draw"), ap.value.expect("objects"));
    assert!(name == "AP" && ap.low < value && value < ap.high, "{ap:?} {value}");
}

#[test]
fn a_detector_does_not_differ_from_itself_and_a_worse_one_does() {
    let good = evaluate(&problem(|draw| draw % 4 > 0), Mode::Strict);
    let bad = evaluate(&problem(|draw| draw % 4 > 1), Mode::Strict);
    let plan = Resampling { replicates: 200, ..Resampling::default() };
    let same = good.compare(&good, plan).expect("evaluated alike");
    let (_, ap) = &same.summary[0];
    assert_eq!((ap.difference, ap.p_value), (Some(0.0), Some(1.0)));
    let worse = good.compare(&bad, plan).expect("evaluated alike");
    let (_, ap) = &worse.summary[0];
    let interval = ap.interval.expect("objects in every draw");
    assert!(ap.difference < Some(-0.1) && interval.high < 0.0, "{ap:?}");
    assert!(ap.p_value < Some(0.02), "{ap:?}");
    for class in &worse.class_ap {
        assert!(class.p_holm >= class.p_value && class.p_holm <= Some(1.0), "{class:?}");
    }
    // Swapping the two swaps the sign and nothing else.
    let better = bad.compare(&good, plan).expect("evaluated alike");
    assert_eq!(better.summary[0].1.p_value, ap.p_value);
    assert_eq!(better.summary[0].1.difference, ap.difference.map(|difference| -difference));
}

#[test]
fn evaluations_of_other_settings_cannot_be_compared() {
    let problem = problem(|draw| draw % 4 > 0);
    let (strict, corrected) =
        (evaluate(&problem, Mode::Strict), evaluate(&problem, Mode::Corrected));
    assert!(strict.compare(&corrected, Resampling::default()).is_err());
    assert!(strict.weighted_summary(&[1; 3]).is_err());
}

/// Intervals of nominally 90 % must hold the truth about as often: here in 200 data sets of 30 images.
#[test]
fn intervals_hold_the_truth_as_often_as_they_claim() {
    let truth = 0.7;
    let mut held = 0;
    for data_set in 0..200_u64 {
        let found = |image: u64| {
            let mixed =
                (data_set * 1_000 + image).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
            (mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 11) as f64 / (1_u64 << 53) as f64
        };
        let (mut gt, mut dt) = (GroundTruth::default(), Detections::default());
        gt.categories.push(Category { id: Id::new(1), ..Category::default() });
        for image in 0..30 {
            let id = Id::new(image as i64 + 1);
            gt.images.push(Image { id, ..Image::default() });
            let bbox = [0.0, 0.0, 10.0, 10.0];
            gt.objects.push(Object {
                id,
                image: id,
                category: Id::new(1),
                bbox,
                area: 100.0,
                ..Object::default()
            });
            if found(image) < truth {
                dt.push(id, Id::new(1), 0.5, bbox).expect("finite numbers");
            }
        }
        // Every detection is right, so AR is the share of objects found, whose expectation is known.
        let matches = evaluate(&(gt, dt), Mode::Strict);
        let plan = Resampling { replicates: 200, seed: data_set, level: 0.9, parts: 30 };
        let bootstrap = matches.bootstrap(plan).expect("one limit");
        let (_, recall) =
            bootstrap.summary.iter().find(|(name, _)| name == "AR100").expect("AR100");
        let interval = recall.percentile.expect("objects in every draw");
        held += u32::from(interval.low <= truth && truth <= interval.high);
    }
    // 180 are expected, with a standard deviation of about 4; the percentile method is a little short on 30 images.
    assert!((160..=196).contains(&held), "{held} of 200");
}
