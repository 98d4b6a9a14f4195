//! How often yes and no were said, rightly and wrongly.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Outcomes of a yes-or-no question.
///
/// ```
/// use cenote_metrics::Counts;
///
/// let counts = Counts::of([(true, true), (true, false), (false, true), (true, true)]);
/// assert_eq!(counts, Counts { tp: 2, fp: 1, fn_: 1, tn: 0 });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Said yes, rightly.
    pub tp: u64,
    /// Said yes, wrongly.
    pub fp: u64,
    /// Said no, wrongly.
    #[serde(rename = "fn")]
    pub fn_: u64,
    /// Said no, rightly.
    pub tn: u64,
}

impl Counts {
    /// Counts pairs of what is true and what was said.
    pub fn of(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for (truth, said) in pairs {
            match (truth, said) {
                (true, true) => counts.tp += 1,
                (false, true) => counts.fp += 1,
                (true, false) => counts.fn_ += 1,
                (false, false) => counts.tn += 1,
            }
        }
        counts
    }

    /// How often yes was true, `tp + fn`.
    pub fn support(self) -> u64 {
        self.tp + self.fn_
    }
}

impl Add for Counts {
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

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// `part / whole`, undefined when there is no whole.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
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
    }

    #[test]
    fn counts_are_written_under_the_names_of_the_field() {
        let counts = Counts { tp: 1, fp: 2, fn_: 3, tn: 4 };
        let json = serde_json::to_string(&counts).unwrap();
        assert_eq!(json, r#"{"tp":1,"fp":2,"fn":3,"tn":4}"#);
        assert_eq!(serde_json::from_str::<Counts>(&json).unwrap(), counts);
    }
}
