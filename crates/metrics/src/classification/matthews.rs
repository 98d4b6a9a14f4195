//! Labels and predictions as two variables, and their correlation.

use super::ConfusionMatrix;
use crate::Metric;
use crate::counts::Amount;

pub(super) const METRIC: Metric<ConfusionMatrix> = Metric {
    name: "matthews",
    about: "correlation of labels and predictions, from -1 to 1",
    score: matthews,
};

/// Matthews' correlation coefficient, for any number of classes.
///
/// ```text
/// (c n − Σ t(k) p(k)) / √((n² − Σ p(k)²) (n² − Σ t(k)²))
/// ```
///
/// with `c` examples predicted right of `n`, `t(k)` examples of class `k` and `p(k)` predictions of it. For two classes
/// it is `(tp tn − fp fn) / √((tp + fp) (tp + fn) (tn + fp) (tn + fn))`.
/// From −1 to 1, larger is better; 0 is chance. After Matthews (1975), doi:10.1016/0005-2795(75)90109-9, and Gorodkin
/// (2004), doi:10.1016/j.compbiolchem.2004.09.006.
///
/// `None` when labels or predictions are all of one class, where scikit-learn has 0.
pub fn matthews<T: Amount>(matrix: &ConfusionMatrix<T>) -> Option<f64> {
    let numbers = |totals: Vec<T>| -> Vec<f64> { totals.into_iter().map(T::as_f64).collect() };
    let (labels, said) = (numbers(matrix.label_totals()), numbers(matrix.prediction_totals()));
    let several = |totals: &[f64]| totals.iter().filter(|&&total| total > 0.0).count() > 1;
    if !several(&labels) || !several(&said) {
        return None;
    }
    let n: f64 = said.iter().sum();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let together = matrix.correct().as_f64() * n - dot(&labels, &said);
    let spread = (n * n - dot(&said, &said)) * (n * n - dot(&labels, &labels));
    (spread > 0.0).then(|| together / spread.sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn opposite_predictions_correlate_negatively() {
        let matrix = ConfusionMatrix::from_labels(2, &[0, 0, 1], &[1, 1, 0]).unwrap();
        assert_eq!(matthews(&matrix), Some(-1.0));
    }

    #[test]
    fn a_constant_correlates_with_nothing() {
        let matrix = ConfusionMatrix::from_labels(2, &[0, 1, 1], &[1, 1, 1]).unwrap();
        assert_eq!(matthews(&matrix), None);
        assert_eq!(matthews(&ConfusionMatrix::new(2)), None);
    }

    proptest! {
        #[test]
        fn two_classes_follow_the_formula_of_four_cells(cells in prop::array::uniform4(1_u64..50)) {
            let [tn, fp, fn_, tp] = cells.map(|cell| cell as f64);
            let mut matrix = ConfusionMatrix::weighted(2);
            for (at, cell) in cells.into_iter().enumerate() {
                matrix.add(at / 2, at % 2, cell as f64).unwrap();
            }
            let whole = (tp + fp) * (tp + fn_) * (tn + fp) * (tn + fn_);
            let expected = (tp * tn - fp * fn_) / whole.sqrt();
            prop_assert!((matthews(&matrix).unwrap() - expected).abs() < 1e-12);
        }
    }
}
