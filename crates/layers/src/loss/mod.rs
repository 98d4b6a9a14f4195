//! What training minimises, and what is read off the logits.

mod cross_entropy;
mod mixed_cross_entropy;

pub use cross_entropy::{correct, cross_entropy, predictions, softmax};
pub use mixed_cross_entropy::mixed_cross_entropy;
