//! The loss of a detector: of heat maps, of what is said of boxes, and of the boxes.

use cenote_autograd::Var;
use cenote_datasets::BoxedObject;
use cenote_layers::{cells, channels, focal_loss, giou_loss, l1_loss};
use cenote_tensor::{Scalar, Tensor};

use super::boxes::boxes;
use super::settings::LossShares;
use super::targets::Targets;
use super::{PRIOR, SIDES};

/// The loss of an output `(N, C + 4, H, W)` for the objects of each image, in pixels of images of the size `input`.
pub(super) fn loss_of<'t>(
    output: &Var<'t>,
    objects: &[Vec<BoxedObject>],
    input: [usize; 2],
    shares: LossShares,
) -> Var<'t> {
    let [_, all, high, wide] = output.value().nchw();
    let classes = all - SIDES;
    let little = output.tape().constant(expecting_little(Tensor::zeros(output.shape())));
    let output = output + &little;
    let Targets { heat, cells: at, rows, boxes: expected, weights } =
        Targets::of(objects, classes, [high, wide], input);
    let heat = focal_loss(&channels(&output, 0..classes), heat);
    let said = cells(&channels(&output, classes..all), at.clone());
    let l1 = l1_loss(&said, &rows, &weights);
    let giou = giou_loss(&boxes(&said, &at), &expected, &weights);
    let weighted = |part: &Var<'t>, share: f64| part * (share as Scalar);
    let of_boxes = &weighted(&l1, shares.l1) + &weighted(&giou, shares.giou);
    &weighted(&heat, shares.heat) + &of_boxes
}

/// An output with heat maps that, where the network says 0, expect an object as seldom as before anything is learnt.
pub(super) fn expecting_little(mut output: Tensor) -> Tensor {
    let [_, all, high, wide] = output.nchw();
    let (heat, each) = ((all - SIDES) * high * wide, all * high * wide);
    let seldom = (PRIOR / (1.0 - PRIOR)).ln() as Scalar;
    for image in output.as_mut_slice().chunks_exact_mut(each) {
        image[..heat].iter_mut().for_each(|logit| *logit += seldom);
    }
    output
}
