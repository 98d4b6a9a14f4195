//! Non-maximum suppression: of boxes that overlap much, the surest stays.

use super::{BBox, Extent};

/// The boxes to keep, surest first: a box falls when it overlaps a kept one by more than `threshold`.
///
/// Equal scores keep their order, as in torchvision. Scores that are not numbers come last.
///
/// ```
/// use cenote_metrics::{BBox, Extent, nms};
///
/// let boxes = [[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.0], [9.0, 9.0, 12.0, 12.0]];
/// let boxes: Vec<BBox> = boxes.into_iter().map(BBox::new).collect::<Result<_, _>>()?;
/// assert_eq!(nms(&boxes, &[0.5, 0.9, 0.7], 0.5, Extent::Continuous), [1, 2]);
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
///
/// # Panics
///
/// When there are not as many scores as boxes.
pub fn nms(boxes: &[BBox], scores: &[f64], threshold: f64, extent: Extent) -> Vec<usize> {
    suppress(boxes, scores, |_, _| true, |a, b| boxes[a].iou(boxes[b], extent) > threshold)
}

/// As [`nms`], but a box falls only to one of its own class.
///
/// # Panics
///
/// When there are not as many scores and classes as boxes.
pub fn nms_per_class(
    boxes: &[BBox],
    scores: &[f64],
    classes: &[usize],
    threshold: f64,
    extent: Extent,
) -> Vec<usize> {
    assert_eq!(boxes.len(), classes.len(), "nms: one class per box");
    let same = |a: usize, b: usize| classes[a] == classes[b];
    suppress(boxes, scores, same, |a, b| boxes[a].iou(boxes[b], extent) > threshold)
}

fn suppress(
    boxes: &[BBox],
    scores: &[f64],
    rivals: impl Fn(usize, usize) -> bool,
    too_near: impl Fn(usize, usize) -> bool,
) -> Vec<usize> {
    assert_eq!(boxes.len(), scores.len(), "nms: one score per box");
    let mut order: Vec<usize> = (0..boxes.len()).collect();
    order.sort_by(|&a, &b| surest_first(scores[a], scores[b]));
    let mut kept: Vec<usize> = Vec::new();
    for one in order {
        if !kept.iter().any(|&better| rivals(better, one) && too_near(better, one)) {
            kept.push(one);
        }
    }
    kept
}

/// Larger scores first, +0 beside −0, NaN last.
pub(super) fn surest_first(a: f64, b: f64) -> std::cmp::Ordering {
    b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem() -> impl Strategy<Value = Vec<([f64; 4], u8, u8)>> {
        let side =
            || (0_u8..12, 1_u8..6).prop_map(|(at, size)| (f64::from(at), f64::from(at + size)));
        let bbox = (side(), side()).prop_map(|((x1, x2), (y1, y2))| [x1, y1, x2, y2]);
        prop::collection::vec((bbox, 0_u8..5, 0_u8..3), 0..24)
    }

    proptest! {
        /// The definition: take the surest, strike out what is near, go on with the rest.
        #[test]
        fn what_stays_is_what_striking_out_leaves(problem in problem(), tenths in 0_u8..10) {
            let boxes: Vec<BBox> = problem.iter().map(|one| BBox::new(one.0).unwrap()).collect();
            let scores: Vec<f64> = problem.iter().map(|one| f64::from(one.1)).collect();
            let threshold = f64::from(tenths) / 10.0;
            let mut left: Vec<usize> = (0..boxes.len()).collect();
            let mut expected = Vec::new();
            while let Some(&best) = left.iter().rev().max_by(|&&a, &&b| scores[a].total_cmp(&scores[b])) {
                expected.push(best);
                left.retain(|&one| one != best && boxes[one].iou(boxes[best], Extent::Continuous) <= threshold);
            }
            prop_assert_eq!(nms(&boxes, &scores, threshold, Extent::Continuous), expected);
        }

        #[test]
        fn classes_suppressed_together_equal_each_suppressed_alone(problem in problem()) {
            let boxes: Vec<BBox> = problem.iter().map(|one| BBox::new(one.0).unwrap()).collect();
            let scores: Vec<f64> = problem.iter().map(|one| f64::from(one.1)).collect();
            let classes: Vec<usize> = problem.iter().map(|one| usize::from(one.2)).collect();
            let mut together = nms_per_class(&boxes, &scores, &classes, 0.3, Extent::Inclusive);
            let mut apart = Vec::new();
            for class in 0..3 {
                let rows: Vec<usize> = (0..boxes.len()).filter(|&row| classes[row] == class).collect();
                let own: Vec<BBox> = rows.iter().map(|&row| boxes[row]).collect();
                let surest: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
                apart.extend(nms(&own, &surest, 0.3, Extent::Inclusive).iter().map(|&at| rows[at]));
            }
            together.sort_unstable();
            apart.sort_unstable();
            prop_assert_eq!(together, apart);
        }
    }
}
