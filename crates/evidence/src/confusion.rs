//! How often each class was taken for which.
//!
//! Only pairs that occur are stored, so that a run over a thousand classes leaves no million
//! zeros, and a file that names a huge class cannot ask for a huge table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts of images by label and prediction; in a record `[[label, predicted, images], …]`.
///
/// ```
/// use cenote_evidence::ConfusionCounts;
///
/// let counts: ConfusionCounts = [(0, 0, 8), (0, 1, 2), (1, 1, 10)].into_iter().collect();
/// assert_eq!(counts.recall(0), Some(0.8));
/// assert_eq!(counts.precision(1), Some(10.0 / 12.0));
/// assert_eq!(counts.recall(7), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u32, u32, u64)>", into = "Vec<(u32, u32, u64)>")]
pub struct ConfusionCounts(BTreeMap<(u32, u32), u64>);

impl ConfusionCounts {
    /// Whether no image was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Images of a label that were taken for a class.
    pub fn get(&self, label: u32, predicted: u32) -> u64 {
        self.0.get(&(label, predicted)).copied().unwrap_or(0)
    }

    /// Every pair that occurs, `(label, predicted, images)`, by label and then prediction.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32, u64)> + '_ {
        self.0.iter().map(|(&(label, predicted), &images)| (label, predicted, images))
    }

    /// Every class that occurs as label or prediction, in order.
    pub fn classes(&self) -> Vec<u32> {
        let mut classes: Vec<u32> = self.0.keys().flat_map(|&(l, p)| [l, p]).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// Share of the images of a class that were taken for it; `None` without any.
    pub fn recall(&self, class: u32) -> Option<f64> {
        let of_class = self.iter().filter(|(label, ..)| *label == class);
        share(self.get(class, class), images(of_class))
    }

    /// Share of the images taken for a class that are of it; `None` without any.
    pub fn precision(&self, class: u32) -> Option<f64> {
        let taken_for_it = self.iter().filter(|(_, taken, _)| *taken == class);
        share(self.get(class, class), images(taken_for_it))
    }
}

/// How many images these are; a file may name more than can be counted.
fn images(pairs: impl Iterator<Item = (u32, u32, u64)>) -> u64 {
    pairs.map(|(.., images)| images).fold(0, u64::saturating_add)
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Pairs that occur several times are added up.
impl FromIterator<(u32, u32, u64)> for ConfusionCounts {
    fn from_iter<I: IntoIterator<Item = (u32, u32, u64)>>(pairs: I) -> Self {
        let mut counts = BTreeMap::<_, u64>::new();
        for (label, predicted, images) in pairs {
            if images > 0 {
                let count = counts.entry((label, predicted)).or_default();
                *count = count.saturating_add(images);
            }
        }
        Self(counts)
    }
}

impl From<Vec<(u32, u32, u64)>> for ConfusionCounts {
    fn from(pairs: Vec<(u32, u32, u64)>) -> Self {
        pairs.into_iter().collect()
    }
}

impl From<ConfusionCounts> for Vec<(u32, u32, u64)> {
    fn from(counts: ConfusionCounts) -> Self {
        counts.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_a_list_of_the_pairs_that_occur() {
        let counts: ConfusionCounts =
            [(1, 0, 3), (0, 0, 5), (1, 0, 1), (0, 1, 0)].into_iter().collect();
        let text = serde_json::to_string(&counts).unwrap();
        assert_eq!(text, "[[0,0,5],[1,0,4]]");
        assert_eq!(serde_json::from_str::<ConfusionCounts>(&text).unwrap(), counts);
    }

    #[test]
    fn a_huge_class_or_count_is_read_and_costs_nothing() {
        let text = "[[4294967295,0,18446744073709551615],[4294967295,0,7]]";
        let counts: ConfusionCounts = serde_json::from_str(text).unwrap();
        assert_eq!(counts.get(u32::MAX, 0), u64::MAX);
        assert_eq!(counts.classes(), [0, u32::MAX]);
        let text = "[[0,0,18446744073709551615],[0,1,7],[1,0,7]]";
        let counts: ConfusionCounts = serde_json::from_str(text).unwrap();
        assert_eq!((counts.recall(0), counts.precision(0)), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn a_class_that_is_never_seen_or_taken_has_no_score() {
        let counts: ConfusionCounts = [(0, 1, 4), (1, 1, 4)].into_iter().collect();
        assert_eq!((counts.recall(0), counts.precision(0)), (Some(0.0), None));
        assert_eq!((counts.recall(1), counts.precision(1)), (Some(1.0), Some(0.5)));
    }
}
