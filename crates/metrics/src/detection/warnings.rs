//! What is odd about a data set or its results, and what that does to the numbers.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::{Detections, GroundTruth, Id};

/// One oddity, with how often it occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// A short name that does not change.
    pub kind: &'static str,
    /// How often it occurs.
    pub count: usize,
    /// What it is and what it does.
    pub text: String,
}

/// Looks for what is known to surprise people, in a fixed order; empty when there is nothing.
///
/// `most` is the number of detections of an image and category that the evaluation looks at.
pub fn detection_warnings(
    truth: &GroundTruth,
    detections: &Detections,
    most: usize,
) -> Vec<Warning> {
    let mut found = Found::default();
    found.truth(truth);
    found.detections(truth, detections, most);
    found.0
}

#[derive(Default)]
struct Found(Vec<Warning>);

impl Found {
    fn add(&mut self, kind: &'static str, count: usize, text: impl FnOnce() -> String) {
        if count > 0 {
            self.0.push(Warning { kind, count, text: text() });
        }
    }

    fn truth(&mut self, truth: &GroundTruth) {
        let zero = truth.objects.iter().filter(|object| object.id.is_zero()).count();
        self.add("object_id_zero", zero, || {
            "an object has the id 0, which pycocotools reads as no match: its detection counts as wrong".to_owned()
        });
        let ids = truth.objects.iter().map(|object| object.id);
        self.add("object_id_twice", repeated(ids), || {
            "objects share an id: pycocotools counts the last of them as often as the id occurs and drops the others"
                .to_owned()
        });
        self.add("image_id_twice", repeated(truth.images.iter().map(|image| image.id)), || {
            "images share an id and are taken for one".to_owned()
        });
        let categories = truth.categories.iter().map(|category| category.id);
        self.add("category_id_twice", repeated(categories), || {
            "categories share an id and are taken for one".to_owned()
        });
        let images: HashSet<Id> = truth.images.iter().map(|image| image.id).collect();
        let lost = truth.objects.iter().filter(|object| !images.contains(&object.image)).count();
        self.add("object_without_image", lost, || {
            format!("{lost} objects are in images that are not listed; they are never looked at")
        });
        let listed: HashSet<Id> = truth.categories.iter().map(|category| category.id).collect();
        let lost = truth.objects.iter().filter(|object| !listed.contains(&object.category)).count();
        self.add("object_without_category", lost, || {
            format!("{lost} objects have categories that are not listed; they are never looked at")
        });
        let flat =
            truth.objects.iter().filter(|object| !(object.bbox[2] > 0.0 && object.bbox[3] > 0.0));
        let flat = flat.count();
        self.add("object_without_extent", flat, || {
            format!("{flat} objects have boxes without width or height; no box overlaps them")
        });
        let ignored = truth.objects.iter().filter(|object| object.ignore && !object.crowd).count();
        self.add("ignore_flag", ignored, || {
            format!("{ignored} objects are marked `ignore`; pycocotools overwrites that mark with `iscrowd`")
        });
        let crowds = truth.objects.iter().filter(|object| object.crowd).count();
        self.add("many_crowds", if 10 * crowds > truth.objects.len() { crowds } else { 0 }, || {
            format!("{crowds} of {} objects are crowds and do not count", truth.objects.len())
        });
    }

