//! Numbers that are read off a table of precision and recall.

use super::ranked::Ranked;
use super::replicate::Table;

/// A mean of precision or recall over thresholds and classes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statistic {
    /// What it is called in reports.
    pub(crate) name: String,
    /// What is averaged.
    pub(crate) of: Averaged,
    /// Position of the overlap threshold; all of them where `None`.
    pub(crate) threshold: Option<usize>,
    /// Position of the range of areas.
    pub(crate) area: usize,
    /// Positions of the classes that take part, ascending; all of them where `None`.
    pub(crate) classes: Option<Vec<u32>>,
}

/// What a [`Statistic`] averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Averaged {
    /// Precision over the recalls, at the largest limit of detections.
    Precision,
    /// Recall, at the limit with this position; at areas other than the first only the last is to be had.
    Recall {
        /// Position of the limit.
        limit: usize,
    },
}

impl Statistic {
    pub(super) fn value(&self, ranked: &Ranked, table: &Table) -> Option<f64> {
        let (rows, values) = match self.of {
            Averaged::Precision => (ranked.recalls.len(), table.precision.get(self.area)?),
            Averaged::Recall { limit } if self.area == 0 => (1, table.recall_at.get(limit)?),
            Averaged::Recall { .. } => (1, table.recall.get(self.area)?),
        };
        let present = &table.present[self.area];
        let length = rows * present.len();
        let values = match self.threshold {
            Some(t) => values.get(t * length..(t + 1) * length)?,
            None => &values[..],
        };
        let Some(classes) = &self.classes else { return mean(values) };
        let chosen: Vec<bool> =
            present.iter().map(|class| classes.binary_search(class).is_ok()).collect();
        let chosen = chosen.iter().cycle().zip(values).filter(|(chosen, _)| **chosen);
        mean(&chosen.map(|(_, value)| *value).collect::<Vec<f64>>())
    }
}

/// `numpy.mean` to the last bit; `None` of nothing.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| pairwise(values) / values.len() as f64)
}

/// The sum in the order in which NumPy adds.
fn pairwise(values: &[f64]) -> f64 {
    let length = values.len();
    if length < 8 {
        return values.iter().sum();
    }
    if length > 128 {
        let half = length / 2 - length / 2 % 8;
        return pairwise(&values[..half]) + pairwise(&values[half..]);
    }
    let (mut lanes, rest) = ([0.0; 8], length % 8);
    lanes.copy_from_slice(&values[..8]);
    for chunk in values[8..length - rest].chunks_exact(8) {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let total = ((a + b) + (c + d)) + ((e + f) + (g + h));
    values[length - rest..].iter().fold(total, |total, value| total + value)
}
