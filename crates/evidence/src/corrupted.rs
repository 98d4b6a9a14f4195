//! Corruptions of test images, and what runs get right of them.

use serde::{Deserialize, Serialize};

/// A corruption and how strong it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorruptionNote {
    /// Name of the corruption.
    pub name: String,
    /// Its severities; none where it has one level.
    pub severities: Vec<u8>,
}

/// What a run got right of the test images under a corruption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorruptedScore {
    /// Name of the corruption.
    pub corruption: String,
    /// How strong it is, where it has more than one level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<u8>,
    /// Share of images that are right.
    pub accuracy: f64,
}
