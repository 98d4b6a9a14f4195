//! How often yes and no were said, rightly and wrongly.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// What examples add up to: how many there are (`u64`), or the sum of their weights (`f64`).
pub trait Amount:
    Copy + Debug + Default + PartialEq + Add<Output = Self> + AddAssign + Sum
{
    /// The amount as a number to calculate with.
    fn as_f64(self) -> f64;

    /// What is left after taking `part` away, never below zero.
    #[must_use]
    fn without(self, part: Self) -> Self;
}

impl Amount for u64 {
    fn as_f64(self) -> f64 {
        self as f64
    }

    fn without(self, part: Self) -> Self {
        self.saturating_sub(part)
    }
}

impl Amount for f64 {
    fn as_f64(self) -> f64 {
        self
    }

    fn without(self, part: Self) -> Self {
        (self - part).max(0.0)
    }
}

/// Outcomes of a yes-or-no question, as numbers of examples or, with `T = f64`, as sums of their weights.
///
/// ```
/// use cenote_metrics::Counts;
///
/// let counts = Counts::of([(true, true), (true, false), (false, true), (true, true)]);
/// assert_eq!(counts, Counts { tp: 2, fp: 1, fn_: 1, tn: 0 });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts<T = u64> {
    /// Said yes, rightly.
    pub tp: T,
    /// Said yes, wrongly.
    pub fp: T,
    /// Said no, wrongly.
    #[serde(rename = "fn")]
    pub fn_: T,
    /// Said no, rightly.
    pub tn: T,
}

impl Counts {
    /// Counts pairs of what is true and what was said.
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for (truth, said) in pairs {
            counts.count(truth, said, 1);
        }
        counts
    }
}

impl<T: Amount> Counts<T> {
    /// Counts one more pair of what is true and what was said.
    pub fn count(&mut self, truth: bool, said: bool, amount: T) {
        match (truth, said) {
            (true, true) => self.tp += amount,
            (false, true) => self.fp += amount,
            (true, false) => self.fn_ += amount,
            (false, false) => self.tn += amount,
        }
    }

    /// How often yes was true, `tp + fn`.
    pub fn support(self) -> T {
        self.tp + self.fn_
    }

    /// How often yes was said, `tp + fp`.
    pub fn predicted(self) -> T {
        self.tp + self.fp
    }
}

impl<T: Amount> Add for Counts<T> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            tp: self.tp + other.tp,
            fp: self.fp + other.fp,
            fn_: self.fn_ + other.fn_,
            tn: self.tn + other.tn,
        }
    }
}

impl<T: Amount> AddAssign for Counts<T> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<T: Amount> Sum for Counts<T> {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// `part / whole`, undefined when there is no whole.
pub(crate) fn ratio<T: Amount>(part: T, whole: T) -> Option<f64> {
    (whole.as_f64() > 0.0).then(|| part.as_f64() / whole.as_f64())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of whole numbers are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_counted_apart_sum_to_the_whole(pairs: Vec<(bool, bool)>, cut in 0_usize..100) {
            let (head, tail) = pairs.split_at(cut.min(pairs.len()));
            let parts = [head, tail].map(|part| Counts::of(part.iter().copied()));
            prop_assert_eq!(parts.into_iter().sum::<Counts>(), Counts::of(pairs));
        }

        #[test]
        fn a_weight_of_two_counts_twice(pairs: Vec<(bool, bool)>) {
            let mut weighted = Counts::<f64>::default();
            for &(truth, said) in &pairs {
                weighted.count(truth, said, 2.0);
            }
            let twice = Counts::of(pairs.iter().chain(&pairs).copied());
            prop_assert_eq!(weighted.tp, twice.tp as f64);
            prop_assert_eq!(weighted.support(), twice.support() as f64);
            prop_assert_eq!(weighted.predicted(), twice.predicted() as f64);
        }
    }

    #[test]
    fn counts_are_written_under_the_names_of_the_field() {
        let counts = Counts { tp: 1, fp: 2, fn_: 3, tn: 4 };
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, r#"{"tp":1,"fp":2,"fn":3,"tn":4}"#);
        assert_eq!(serde_json::from_str::<Counts>(&json).unwrap(), counts);
    }
}
