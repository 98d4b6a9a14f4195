//! Matching of detections to objects by the rule of Pascal VOC.
//!
//! Detections are taken in descending order of score. Each looks at the object of its image that it overlaps most,
//! the first of equals, found before or not:
//!
//! - overlap below the threshold: a miss;
//! - a difficult object: ignored, as often as it is found;
//! - an object not found before: a hit, and found from now on;
//! - an object found before: a miss.
//!
//! After Everingham et al. (2010), doi:10.1007/s11263-009-0275-4, and the code of its development kit. Tools differ in
//! [`Extent`] and [`Bound`]: the kit counts pixels and takes an overlap equal to the threshold, py-faster-rcnn counts
//! pixels and does not.

use std::collections::BTreeMap;

use super::ranking::{Outcome, descending};
use super::{ClassJudgements, Judgement, Ranking};
use crate::{BBox, Error, Extent};

/// An object that is really there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// Number of its image.
    pub image: usize,
    /// Where it is.
    pub bbox: BBox,
    /// Whether it is too hard to be asked for; finding it is neither right nor wrong.
    pub difficult: bool,
}

/// An object that a model says is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Number of its image.
    pub image: usize,
    /// Where it should be.
    pub bbox: BBox,
    /// How sure the model is; larger is surer.
    pub score: f64,
}

/// Whether an overlap equal to the threshold is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// `iou >= threshold`, as in the development kit.
    #[default]
    AtLeast,
    /// `iou > threshold`, as in py-faster-rcnn.
    Above,
}

/// When a detection counts as having found an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VocRule {
    /// Overlap that is asked for.
    pub threshold: f64,
    /// Whether exactly that overlap is enough.
    pub bound: Bound,
    /// What the corners of boxes mean.
    pub extent: Extent,
}

impl Default for VocRule {
    /// The rule of the development kit.
    fn default() -> Self {
        Self { threshold: 0.5, bound: Bound::AtLeast, extent: Extent::Inclusive }
    }
}

impl VocRule {
    /// Judges the detections of one class.
    ///
    /// # Errors
    ///
    /// When a score is not a number.
    pub fn rank(self, truths: &[Truth], detections: &[Detection]) -> Result<Ranking, Error> {
        let judged = self.judge(truths, detections)?;
        let objects = judged.total() as usize;
        Ranking::new(objects, judged.judged.iter().map(|one| (one.score, one.outcome)).collect())
    }

    /// Judges the detections of one class, and says what each of them looked at.
    ///
    /// Detections and objects are told by their positions in the lists.
    ///
    /// # Errors
    ///
    /// When a score is not a number.
    pub fn judge(
        self,
        truths: &[Truth],
        detections: &[Detection],
    ) -> Result<ClassJudgements, Error> {
        if let Some(detection) = detections.iter().find(|detection| detection.score.is_nan()) {
            return Err(Error::Score { score: detection.score });
        }
        let mut images: BTreeMap<usize, Vec<(usize, &Truth, bool)>> = BTreeMap::new();
        for (at, truth) in truths.iter().enumerate() {
            images.entry(truth.image).or_default().push((at, truth, false));
        }
        let asked_for = images.iter().map(|(&image, objects)| {
            let counting = objects.iter().filter(|(_, truth, _)| !truth.difficult).count();
            (image as u32, counting as u32)
        });
        let objects = asked_for.filter(|&(_, count)| count > 0).collect();
        let mut ordered: Vec<(usize, &Detection)> = detections.iter().enumerate().collect();
        ordered.sort_by(|(_, a), (_, b)| descending(a.score, b.score));

        let judged = ordered.into_iter().map(|(at, detection)| {
            let objects = images.get_mut(&detection.image).map_or(&mut [][..], Vec::as_mut_slice);
            let (outcome, overlap, object) = self.look(detection, objects);
            let (image, score) = (detection.image as u32, detection.score);
            Judgement { image, detection: at, score, outcome, overlap, object }
        });
        let judged = judged.collect();
        Ok(ClassJudgements { objects, judged })
    }

