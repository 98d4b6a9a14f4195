//! Every detection judged at one overlap, class by class: what operating points, LRP and calibration start from.
//!
//! Matching is COCO's (`pycocotools`, all areas): within an image and a class, detections in descending order of score
//! each take the object that they overlap most among those not taken, the last of equals, provided the overlap is at
//! least the threshold; an object that does not count is looked at only when no other will do, and makes the detection
//! ignored; a crowd may be taken any number of times. At most `max_detections` of an image and class are looked at.

use std::collections::BTreeMap;

use super::{Outcome, Scene};
use crate::detection::scene::surest_first;

/// The detections of one data set, judged at one overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgements {
    /// Overlap that makes a hit.
    pub threshold: f64,
    /// Number of images.
    pub images: usize,
    /// Classes that have an object that counts or a detection, by number.
    pub classes: BTreeMap<u32, ClassJudgements>,
}

/// The judged detections of one class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassJudgements {
    /// How many objects that count each image has, for those that have some: `(image, objects)`, ascending.
    pub objects: Vec<(u32, u32)>,
    /// Best score first; equal scores in the order of images, then of the file.
    pub judged: Vec<Judgement>,
}

/// What became of one detection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// Position of the image among the scenes.
    pub image: u32,
    /// Position of the detection among all detections.
    pub detection: usize,
    /// Its score.
    pub score: f64,
    /// Whether it counts, and for what.
    pub outcome: Outcome,
    /// Overlap with the object it took; 0 for a miss.
    pub overlap: f64,
    /// Position, among all objects, of the one it took.
    pub object: Option<usize>,
}

impl Judgements {
    /// Judges the detections of all images, at most `max_detections` of an image and class.
    pub fn new(
        scenes: impl IntoIterator<Item = Scene>,
        threshold: f64,
        max_detections: usize,
    ) -> Self {
        let mut classes: BTreeMap<u32, ClassJudgements> = BTreeMap::new();
        let mut images = 0;
        for (image, scene) in scenes.into_iter().enumerate() {
            images = image + 1;
            let image = image as u32;
            for object in scene.objects.iter().filter(|object| !object.ignored) {
                let objects = &mut classes.entry(object.category).or_default().objects;
                match objects.last_mut() {
                    Some((last, count)) if *last == image => *count += 1,
                    _ => objects.push((image, 1)),
                }
            }
            for (detection, fate) in judge(&scene, threshold, max_detections) {
                let said = scene.detections[detection];
                let (outcome, overlap, object) = fate.parts(&scene, detection);
                let judgement = Judgement {
                    image,
                    detection: said.number,
                    score: said.score,
                    outcome,
                    overlap,
                    object,
                };
                classes.entry(said.category).or_default().judged.push(judgement);
            }
        }
        for class in classes.values_mut() {
            class.judged.sort_by(|a, b| surest_first(a.score, b.score));
        }
        Self { threshold, images, classes }
    }
}

impl ClassJudgements {
    /// Objects that count.
    pub fn total(&self) -> u64 {
        self.objects.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// Cuts the ranking where scores change: the ends of groups of equal scores, which no threshold can part.
    pub(super) fn ends(&self) -> impl Iterator<Item = usize> {
        let differs = |end: &usize| {
            *end == self.judged.len() || self.judged[*end - 1].score > self.judged[*end].score
        };
        (1..=self.judged.len()).filter(differs)
    }
}

/// What a detection of a scene took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Position of the object in the scene; a crowd makes the detection ignored.
    Took(usize),
    Nothing,
}

impl Fate {
    fn parts(self, scene: &Scene, detection: usize) -> (Outcome, f64, Option<usize>) {
        let Self::Took(at) = self else { return (Outcome::Miss, 0.0, None) };
        let object = scene.objects[at];
        let outcome = if object.ignored { Outcome::Ignored } else { Outcome::Hit };
        (outcome, scene.overlap(detection, at), Some(object.number))
    }
}