    fn detections(&mut self, truth: &GroundTruth, detections: &Detections, most: usize) {
        if detections.is_empty() {
            self.add("no_detections", 1, || {
                "there are no detections: every number is 0".to_owned()
            });
            return;
        }
        let rows = 0..detections.len();
        let images: HashSet<Id> = truth.images.iter().map(|image| image.id).collect();
        let astray = rows.clone().filter(|&row| !images.contains(&detections.image(row))).count();
        self.add("detection_without_image", astray, || {
            format!(
                "{astray} detections are in images that are not listed; pycocotools refuses them"
            )
        });
        let listed: HashSet<Id> = truth.categories.iter().map(|category| category.id).collect();
        let unlisted =
            rows.clone().filter(|&row| !listed.contains(&detections.category(row))).count();
        self.add("detection_without_category", unlisted, || {
            format!("{unlisted} detections have categories that are not listed; they are never looked at")
        });
        let present: HashSet<Id> = truth.objects.iter().map(|object| object.category).collect();
        let said: HashSet<Id> = detections.categories().0.iter().copied().collect();
        let phantom: HashSet<Id> = said
            .iter()
            .filter(|id| listed.contains(id) && !present.contains(id))
            .copied()
            .collect();
        self.add("phantom_category", phantom.len(), || {
            let false_ones = rows.clone().filter(|&row| phantom.contains(&detections.category(row))).count();
            let categories = phantom.len();
            format!("{false_ones} detections are of {categories} categories without objects; no number sees that they are wrong")
        });
        let never = present.iter().filter(|id| !said.contains(id)).count();
        self.add("category_never_predicted", never, || {
            format!("{never} categories with objects are never predicted; each has an average precision of 0")
        });
        let mut cells: HashMap<(Id, Id), usize> = HashMap::new();
        for row in rows.clone() {
            *cells.entry((detections.image(row), detections.category(row))).or_default() += 1;
        }
        let lost: usize = cells.values().map(|count| count.saturating_sub(most)).sum();
        self.add("past_the_limit", lost, || {
            format!("{lost} detections are past the first {most} of their image and category and are never looked at")
        });
        let scores = detections.scores();
        let equal = scores.windows(2).all(|pair| (pair[0] - pair[1]).abs() == 0.0);
        self.add("equal_scores", if equal && scores.len() > 1 { scores.len() } else { 0 }, || {
            "all scores are equal: the order of the file decides the numbers".to_owned()
        });
        let outside = scores.iter().filter(|score| !(0.0..=1.0).contains(*score)).count();
        self.add("score_no_probability", outside, || {
            format!("{outside} scores are outside 0 to 1; they rank, but calibration is undefined")
        });
        let mut seen = HashSet::new();
        let twice = rows.clone().filter(|&row| {
            let sides = detections.bbox(row).map(f64::to_bits);
            let score = detections.score(row).to_bits();
            !seen.insert((detections.image(row), detections.category(row), sides, score))
        });
        let twice = twice.count();
        self.add("detection_twice", twice, || {
            format!(
                "{twice} detections repeat another to the last bit; each repetition counts as wrong"
            )
        });
        let flat = rows.filter(|&row| {
            let [_, _, width, height] = detections.bbox(row);
            !(width > 0.0 && height > 0.0)
        });
        let flat = flat.count();
        self.add("detection_without_extent", flat, || {
            format!("{flat} detections have boxes without width or height; they find nothing")
        });
    }
}

/// How many entries have an id that an earlier one has.
fn repeated(ids: impl Iterator<Item = Id>) -> usize {
    let mut seen = HashSet::new();
    ids.filter(|id| !seen.insert(*id)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Category, Image, Object};

    fn truth() -> GroundTruth {
        let object = |id, category| Object {
            id: Id::new(id),
            image: Id::new(1),
            category: Id::new(category),
            bbox: [0.0, 0.0, 5.0, 5.0],
            area: 25.0,
            ..Object::default()
        };
        let category = |id| Category { id: Id::new(id), ..Category::default() };
        GroundTruth {
            images: vec![Image { id: Id::new(1), ..Image::default() }],
            categories: vec![category(1), category(2), category(3)],
            objects: vec![object(1, 1), object(2, 2)],
        }
    }

    fn kinds(truth: &GroundTruth, rows: &[(i64, i64, f64)]) -> Vec<(&'static str, usize)> {
        let mut detections = Detections::default();
        for (at, &(image, category, score)) in rows.iter().enumerate() {
            let bbox = [at as f64, 0.0, 5.0, 5.0];
            detections.push(Id::new(image), Id::new(category), score, bbox).unwrap();
        }
        let warnings = detection_warnings(truth, &detections, 2);
        warnings.into_iter().map(|warning| (warning.kind, warning.count)).collect()
    }

    #[test]
    fn nothing_odd_is_no_warning() {
        assert_eq!(kinds(&truth(), &[(1, 1, 0.5), (1, 2, 0.25)]), []);
    }

    #[test]
    fn oddities_of_the_truth_are_found() {
        let mut odd = truth();
        odd.objects[0].id = Id::new(0);
        odd.objects[1].id = Id::new(0);
        odd.objects[1].bbox[3] = 0.0;
        odd.objects[1].ignore = true;
        odd.objects.push(Object {
            id: Id::new(9),
            image: Id::new(7),
            crowd: true,
            ..odd.objects[0].clone()
        });
        let found = kinds(&odd, &[(1, 1, 0.5), (1, 2, 0.25)]);
        let expected = [
            ("object_id_zero", 2),
            ("object_id_twice", 1),
            ("object_without_image", 1),
            ("object_without_extent", 1),
            ("ignore_flag", 1),
            ("many_crowds", 1),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn oddities_of_the_detections_are_found() {
        let rows = [(1, 3, 1.5), (1, 3, 0.5), (1, 3, 0.25), (8, 1, 0.5), (1, 9, 0.5)];
        let expected = [
            ("detection_without_image", 1),
            ("detection_without_category", 1),
            ("phantom_category", 1),
            ("category_never_predicted", 1),
            ("past_the_limit", 1),
            ("score_no_probability", 1),
        ];
        assert_eq!(kinds(&truth(), &rows), expected);
        assert_eq!(kinds(&truth(), &[]), [("no_detections", 1)]);
        assert_eq!(kinds(&truth(), &[(1, 1, 0.5), (1, 2, 0.5)]), [("equal_scores", 2)]);
    }
}
