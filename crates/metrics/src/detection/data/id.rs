//! Names of images, categories and objects.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A number that names something. Numbers that are equal are the same id: 5 and 5.0 are.
#[derive(Clone, Copy, Debug)]
pub struct Id(Repr);

/// A fraction is never a whole number of `i64`, so equal ids have equal representations.
#[derive(Clone, Copy, Debug)]
enum Repr {
    Whole(i64),
    Fraction(f64),
}

impl Id {
    /// A whole number.
    pub const fn new(number: i64) -> Self {
        Self(Repr::Whole(number))
    }

    /// Any finite number; `None` for the others.
    pub fn from_f64(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        // Bounds of i64 that f64 has exactly; the upper one is already too large.
        let whole = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&number)
            && number.fract() == 0.0;
        Some(Self(if whole { Repr::Whole(number as i64) } else { Repr::Fraction(number) }))
    }

    /// The number, where it is whole.
    pub fn whole(self) -> Option<i64> {
        match self.0 {
            Repr::Whole(number) => Some(number),
            Repr::Fraction(_) => None,
        }
    }

    /// Whether it is the id 0.
    pub fn is_zero(self) -> bool {
        self.whole() == Some(0)
    }
}

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self::new(number)
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Repr::Whole(a), Repr::Whole(b)) => a.cmp(&b),
            (Repr::Fraction(a), Repr::Fraction(b)) => a.total_cmp(&b),
            (Repr::Whole(a), Repr::Fraction(b)) => whole_to_fraction(a, b),
            (Repr::Fraction(a), Repr::Whole(b)) => whole_to_fraction(b, a).reverse(),
        }
    }
}

/// A fraction beyond ±2^53 lies outside of `i64`, and below that each whole number has its `f64`.
fn whole_to_fraction(whole: i64, fraction: f64) -> Ordering {
    (whole as f64).total_cmp(&fraction)
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            Repr::Whole(number) => number.hash(state),
            Repr::Fraction(number) => number.to_bits().hash(state),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Repr::Whole(number) => number.fmt(f),
            Repr::Fraction(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_one_id() {
        assert_eq!(Id::from_f64(5.0), Some(Id::new(5)));
        assert_eq!(Id::from_f64(-0.0), Some(Id::new(0)));
        assert_ne!(Id::from_f64(5.5), Some(Id::new(5)));
        assert_eq!(Id::from_f64(f64::NAN), None);
        // Neighbours that one f64 would hold.
        assert_ne!(Id::new(9_007_199_254_740_992), Id::new(9_007_199_254_740_993));
    }

    #[test]
    fn ids_are_in_the_order_of_their_numbers() {
        let numbers = [-1e300, -2.5, -2.0, 0.0, 0.25, 1.0, 9.3e18, 1e300];
        let ids: Vec<Id> = numbers.iter().map(|&number| Id::from_f64(number).unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert!(Id::new(i64::MAX) < Id::from_f64(9.3e18).unwrap());
    }
}
