//! What a study measures of trained networks besides their score, and what the article expects of it.

use serde::{Deserialize, Serialize};

/// A number that every run of a study has, with what it means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureNote {
    /// Its name in the records.
    pub name: String,
    /// What it is, in half a sentence.
    pub about: String,
    /// What it is counted in, such as `share` or `points`.
    pub unit: String,
    /// What the article expects of it, where it speaks of it at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<Expectation>,
    /// Where it lies on a curve, where several values make one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<CurvePlace>,
}

/// The place of a value on a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePlace {
    /// Name of the curve.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// What changes along it, with its unit.
    pub axis: String,
    /// How far along the value lies.
    pub at: f64,
}

/// What a claim of the article says of a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The claim: `C1` to `C7`.
    pub claim: String,
    /// Where it would lie without pooling.
    pub without_pooling: Direction,
}

/// Where a value lies, seen from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Above it.
    Higher,
    /// Below it.
    Lower,
}

impl Direction {
    /// Where a value lies that differs by this much; `None` where it does not differ.
    pub fn of(difference: f64) -> Option<Self> {
        match difference {
            above if above > 0.0 => Some(Self::Higher),
            below if below < 0.0 => Some(Self::Lower),
            _ => None,
        }
    }

    /// The direction in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }
}
