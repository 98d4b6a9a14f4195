//! Object keypoint similarity: how near the joints of a detection are to those of an object.
//!
//! ```text
//! OKS = mean over labelled keypoints of exp(−d² / (2 σ)² / (area + ε) / 2)
//! ```
//!
//! `d` is the distance of the two keypoints, σ how uncertain people are about this one, ε the gap between 1 and the next
//! number. Where no keypoint of the object is labelled, `d` is the distance to a box three times as wide and high as
//! its own, over all keypoints. To the bit as pycocotools computes it, as far as its `exp` rounds as ours.

use crate::numerics::pairwise_sum;

/// The uncertainties of COCO's 17 keypoints of a person.
pub const COCO_SIGMAS: [f64; 17] = [
    0.26 / 10.0,
    0.25 / 10.0,
    0.25 / 10.0,
    0.35 / 10.0,
    0.35 / 10.0,
    0.79 / 10.0,
    0.79 / 10.0,
    0.72 / 10.0,
    0.72 / 10.0,
    0.62 / 10.0,
    0.62 / 10.0,
    1.07 / 10.0,
    1.07 / 10.0,
    0.87 / 10.0,
    0.87 / 10.0,
    0.89 / 10.0,
    0.89 / 10.0,
];

/// Similarity of the keypoints `[x, y]` of a detection to those `[x, y, v]` of an object with this box and area.
///
/// ```
/// use cenote_metrics::oks;
///
/// let object = [[10.0, 10.0, 2.0], [20.0, 10.0, 0.0]];
/// let near = [[11.0, 10.0], [99.0, 99.0]];
/// // Only the first keypoint is labelled: exp(−1 / 0.2² / 100 / 2).
/// let score = oks(&near, &object, [5.0, 5.0, 20.0, 20.0], 100.0, &[0.1, 0.1]);
/// assert!((score - (-0.125_f64).exp()).abs() < 1e-12);
/// ```
///
/// # Panics
///
/// When there is not one keypoint of each per σ.
pub fn oks(
    detection: &[[f64; 2]],
    object: &[[f64; 3]],
    bbox: [f64; 4],
    area: f64,
    sigmas: &[f64],
) -> f64 {
    let count = sigmas.len();
    assert_eq!((detection.len(), object.len()), (count, count), "oks: one keypoint per sigma");
    let labelled = object.iter().any(|point| point[2] > 0.0);
    let [x, y, width, height] = bbox;
    let (left, right) = (x - width, x + width * 2.0);
    let (top, bottom) = (y - height, y + height * 2.0);
    let mut terms = Vec::with_capacity(count);
    for ((&[dx, dy], &[ox, oy, v]), sigma) in detection.iter().zip(object).zip(sigmas) {
        if labelled && v <= 0.0 {
            continue;
        }
        let (x, y) = if labelled {
            (dx - ox, dy - oy)
        } else {
            let outside = |low: f64, at: f64, high: f64| (low - at).max(0.0) + (at - high).max(0.0);
            (outside(left, dx, right), outside(top, dy, bottom))
        };
        let variance = (sigma * 2.0) * (sigma * 2.0);
        let distance = (x * x + y * y) / variance / (area + f64::EPSILON) / 2.0;
        terms.push((-distance).exp());
    }
    pairwise_sum(&terms) / terms.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keypoints_where_they_should_be_score_one() {
        let object: Vec<[f64; 3]> = (0..17).map(|i| [f64::from(i), 2.0, 2.0]).collect();
        let same: Vec<[f64; 2]> = object.iter().map(|&[x, y, _]| [x, y]).collect();
        let score = oks(&same, &object, [0.0, 0.0, 17.0, 4.0], 50.0, &COCO_SIGMAS);
        assert!((score - 1.0).abs() < 1e-15);
    }

    #[test]
    fn without_labelled_keypoints_the_distance_to_three_times_the_box_counts() {
        let object = [[0.0; 3]; 2];
        let bbox = [10.0, 10.0, 10.0, 10.0];
        let score = |x: f64| oks(&[[x, 15.0], [15.0, 15.0]], &object, bbox, 100.0, &[0.5, 0.5]);
        assert!((score(30.0) - 1.0).abs() < 1e-15);
        assert!((score(0.0) - 1.0).abs() < 1e-15);
        // Ten beyond: exp(−100 / 1 / 100 / 2).
        assert!((score(40.0) - f64::midpoint(1.0, (-0.5_f64).exp())).abs() < 1e-12);
    }
}
