//! Precision, recall and scores as whole arrays.

use rayon::prelude::*;

use super::curve::Slice;
use super::evaluate::Matches;

/// An array in C order; −1 stands for a class without objects, as in pycocotools.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Length per axis.
    pub shape: Vec<usize>,
    /// The numbers, the last axis fastest.
    pub values: Vec<f64>,
}

impl Matches {
    /// Precision, recall and scores: `(T, R, K, A, M)`, `(T, K, A, M)`, `(T, R, K, A, M)`, over thresholds, recalls,
    /// categories, ranges of areas and limits of detections.
    ///
    /// Large for many categories: the scores of a report need no such arrays.
    pub fn grids(&self) -> [Grid; 3] {
        let settings = self.settings();
        let (thresholds, recalls) =
            (settings.iou_thresholds.len(), settings.recall_thresholds.len());
        let (areas, limits) = (settings.areas.len(), settings.max_dets.len());
        let classes = self.classes.len();
        let tail = [classes, areas, limits];
        let full = [thresholds, recalls, classes, areas, limits];
        let grid = |shape: &[usize]| Grid {
            shape: shape.to_vec(),
            values: vec![-1.0; shape.iter().product()],
        };
        let (mut precision, mut scores) = (grid(&full), grid(&full));
        let mut recall = grid(&[&[thresholds], &tail[..]].concat());
        let cells: Vec<(usize, usize, usize)> = (0..classes)
            .flat_map(|k| (0..areas).flat_map(move |a| (0..limits).map(move |m| (k, a, m))))
            .collect();
        let slices: Vec<Option<Slice>> =
            cells.par_iter().map(|&(k, a, m)| self.slice(k, a, m)).collect();
        for (&(k, a, m), slice) in cells.iter().zip(slices) {
            let Some(slice) = slice else { continue };
            let last = (k * areas + a) * limits + m;
            let step = classes * areas * limits;
            for (at, (p, s)) in slice.precision.iter().zip(&slice.scores).enumerate() {
                precision.values[at * step + last] = *p;
                scores.values[at * step + last] = *s;
            }
            for (t, r) in slice.recall.iter().enumerate() {
                recall.values[t * step + last] = *r;
            }
        }
        [precision, recall, scores]
    }
}
