//! Examples of several labels, kept as they come: of each label what is true, and what a model made of it.

use crate::Error;

/// A row per example, a cell per label, and a weight per row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows<T> {
    labels: usize,
    cells: Vec<(bool, T)>,
    weights: Vec<f64>,
}

impl<T: Copy> Rows<T> {
    pub(super) fn new(labels: usize) -> Self {
        Self { labels, cells: Vec::new(), weights: Vec::new() }
    }

    /// Adds a row; `what` names the values in an error.
    pub(super) fn push(
        &mut self,
        truth: &[bool],
        (what, values): (&'static str, &[T]),
        weight: f64,
    ) -> Result<(), Error> {
        for (what, got) in [("labels", truth.len()), (what, values.len())] {
            if got != self.labels {
                return Err(Error::Width { what, got, expected: self.labels });
            }
        }
        self.weights.push(Error::weight(weight)?);
        self.cells.extend(truth.iter().copied().zip(values.iter().copied()));
        Ok(())
    }

    /// Adds the rows of another part, which must have as many labels.
    pub(super) fn merge(&mut self, other: &Self) -> Result<(), Error> {
        if self.labels != other.labels {
            return Err(Error::Classes { got: other.labels, expected: self.labels });
        }
        self.cells.extend_from_slice(&other.cells);
        self.weights.extend_from_slice(&other.weights);
        Ok(())
    }

    /// Some labels only, in their order; an error when there is no such label.
    pub(super) fn part(&self, labels: &[usize]) -> Result<Self, Error> {
        if let Some(&got) = labels.iter().find(|&&label| label >= self.labels) {
            return Err(Error::NoClass { what: "label", got, classes: self.labels });
        }
        let cells = self.iter().flat_map(|(row, _)| labels.iter().map(|&label| row[label]));
        Ok(Self { labels: labels.len(), cells: cells.collect(), weights: self.weights.clone() })
    }

    pub(super) fn labels(&self) -> usize {
        self.labels
    }

    /// The weight of every row.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The cells and the weight of every row.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[(bool, T)], f64)> {
        // Examples without labels have rows too, all of them empty.
        let row =
            |(row, &weight)| (&self.cells[row * self.labels..(row + 1) * self.labels], weight);
        self.weights.iter().enumerate().map(row)
    }
}
