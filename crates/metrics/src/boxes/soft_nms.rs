//! Soft non-maximum suppression: boxes near a surer one lose score instead of falling.
//!
//! ```text
//! linear      s ← s (1 − iou)           where iou > threshold
//! Gaussian    s ← s exp(−iou² / sigma)
//! ```
//!
//! The surest box that is left is taken, the scores of the others are lowered, and so on. After Bodla et al. (2017),
//! arXiv:1704.04503.

use super::nms::surest_first;
use super::{BBox, Extent};

/// How the score of a box falls with its overlap of a surer one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// In proportion, for overlaps above a threshold.
    Linear {
        /// Overlap that costs nothing yet.
        threshold: f64,
    },
    /// Smoothly, for every overlap.
    Gaussian {
        /// Width of the bell; 0.5 in the paper.
        sigma: f64,
    },
}

impl Decay {
    fn keeps(self, iou: f64) -> f64 {
        match self {
            Self::Linear { threshold } if iou > threshold => 1.0 - iou,
            Self::Linear { .. } => 1.0,
            Self::Gaussian { sigma } => (-(iou * iou) / sigma).exp(),
        }
    }
}

/// Boxes with their lowered scores in the order they were taken; those below `lowest` are left out.
///
/// Of equal scores the first is taken.
///
/// # Panics
///
/// When there are not as many scores as boxes.
pub fn soft_nms(
    boxes: &[BBox],
    scores: &[f64],
    decay: Decay,
    lowest: f64,
    extent: Extent,
) -> Vec<(usize, f64)> {
    assert_eq!(boxes.len(), scores.len(), "soft_nms: one score per box");
    let mut left: Vec<(usize, f64)> = scores.iter().copied().enumerate().collect();
    let mut taken = Vec::new();
    loop {
        left.retain(|&(_, score)| score >= lowest);
        let best = (0..left.len()).min_by(|&a, &b| surest_first(left[a].1, left[b].1));
        let Some(best) = best else { return taken };
        let one = left.remove(best);
        for (other, score) in &mut left {
            *score *= decay.keeps(boxes[one.0].iou(boxes[*other], extent));
        }
        taken.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes() -> Vec<BBox> {
        // The second shares half of the first's area: IoU 1/3. The third is alone.
        [[0.0, 0.0, 4.0, 4.0], [2.0, 0.0, 6.0, 4.0], [20.0, 0.0, 24.0, 4.0]]
            .map(|corners| BBox::new(corners).unwrap())
            .to_vec()
    }

    #[test]
    fn an_overlapping_box_loses_its_share_and_its_place() {
        let linear = Decay::Linear { threshold: 0.3 };
        let taken = soft_nms(&boxes(), &[0.9, 0.8, 0.7], linear, 0.0, Extent::Continuous);
        assert_eq!(taken.iter().map(|one| one.0).collect::<Vec<_>>(), [0, 2, 1]);
        assert!((taken[2].1 - 0.8 * 2.0 / 3.0).abs() < 1e-15);
        let far = Decay::Linear { threshold: 0.4 };
        let taken = soft_nms(&boxes(), &[0.9, 0.8, 0.7], far, 0.0, Extent::Continuous);
        assert_eq!(taken, [(0, 0.9), (1, 0.8), (2, 0.7)]);
    }

    #[test]
    fn the_bell_lowers_every_overlap_and_scores_too_low_are_dropped() {
        let bell = Decay::Gaussian { sigma: 0.5 };
        let taken = soft_nms(&boxes(), &[0.9, 0.8, 0.7], bell, 0.65, Extent::Continuous);
        assert_eq!(taken.iter().map(|one| one.0).collect::<Vec<_>>(), [0, 2]);
        let taken = soft_nms(&boxes(), &[0.9, 0.8, 0.7], bell, 0.0, Extent::Continuous);
        assert!((taken[2].1 - 0.8 * (-2.0_f64 / 9.0).exp()).abs() < 1e-15);
    }

    #[test]
    fn equal_boxes_fall_as_they_do_to_hard_suppression() {
        let twice = vec![boxes()[0]; 3];
        let linear = Decay::Linear { threshold: 0.5 };
        let taken = soft_nms(&twice, &[0.5, 0.5, 0.4], linear, 1e-9, Extent::Continuous);
        assert_eq!(taken, [(0, 0.5)]);
    }

    #[test]
    fn scores_that_are_not_numbers_are_left_out() {
        let linear = Decay::Linear { threshold: 0.5 };
        let taken = soft_nms(&boxes()[..1], &[f64::NAN], linear, 0.0, Extent::Continuous);
        assert!(taken.is_empty());
    }
}
