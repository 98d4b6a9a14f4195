//! Learning rates that were tried before a study, and which of them was chosen for each arm.

use serde::{Deserialize, Serialize};

/// What was tried on validation images before the first run of a study, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningNote {
    /// The seeds that every rate was tried with; none of them is the study's.
    pub seeds: Vec<u64>,
    /// How long each of these runs trained, in words.
    pub budget: String,
    /// Every arm, in the order of the reports.
    pub arms: Vec<TunedArm>,
}

/// What was tried with one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TunedArm {
    /// Name of the arm.
    pub arm: String,
    /// The rate that the study trains it with: the best by validation images, of equals the smallest.
    pub learning_rate: f64,
    /// Every rate that was tried, from the smallest.
    pub tried: Vec<TriedRate>,
}

/// One learning rate of one arm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriedRate {
    /// The rate.
    pub learning_rate: f64,
    /// Mean of the study's metric on the validation images, over seeds; `None` where a run diverged.
    pub validation: Option<f64>,
}

impl TunedArm {
    /// Where the chosen rate stands among those that were tried.
    pub fn place(&self) -> Option<usize> {
        let chosen = |tried: &TriedRate| tried.learning_rate.total_cmp(&self.learning_rate).is_eq();
        self.tried.iter().position(chosen)
    }

    /// What to fear where the best rate is the smallest or the largest that was tried: that the best was not tried.
    pub fn warning(&self) -> Option<String> {
        let (end, other) = match self.place()? {
            0 => ("smallest", "smaller"),
            last if last + 1 == self.tried.len() => ("largest", "larger"),
            _ => return None,
        };
        let Self { arm, learning_rate, .. } = self;
        Some(format!(
            "`{arm}` was best at {learning_rate}, the {end} rate that was tried: a {other} one may be better."
        ))
    }
}
