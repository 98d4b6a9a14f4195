//! Texts from the steps of a network that was trained with [`crate::ctc_loss`].
//!
//! A path names one class at each step; the text of a path is what is left when repeats are taken as one and the blank,
//! class 0, is dropped. A text is as probable as all its paths together. After Graves et al. (2006),
//! doi:10.1145/1143844.1143891.

mod alignment;
mod beam;
mod frames;
mod greedy;

pub use alignment::align;
pub use beam::{Hypothesis, beam_search};
pub use frames::Frames;
pub use greedy::best_path;

/// The class that stands for no character.
pub(crate) const BLANK: usize = 0;

/// `ln(eᵃ + eᵇ)`.
pub(crate) fn add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}
