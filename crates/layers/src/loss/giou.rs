//! One minus the generalised overlap of boxes.
//!
//! ```text
//! L = Σ w (1 − I / (U + ε) + (C − U) / (C + ε)) / Σ w      I shared area, U = A + B − I, C area of the box around both
//! ```
//!
//! Boxes apart still pull each other, since `C` shrinks as they near. `ε = 1e−7` is torchvision's. Where
//! two sides lie in one place the slope of either is 0. After Rezatofighi et al. (2019), arXiv:1902.09630.

use cenote_autograd::Var;
use cenote_tensor::{Scalar, Tensor};

use super::l1::{Slopes, per_weight};

const EPSILON: f64 = 1e-7;

/// The loss of boxes `(M, 4)` as `[x1, y1, x2, y2]` by target boxes, with a weight of at least 0 for each.
///
/// ```
/// use cenote_autograd::Tape;
/// use cenote_layers::giou_loss;
/// use cenote_tensor::Tensor;
///
/// let tape = Tape::new();
/// let boxes = tape.leaf(Tensor::from_vec([1, 4], vec![0.0, 0.0, 1.0, 1.0])?);
/// let loss = giou_loss(&boxes, &Tensor::from_vec([1, 4], vec![1.0, 0.0, 2.0, 1.0])?, &[1.0]);
/// assert!((f64::from(loss.value().as_slice()[0]) - 1.0).abs() < 1e-6); // they touch: no overlap, no gap
/// # Ok::<(), cenote_tensor::Error>(())
/// ```
///
/// # Panics
/// When targets or weights do not belong to the boxes.
pub fn giou_loss<'t>(boxes: &Var<'t>, targets: &Tensor, weights: &[Scalar]) -> Var<'t> {
    assert_eq!(boxes.shape(), targets.shape(), "one target per box");
    assert_eq!(boxes.value().dims(), [weights.len(), 4], "four sides and a weight per box");
    let per = per_weight(weights);
    let mut slopes = boxes.value().clone();
    let mut sum = 0.0;
    let pairs = slopes.as_mut_slice().chunks_exact_mut(4).zip(targets.as_slice().chunks_exact(4));
    for ((sides, target), &weight) in pairs.zip(weights) {
        let corners = |sides: &[Scalar]| [0, 1, 2, 3].map(|side| f64::from(sides[side]));
        let (loss, of_sides) = one(corners(sides), corners(target));
        sum += f64::from(weight) * loss;
        for (side, slope) in sides.iter_mut().zip(of_sides) {
            *side = (f64::from(weight) * per * slope) as Scalar;
        }
    }
    boxes
        .tape()
        .record(Tensor::scalar((sum * per) as Scalar), &[boxes], || Slopes("giou_loss", slopes))
}

/// The loss of one box, and its slope along each side.
fn one(b: [f64; 4], t: [f64; 4]) -> (f64, [f64; 4]) {
    let area = |b: [f64; 4]| (b[2] - b[0]) * (b[3] - b[1]);
    let shared = [0, 1].map(|axis| b[axis + 2].min(t[axis + 2]) - b[axis].max(t[axis]));
    let meet = shared[0] > 0.0 && shared[1] > 0.0;
    let common = if meet { shared[0] * shared[1] } else { 0.0 };
    let around = [0, 1].map(|axis| b[axis + 2].max(t[axis + 2]) - b[axis].min(t[axis]));
    let union = area(b) + area(t) - common;
    let (within, whole) = (union + EPSILON, around[0] * around[1]);
    let loss = 1.0 - common / within + (whole - union) / (whole + EPSILON);
    let slopes = [0, 1, 2, 3].map(|side| {
        let (other, far) = (1 - side % 2, side >= 2);
        let outward = if far { 1.0 } else { -1.0 };
        let inner = if far { b[side] < t[side] } else { b[side] > t[side] };
        let outer = if far { b[side] > t[side] } else { b[side] < t[side] };
        let of_area = outward * (b[other + 2] - b[other]);
        let of_common = if meet && inner { outward * shared[other] } else { 0.0 };
        let of_whole = if outer { outward * around[other] } else { 0.0 };
        let of_union = of_area - of_common;
        -of_common / within
            + common * of_union / (within * within)
            + (of_whole - of_union) / (whole + EPSILON)
            - (whole - union) * of_whole / (whole + EPSILON).powi(2)
    });
    (loss, slopes)
}

#[cfg(test)]
mod tests {
    use cenote_autograd::{Tape, gradcheck};

    use super::*;

    fn boxes(values: &[Scalar]) -> Tensor {
        Tensor::from_vec([values.len() / 4, 4], values.to_vec()).expect("four sides each")
    }

    #[test]
    fn the_gradient_matches_differences_for_boxes_that_meet_contain_or_miss_each_other() {
        let predicted = boxes(&[
            0.1, 0.2, 2.0, 1.5, 0.4, 0.3, 1.1, 0.9, -2.0, -1.0, 4.0, 3.0, 5.0, 6.0, 7.0, 6.5,
        ]);
        let targets = boxes(&[
            0.7, 0.5, 3.0, 1.2, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 2.0,
        ]);
        let weights = [1.0, 0.5, 2.0, 1.0];
        gradcheck(&[predicted], |v| giou_loss(&v[0], &targets, &weights)).expect("giou");
    }

    #[test]
    fn a_box_on_its_target_costs_nothing_and_one_far_away_nearly_two() {
        let tape = Tape::new();
        let target = boxes(&[1.0, 2.0, 4.0, 6.0]);
        let loss = |sides: &[Scalar]| {
            let loss = giou_loss(&tape.leaf(boxes(sides)), &target, &[1.0]);
            f64::from(loss.value().as_slice()[0])
        };
        assert!(loss(&[1.0, 2.0, 4.0, 6.0]).abs() < 1e-6);
        let far = loss(&[1000.0, 1000.0, 1001.0, 1001.0]);
        assert!((1.99..2.0).contains(&far), "{far}");
    }
}
