//! Scores of texts that were read: how many are right, and how many strokes from right the others are.
//!
//! A character is a Unicode scalar value (Rust's `char`): an accent that is written as a mark of its own is a character
//! of its own. Whoever wants `e` and a combining acute to be one brings both texts to one normal form before.

mod edit;
mod input;
mod reference;
mod scores;

pub use edit::edit_distance;
pub use input::ReadItem;
pub use scores::{SequenceItem, SequenceScores};

use crate::Metric;

/// Scores of read texts; larger is better.
pub const METRICS: &[Metric<SequenceScores>] = &[scores::EXACT_MATCH, scores::CHARACTER_ACCURACY];
