//! The loss of a detector: of heat maps, of what is said of boxes, and of the boxes.

use cenote_autograd::Var;
use cenote_layers::{cells, channels, focal_loss, giou_loss, l1_loss};
use cenote_tensor::Scalar;

use super::boxes::boxes;
use super::settings::LossShares;
use super::targets::Targets;

/// The loss of an output `(N, C + 4, H, W)`, and its parts as they are before they are weighted: heat, L1, `GIoU`.
pub(super) fn loss<'t>(
    output: &Var<'t>,
    classes: usize,
    targets: Targets,
    shares: LossShares,
) -> (Var<'t>, [f64; 3]) {
    let Targets { heat, cells: at, rows, boxes: expected, weights } = targets;
    let heat = focal_loss(&channels(output, 0..classes), heat);
    let said = cells(&channels(output, classes..classes + 4), at.clone());
    let l1 = l1_loss(&said, &rows, &weights);
    let giou = giou_loss(&boxes(&said, &at), &expected, &weights);
    let parts = [&heat, &l1, &giou].map(|part| f64::from(part.value().as_slice()[0]));
    let weighted = |part: &Var<'t>, share: f64| part * (share as Scalar);
    let of_boxes = &weighted(&l1, shares.l1) + &weighted(&giou, shares.giou);
    (&weighted(&heat, shares.heat) + &of_boxes, parts)
}
