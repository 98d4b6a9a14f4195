//! How much two sets of examples share.

use crate::Counts;
use crate::counts::{Amount, ratio};

/// Shared over covered: `tp / (tp + fp + fn)`.
///
/// From 0 to 1, larger is better; for pixels of a mask it is the intersection over union. It orders classifiers as F1
/// does, `J = F1 / (2 − F1)`. After Jaccard (1901), doi:10.5169/seals-266450.
///
/// `None` when there are neither positives nor positive predictions.
pub fn jaccard<T: Amount>(counts: Counts<T>) -> Option<f64> {
    ratio(counts.tp, counts.predicted() + counts.fn_)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::f_beta;

    #[test]
    fn jaccard_is_undefined_only_where_there_is_nothing_to_share() {
        assert_eq!(jaccard(Counts { tp: 0, fp: 0, fn_: 0, tn: 3 }), None);
        assert_eq!(jaccard(Counts { tp: 0, fp: 1, fn_: 0, tn: 3 }), Some(0.0));
        assert_eq!(jaccard(Counts { tp: 2, fp: 1, fn_: 1, tn: 3 }), Some(0.5));
    }

    proptest! {
        #[test]
        fn jaccard_follows_from_f1(tp in 0_u64..99, fp in 0_u64..99, fn_ in 1_u64..99) {
            let counts = Counts { tp, fp, fn_, tn: 0 };
            let f1 = f_beta(counts, 1.0).unwrap();
            prop_assert!((jaccard(counts).unwrap() - f1 / (2.0 - f1)).abs() < 1e-12);
        }
    }
}
