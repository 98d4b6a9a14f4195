//! What training minimises, and what is read off the logits.

mod cross_entropy;

pub use cross_entropy::{correct, cross_entropy, predictions, softmax};