/// Judges one image: positions of detections with their fates, best score first over all classes.
pub(super) fn judge(scene: &Scene, threshold: f64, max_detections: usize) -> Vec<(usize, Fate)> {
    // As in the reference: an overlap of 1 that rounding left a little short still meets a threshold of 1.
    let enough = threshold.min(1.0 - 1e-10);
    let mut taken = vec![false; scene.objects.len()];
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    let mut judged = Vec::new();
    for detection in scene.by_score() {
        let category = scene.detections[detection].category;
        let seen = seen.entry(category).or_default();
        *seen += 1;
        if *seen > max_detections {
            continue;
        }
        let best = |ignored: bool| {
            let mut best: Option<(f64, usize)> = None;
            for (at, object) in scene.objects.iter().enumerate() {
                let open = object.ignored == ignored && (object.crowd || !taken[at]);
                let overlap = scene.overlap(detection, at);
                let least = best.map_or(enough, |(most, _)| most);
                if open && object.category == category && overlap >= least {
                    best = Some((overlap, at));
                }
            }
            best.map(|(_, at)| at)
        };
        let fate = match best(false).or_else(|| best(true)) {
            Some(at) => {
                taken[at] = true;
                Fate::Took(at)
            }
            None => Fate::Nothing,
        };
        judged.push((detection, fate));
    }
    judged
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scene::random;
    use super::*;

    /// `evaluateImg` of the reference, read literally for one class, without areas.
    fn reference(scene: &Scene, category: u32, t: f64, max: usize) -> Vec<(usize, Option<usize>)> {
        let mut gt: Vec<usize> =
            (0..scene.objects.len()).filter(|&o| scene.objects[o].category == category).collect();
        gt.sort_by_key(|&o| scene.objects[o].ignored);
        let mut dt: Vec<usize> = (0..scene.detections.len())
            .filter(|&d| scene.detections[d].category == category)
            .collect();
        dt.sort_by(|&a, &b| {
            scene.detections[b].score.partial_cmp(&scene.detections[a].score).unwrap()
        });
        dt.truncate(max);
        let mut matched = vec![false; gt.len()];
        let mut result = Vec::new();
        for d in dt {
            let (mut iou, mut m) = (t.min(1.0 - 1e-10), None);
            for (g, &object) in gt.iter().enumerate() {
                if matched[g] && !scene.objects[object].crowd {
                    continue;
                }
                let counts = |g: usize| !scene.objects[gt[g]].ignored;
                if m.is_some_and(counts) && !counts(g) {
                    break;
                }
                if scene.overlap(d, object) < iou {
                    continue;
                }
                iou = scene.overlap(d, object);
                m = Some(g);
            }
            if let Some(m) = m {
                matched[m] = true;
            }
            result.push((d, m.map(|m| gt[m])));
        }
        result
    }

    proptest! {
        #[test]
        fn matching_equals_the_reference_read_literally(
            scenes in random::scenes(3),
            threshold in 0_u8..=20,
            max in 1_usize..5,
        ) {
            let threshold = f64::from(threshold) / 20.0;
            for scene in &scenes {
                let judged = judge(scene, threshold, max);
                for category in 0..4 {
                    let of_class = judged.iter().filter(|(d, _)| {
                        scene.detections[*d].category == category
                    });
                    let got: Vec<_> = of_class.map(|&(d, fate)| match fate {
                        Fate::Took(object) => (d, Some(object)),
                        Fate::Nothing => (d, None),
                    }).collect();
                    prop_assert_eq!(got, reference(scene, category, threshold, max));
                }
            }
        }
    }

    #[test]
    fn groups_of_equal_scores_end_where_the_score_changes() {
        let judgement = |score| Judgement {
            image: 0,
            detection: 0,
            score,
            outcome: Outcome::Miss,
            overlap: 0.0,
            object: None,
        };
        let judged = [0.9, 0.9, 0.5, 0.1, 0.1].map(judgement).to_vec();
        let class = ClassJudgements { objects: vec![(0, 2), (3, 1)], judged };
        assert_eq!(class.ends().collect::<Vec<_>>(), [2, 3, 5]);
        assert_eq!(class.total(), 3);
        assert_eq!(ClassJudgements::default().ends().count(), 0);
    }
}
