//! What training minimises, and what is read off the logits.

mod cross_entropy;
mod ctc;
mod focal;
mod giou;
mod l1;
mod mixed_cross_entropy;

pub use cross_entropy::{correct, cross_entropy, predictions, softmax};
pub use ctc::{Impossible, ctc_loss, ctc_losses};
pub use focal::focal_loss;
pub use giou::giou_loss;
pub use l1::l1_loss;
pub use mixed_cross_entropy::mixed_cross_entropy;

#[cfg(test)]
pub(crate) use ctc::tests::every_text;
