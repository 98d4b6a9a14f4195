//! The text of the most probable path.

use super::{BLANK, Frames};

/// The text of the path that takes the most probable class at each step, the first among equals.
///
/// That path is the most probable one; its text need not be the most probable text.
///
/// ```
/// use cenote_layers::{Frames, best_path};
/// use cenote_tensor::Tensor;
///
/// // The path 1 1 0 1 2: a repeat is one character, unless a blank parts it.
/// let path = [1, 1, 0, 1, 2];
/// let logits = Tensor::from_fn([1, 5, 3], |i| if path[i / 3] == i % 3 { 1.0 } else { 0.0 });
/// assert_eq!(best_path(&Frames::of(&logits)[0]), [1, 1, 2]);
/// ```
pub fn best_path(frames: &Frames) -> Vec<usize> {
    let mut text = Vec::new();
    let mut before = BLANK;
    for step in 0..frames.steps() {
        let row = frames.at(step);
        let mut best = 0;
        for (class, value) in row.iter().enumerate() {
            if *value > row[best] {
                best = class;
            }
        }
        if best != BLANK && best != before {
            text.push(best);
        }
        before = best;
    }
    text
}
