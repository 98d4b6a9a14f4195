//! How well what is not there is left alone.

use crate::Counts;
use crate::counts::{Amount, ratio};

/// Share of the negatives that were taken for negatives: `tn / (tn + fp)`.
///
/// From 0 to 1, larger is better; also called true-negative rate, and 1 − specificity is the false-positive rate.
///
/// `None` when there is no negative.
pub fn specificity<T: Amount>(counts: Counts<T>) -> Option<f64> {
    ratio(counts.tn, counts.tn + counts.fp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recall;

    #[test]
    fn specificity_is_the_recall_of_the_negatives() {
        let counts = Counts { tp: 50, fp: 1, fn_: 20, tn: 3 };
        assert_eq!(specificity(counts), Some(0.75));
        let mirrored = Counts { tp: counts.tn, fp: counts.fn_, fn_: counts.fp, tn: counts.tp };
        assert_eq!(specificity(counts), recall(mirrored));
    }

    #[test]
    fn specificity_is_undefined_without_negatives() {
        assert_eq!(specificity(Counts { tp: 5, fp: 0, fn_: 2, tn: 0 }), None);
    }
}
