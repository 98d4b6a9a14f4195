//! What may end a training besides its epochs, and how one ended.

use serde::{Deserialize, Serialize};

/// What ends a training besides its epochs, whichever comes first, and which of them is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// It ends after so many steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// It ends at the first step after so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// It ends with the first epoch of which the validation images have this score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// The epoch with the best validation score is judged, not the last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub best_epoch: bool,
}

impl Limits {
    /// Whether epochs alone say how long training is, and the last is judged.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether every epoch is judged by the validation images.
    pub fn watches(&self) -> bool {
        self.target.is_some() || self.best_epoch
    }
}

/// How a training ended, and which of its epochs is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// What ended it.
    pub by: EndedBy,
    /// Steps that it did.
    pub steps: u64,
    /// The epoch whose parameters are judged.
    pub judged: u32,
    /// The first epoch that reached the target, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<u32>,
}

/// What ended a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// Its epochs were done.
    Epochs,
    /// Its steps were done.
    Steps,
    /// Its seconds were over.
    Seconds,
    /// Its validation images had the score that was asked for.
    Target,
}
