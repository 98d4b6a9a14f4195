//! One image: what is in it, what was said about it, and how much everything overlaps.
//!
//! Analyses that look across classes (TIDE, confusion) and those at one overlap (operating points, LRP, calibration)
//! take images one at a time, so that no more than one image's overlaps are in memory.

use std::cmp::Ordering;

/// One image's objects and detections.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// What is in the image, in the order of the file.
    pub objects: Vec<SceneObject>,
    /// What was said about it, in the order of the file.
    pub detections: Vec<SceneDetection>,
    /// Overlap of detection `d` with object `o` at `d * objects.len() + o`, from 0 to 1.
    ///
    /// With a crowd it is the share of the detection inside the crowd.
    pub overlaps: Vec<f64>,
}

/// An object of a scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SceneObject {
    /// Number of its category; also of categories that no list of the data set names.
    pub category: u32,
    /// Whether it does not count: finding it is neither right nor wrong.
    pub ignored: bool,
    /// Whether it stands for many objects, which can be found any number of times; a crowd is ignored too.
    pub crowd: bool,
    /// Its position among all objects of the data set.
    pub number: usize,
}

/// A detection of a scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneDetection {
    /// Number of its category.
    pub category: u32,
    /// How sure the model is.
    pub score: f64,
    /// Its position among all detections.
    pub number: usize,
}

impl Scene {
    /// Overlap of a detection with an object.
    pub fn overlap(&self, detection: usize, object: usize) -> f64 {
        self.overlaps[detection * self.objects.len() + object]
    }

    /// Overlaps of a detection with every object.
    pub(super) fn row(&self, detection: usize) -> &[f64] {
        let width = self.objects.len();
        &self.overlaps[detection * width..(detection + 1) * width]
    }

    /// Positions of the detections, best score first; equal scores keep their order.
    pub(super) fn by_score(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.detections.len()).collect();
        let score = |index: usize| self.detections[index].score;
        order.sort_by(|&a, &b| surest_first(score(a), score(b)));
        order
    }
}

/// Order of scores, larger first; +0 and −0 are equal, and what is not a number stands at one end.
pub(super) fn surest_first(a: f64, b: f64) -> Ordering {
    (b + 0.0).total_cmp(&(a + 0.0))
}

/// Random scenes for property tests: few objects and coarse overlaps, so that ties and rivals are common.
#[cfg(test)]
pub(super) mod random {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::detection) fn scenes(images: usize) -> impl Strategy<Value = Vec<Scene>> {
        let scene = (0_usize..5, 0_usize..8).prop_flat_map(|(objects, detections)| {
            (
                prop::collection::vec((0_u32..3, 0_u8..8), objects),
                prop::collection::vec((0_u32..4, 0_u8..10), detections),
                prop::collection::vec(0_u8..=20, objects * detections),
            )
        });
        prop::collection::vec(scene, 0..=images).prop_map(|scenes| {
            let (mut object, mut detection) = (0, 0);
            let build = |(objects, detections, overlaps): (Vec<_>, Vec<_>, Vec<u8>)| Scene {
                objects: objects
                    .into_iter()
                    .map(|(category, kind)| {
                        object += 1;
                        let (ignored, crowd) = (kind < 2, kind < 1);
                        SceneObject { category, ignored, crowd, number: object - 1 }
                    })
                    .collect(),
                detections: detections
                    .into_iter()
                    .map(|(category, score)| {
                        detection += 1;
                        let score = f64::from(score) / 10.0;
                        SceneDetection { category, score, number: detection - 1 }
                    })
                    .collect(),
                overlaps: overlaps.into_iter().map(|overlap| f64::from(overlap) / 20.0).collect(),
            };
            scenes.into_iter().map(build).collect()
        })
    }
}
