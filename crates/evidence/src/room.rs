//! How large batches and images may be within a limit on memory.

use serde::{Deserialize, Serialize};

/// What training takes, foreseen for every arm, and what fits into a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Bytes that a run may hold.
    pub limit_bytes: u64,
    /// Every arm, in the order of the design.
    pub arms: Vec<ArmRoom>,
}

/// What fits of one arm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmRoom {
    /// The arm.
    pub arm: String,
    /// Bytes that a run of the study holds: of tensors, and of buffers that wait to be used again.
    pub held_bytes: u64,
    /// The largest batch of the study's images; `None` where not one image fits.
    pub batch: Option<u64>,
    /// Rows and columns of the largest square images in the arm's own batches; `None` where none fit.
    pub side: Option<u64>,
    /// Whether larger images may fit, for which the machine that looked had no room.
    pub or_more: bool,
}

impl Room {
    /// What fits of an arm.
    pub fn of(&self, arm: &str) -> Option<&ArmRoom> {
        self.arms.iter().find(|room| room.arm == arm)
    }
}

impl ArmRoom {
    /// The largest image in words: `74x74`, `613x613 or more`, `none`.
    pub fn image_in_words(&self) -> String {
        let more = if self.or_more { " or more" } else { "" };
        self.side.map_or_else(|| "none".to_owned(), |side| format!("{side}x{side}{more}"))
    }

    /// The largest batch in words: `75`, `none`.
    pub fn batch_in_words(&self) -> String {
        self.batch.map_or_else(|| "none".to_owned(), |batch| batch.to_string())
    }
}
