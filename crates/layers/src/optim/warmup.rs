//! A linear start of the learning rate.

use super::Progress;

/// The share of the rate at a step of the first `warmup_epochs`, rising to 1 over them.
///
/// ```text
/// (step + 1) / (warmup_epochs · steps_per_epoch), at most 1
/// ```
pub(super) fn warmup(warmup_epochs: f64, at: Progress) -> f64 {
    let steps = warmup_epochs * at.steps_per_epoch as f64;
    let done = (at.step + 1) as f64;
    if done >= steps { 1.0 } else { done / steps }
}
