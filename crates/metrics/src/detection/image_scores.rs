//! Which images went worst.

use serde::Serialize;

use super::{Judgements, Outcome};
use crate::{Counts, f_beta};

/// What became of the detections and objects of one image, over all classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ImageScore {
    /// Position of the image.
    pub image: usize,
    /// Hits, misses and objects not found.
    pub counts: Counts,
    /// F1 of the image, 0 to 1, larger is better; `None` for an image with neither objects nor detections kept.
    pub f1: Option<f64>,
}

/// The scores of all images with the detections kept that have at least `score`, worst first.
///
/// Images with one F1 come with the most mistakes first, then in their order; those without an F1 are last.
pub fn image_scores(judgements: &Judgements, score: f64) -> Vec<ImageScore> {
    let mut counts = vec![Counts::default(); judgements.images];
    for class in judgements.classes.values() {
        for &(image, objects) in &class.objects {
            counts[image as usize].fn_ += u64::from(objects);
        }
        for judged in class.judged.iter().filter(|judged| judged.score >= score) {
            let counts = &mut counts[judged.image as usize];
            match judged.outcome {
                Outcome::Hit => {
                    counts.tp += 1;
                    counts.fn_ -= 1;
                }
                Outcome::Miss => counts.fp += 1,
                Outcome::Ignored => {}
            }
        }
    }
    let scored =
        |(image, counts): (usize, Counts)| ImageScore { image, counts, f1: f_beta(counts, 1.0) };
    let mut scores: Vec<ImageScore> = counts.into_iter().enumerate().map(scored).collect();
    scores.sort_by(|a, b| {
        let (f1, mistakes) = (
            |one: &ImageScore| one.f1.unwrap_or(2.0),
            |one: &ImageScore| one.counts.fp + one.counts.fn_,
        );
        f1(a).total_cmp(&f1(b)).then(mistakes(b).cmp(&mistakes(a)))
    });
    scores
}

#[cfg(test)]
mod tests {
    use super::super::{Scene, SceneDetection, SceneObject};
    use super::*;

    #[test]
    fn the_worst_image_comes_first_and_empty_ones_last() {
        let object = |number| SceneObject { category: 0, ignored: false, crowd: false, number };
        let said = |score, number| SceneDetection { category: 0, score, number };
        let scenes = [
            Scene::default(),
            Scene { objects: vec![object(0)], detections: vec![said(0.9, 0)], overlaps: vec![1.0] },
            Scene { objects: vec![object(1)], ..Scene::default() },
            Scene {
                objects: vec![object(2), object(3)],
                detections: vec![said(0.9, 1), said(0.2, 2)],
                overlaps: vec![0.8, 0.0, 0.0, 0.0],
            },
        ];
        let scores = image_scores(&Judgements::new(scenes, 0.5, 100), 0.5);
        let order: Vec<usize> = scores.iter().map(|score| score.image).collect();
        assert_eq!(order, [2, 3, 1, 0]);
        assert_eq!(scores[1].counts, Counts { tp: 1, fp: 0, fn_: 1, tn: 0 });
        assert_eq!(
            scores.iter().map(|score| score.f1).collect::<Vec<_>>(),
            [Some(0.0), Some(2.0 / 3.0), Some(1.0), None]
        );
    }
}