    /// Judges one detection against the objects of its image and marks the one it finds; its overlap with that, and which.
    fn look(
        self,
        detection: &Detection,
        objects: &mut [(usize, &Truth, bool)],
    ) -> (Outcome, f64, Option<usize>) {
        let mut best: Option<(f64, &mut (usize, &Truth, bool))> = None;
        for object in objects {
            let iou = object.1.bbox.iou(detection.bbox, self.extent);
            if best.as_ref().is_none_or(|(most, _)| iou > *most) {
                best = Some((iou, object));
            }
        }
        match best {
            Some((iou, (at, truth, found))) if self.accepts(iou) => {
                match (truth.difficult, *found) {
                    (true, _) => (Outcome::Ignored, iou, Some(*at)),
                    (false, true) => (Outcome::Miss, 0.0, None),
                    (false, false) => {
                        *found = true;
                        (Outcome::Hit, iou, Some(*at))
                    }
                }
            }
            _ => (Outcome::Miss, 0.0, None),
        }
    }

    fn accepts(self, iou: f64) -> bool {
        match self.bound {
            Bound::AtLeast => iou >= self.threshold,
            Bound::Above => iou > self.threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(image: usize, corners: [f64; 4], difficult: bool) -> Truth {
        Truth { image, bbox: BBox::new(corners).unwrap(), difficult }
    }

    fn detection(image: usize, corners: [f64; 4], score: f64) -> Detection {
        Detection { image, bbox: BBox::new(corners).unwrap(), score }
    }

    fn outcomes(rule: VocRule, truths: &[Truth], detections: &[Detection]) -> Vec<Outcome> {
        let ranking = rule.rank(truths, detections).unwrap();
        ranking.judged().iter().map(|&(_, outcome)| outcome).collect()
    }

    const A: [f64; 4] = [0.0, 0.0, 9.0, 9.0];
    const B: [f64; 4] = [20.0, 0.0, 29.0, 9.0];

    #[test]
    fn the_surest_detection_takes_the_object_and_the_second_is_a_miss() {
        let truths = [truth(0, A, false), truth(0, B, false)];
        let detections = [detection(0, A, 0.5), detection(0, A, 0.9), detection(0, B, 0.1)];
        let judged = outcomes(VocRule::default(), &truths, &detections);
        assert_eq!(judged, [Outcome::Hit, Outcome::Miss, Outcome::Hit]);
    }

    #[test]
    fn a_difficult_object_is_ignored_as_often_as_it_is_found() {
        let truths = [truth(0, A, true), truth(0, B, false)];
        let detections = [detection(0, A, 0.9), detection(0, A, 0.8), detection(0, B, 0.7)];
        let ranking = VocRule::default().rank(&truths, &detections).unwrap();
        assert_eq!(ranking.objects(), 1);
        let judged = outcomes(VocRule::default(), &truths, &detections);
        assert_eq!(judged, [Outcome::Ignored, Outcome::Ignored, Outcome::Hit]);
    }

    #[test]
    fn an_object_in_another_image_cannot_be_found() {
        let judged = outcomes(VocRule::default(), &[truth(0, A, false)], &[detection(1, A, 0.9)]);
        assert_eq!(judged, [Outcome::Miss]);
    }

    #[test]
    fn of_equally_overlapped_objects_the_first_is_looked_at() {
        let found = [detection(0, A, 0.9)];
        let first_counts = [truth(0, A, false), truth(0, A, true)];
        assert_eq!(outcomes(VocRule::default(), &first_counts, &found), [Outcome::Hit]);
        let first_does_not = [truth(0, A, true), truth(0, A, false)];
        assert_eq!(outcomes(VocRule::default(), &first_does_not, &found), [Outcome::Ignored]);
    }

    #[test]
    fn an_overlap_equal_to_the_threshold_is_enough_for_one_bound_only() {
        // 10 x 10 pixels against 5 x 10 of them: exactly one half.
        let half = [0.0, 0.0, 4.0, 9.0];
        for (bound, expected) in [(Bound::AtLeast, Outcome::Hit), (Bound::Above, Outcome::Miss)] {
            let rule = VocRule { bound, ..VocRule::default() };
            let judged = outcomes(rule, &[truth(0, A, false)], &[detection(0, half, 0.9)]);
            assert_eq!(judged, [expected]);
        }
    }

    #[test]
    fn a_score_that_is_not_a_number_is_refused() {
        let rule = VocRule::default();
        assert!(rule.rank(&[truth(0, A, false)], &[detection(0, A, f64::NAN)]).is_err());
    }
}
