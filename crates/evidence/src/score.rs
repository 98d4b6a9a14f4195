//! Scores that a study judges beside the one that decides.

use serde::{Deserialize, Serialize};

use crate::Design;
use crate::record::first_double;

/// A score that arms are compared by too: it has verdicts of its own, and answers no question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreNote {
    /// Its name in the records; larger is better.
    pub metric: String,
    /// A smaller difference in it does not matter.
    pub margin: f64,
    /// Whether it was asked for when the runs were done, and not before them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub afterwards: bool,
}

impl ScoreNote {
    /// Why a design cannot judge by these beside its own score; `None` if it can.
    pub(crate) fn problem(design: &Design) -> Option<String> {
        let odd = |note: &&Self| !(note.margin.is_finite() && note.margin > 0.0);
        if let Some(Self { metric, margin, .. }) = design.also.iter().find(odd) {
            return Some(format!("the margin of {metric} is {margin}; expected a number above 0"));
        }
        let names: Vec<&str> = design.also.iter().map(|note| note.metric.as_str()).collect();
        let metric = &design.metric;
        if names.contains(&metric.as_str()) {
            return Some(format!("`{metric}` decides; expected other scores beside it"));
        }
        first_double(&names)
            .map(|name| format!("score `{name}` is listed twice; expected each once"))
    }
}
