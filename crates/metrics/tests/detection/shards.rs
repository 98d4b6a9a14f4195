//! Parts evaluated apart and joined.

use std::collections::BTreeMap;

use cenote_metrics::{Detections, GroundTruth, Id, Matches};

use crate::{cases, coco};

/// The images of a problem, dealt to `count` parts.
pub(crate) fn parts(
    truth: &GroundTruth,
    detections: &Detections,
    count: usize,
) -> Vec<(GroundTruth, Detections)> {
    let mut part_of: BTreeMap<Id, usize> = BTreeMap::new();
    let mut parts = vec![(GroundTruth::default(), Detections::default()); count];
    for (at, image) in truth.images.iter().enumerate() {
        let part = *part_of.entry(image.id).or_insert(at % count);
        parts[part].0.images.push(image.clone());
    }
    for object in &truth.objects {
        if let Some(&part) = part_of.get(&object.image) {
            parts[part].0.objects.push(object.clone());
        }
    }
    for row in 0..detections.len() {
        let part = &mut parts[part_of[&detections.image(row)]].1;
        part.push(
            detections.image(row),
            detections.category(row),
            detections.score(row),
            detections.bbox(row),
        )
        .expect("what was a detection is one");
    }
    for part in &mut parts {
        part.0.categories.clone_from(&truth.categories);
    }
    parts
}

#[test]
fn parts_that_are_joined_equal_the_whole_bit_for_bit() {
    let mut joined = 0;
    for case in cases("bbox") {
        let (mut settings, truth, detections) = coco::problem(&case);
        let mut ids: Vec<Id> = truth.objects.iter().map(|object| object.id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|two| two[0] == two[1]) {
            continue;
        }
        settings.images = None;
        let whole = settings.evaluate(&truth, &detections).expect("the whole");
        for count in [1, 2, 3, 5] {
            let evaluated = parts(&truth, &detections, count)
                .iter()
                .map(|(truth, detections)| settings.evaluate(truth, detections).expect("a part"))
                .rev()
                .collect();
            let merged = Matches::merge(evaluated).expect("parts without a common image");
            assert_eq!(merged.grids(), whole.grids(), "{} in {count} parts", case["name"]);
            assert_eq!(merged.images(), whole.images());
            joined += 1;
        }
    }
    assert!(joined > 100);
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let case = &cases("bbox")[0];
    let (settings, truth, detections) = coco::problem(case);
    let one = settings.evaluate(&truth, &detections).expect("the whole");
    let error = Matches::merge(vec![one.clone(), one.clone()]).unwrap_err().to_string();
    assert!(error.contains("is in two parts"), "{error}");
    let mut other = settings.clone();
    other.max_dets = vec![7];
    let other = other.evaluate(&GroundTruth::default(), &Detections::default()).expect("nothing");
    let error = Matches::merge(vec![one, other]).unwrap_err().to_string();
    assert!(error.contains("settings differ"), "{error}");
    assert!(Matches::merge(vec![]).is_err());
}
