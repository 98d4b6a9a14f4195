//! Medians, spreads, and ratios that are taken within a round.

/// The middle of some numbers with the smallest and the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) max: f64,
}

impl Spread {
    /// Of any numbers but NaN; `None` when there is none.
    pub(super) fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let [low, high] = [sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]];
        Some(Self { min, median: f64::midpoint(low, high), max })
    }
}

/// `a / b` for every round that has both, as a spread; each slice holds `(round, value)`.
pub(super) fn paired(a: &[(u64, f64)], b: &[(u64, f64)]) -> Option<Spread> {
    let partner = |round| b.iter().find(|(other, _)| *other == round);
    let ratios = a.iter().filter_map(|&(round, a)| partner(round).map(|&(_, b)| a / b));
    Spread::of(ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle_of_the_sorted_numbers() {
        let spread = |min, median, max| Some(Spread { min, median, max });
        assert_eq!(Spread::of([3.0, 1.0, 7.0]), spread(1.0, 3.0, 7.0));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 9.0]), spread(1.0, 3.0, 9.0));
        assert_eq!(Spread::of([5.0]), spread(5.0, 5.0, 5.0));
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn ratios_are_taken_within_rounds_and_not_of_medians() {
        // The machine was three times slower in round 1, for both.
        let a = [(0, 10.0), (1, 36.0), (2, 11.0)];
        let b = [(0, 20.0), (1, 60.0), (2, 20.0)];
        let expected = Spread { min: 0.5, median: 0.55, max: 0.6 };
        assert_eq!(paired(&a, &b), Some(expected));
        // Of unequal rounds only the common ones count.
        assert_eq!(paired(&a, &b[1..2]).map(|spread| spread.median), Some(0.6));
        assert_eq!(paired(&a, &[(9, 1.0)]), None);
    }
}
