//! How well each image alone was done.

use rayon::prelude::*;

use super::super::data::Id;
use super::class::{Cell, ClassMatches, UNMATCHED};
use super::evaluate::Matches;
use crate::numerics::pairwise_mean;

/// The score of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageScore {
    /// The image.
    pub image: Id,
    /// AP over the image alone, as the mean over the categories it shows; `None` when it shows none that counts.
    pub average_precision: Option<f64>,
    /// Objects that count.
    pub objects: u64,
    /// Detections, of all categories.
    pub detections: u64,
    /// Detections of categories of which no object that counts is there.
    pub stray: u64,
}

impl Matches {
    /// A score per image, in the order of [`Matches::images`]: first range of areas, largest limit of detections, mean over
    /// all thresholds and recalls.
    pub fn image_scores(&self) -> Vec<ImageScore> {
        let limit = self.settings.max_dets.len() - 1;
        let of_class = |class: &ClassMatches| -> Vec<(u32, Option<f64>, u64, u64)> {
            let cells = class.cells.iter().enumerate().map(|(at, cell)| {
                let objects = u64::from(class.cell_positives(at)[0]);
                let slice = class.only(at).slice(&self.settings, 0, limit);
                let precision = slice.and_then(|slice| pairwise_mean(&slice.precision));
                (cell.image, precision, objects, cell.detections.len() as u64)
            });
            cells.collect()
        };
        let classes: Vec<_> = self.classes.par_iter().map(of_class).collect();
        let score = |&image: &Id| ImageScore {
            image,
            average_precision: None,
            objects: 0,
            detections: 0,
            stray: 0,
        };
        let mut scores: Vec<ImageScore> = self.images.iter().map(score).collect();
        let mut precisions: Vec<Vec<f64>> = vec![Vec::new(); scores.len()];
        for (image, precision, objects, detections) in classes.into_iter().flatten() {
            let score = &mut scores[image as usize];
            score.objects += objects;
            score.detections += detections;
            score.stray += if objects == 0 { detections } else { 0 };
            precisions[image as usize].extend(precision);
        }
        for (score, precisions) in scores.iter_mut().zip(precisions) {
            score.average_precision = pairwise_mean(&precisions);
        }
        scores
    }
}

impl ClassMatches {
    /// One cell as a class of its own.
    fn only(&self, at: usize) -> Self {
        let range = self.cells[at].detections.clone();
        let rows = range.start as usize..range.end as usize;
        let mut one = Self::new(self.shape.clone());
        one.cells
            .push(Cell { image: self.cells[at].image, detections: 0..range.end - range.start });
        one.cell_positives.extend_from_slice(self.cell_positives(at));
        one.scores.extend_from_slice(&self.scores[rows.clone()]);
        one.rows.extend_from_slice(&self.rows[rows.clone()]);
        one.outside.extend_from_slice(&self.outside[rows.clone()]);
        one.append_found(self, rows);
        one
    }

    /// Appends what detections of another class list found.
    pub(super) fn append_found(&mut self, other: &Self, rows: std::ops::Range<usize>) {
        let stride = self.shape.stride();
        for &place in &other.places[rows] {
            if place == UNMATCHED {
                self.places.push(UNMATCHED);
                continue;
            }
            self.places.push((self.found.len() / stride) as u32);
            self.found.extend_from_slice(&other.found[place as usize * stride..][..stride]);
        }
    }
}
