//! Agreement beyond chance.

use super::ConfusionMatrix;
use crate::Metric;
use crate::counts::Amount;

pub(super) const METRIC: Metric<ConfusionMatrix> = Metric {
    name: "cohen_kappa",
    about: "agreement of labels and predictions beyond chance, from -1 to 1",
    score: |matrix| cohen_kappa(matrix, KappaWeights::Unweighted),
};

/// How wrong it is to take class `i` for class `j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KappaWeights {
    /// Every mistake the same: `i ≠ j`.
    Unweighted,
    /// By distance, for classes in an order: `|i − j|`.
    Linear,
    /// By squared distance, for classes in an order: `(i − j)²`.
    Quadratic,
}

impl KappaWeights {
    fn of(self, label: usize, prediction: usize) -> f64 {
        let distance = label.abs_diff(prediction) as f64;
        match self {
            Self::Unweighted => f64::from(u8::from(label != prediction)),
            Self::Linear => distance,
            Self::Quadratic => distance * distance,
        }
    }
}

/// Cohen's kappa: how much rarer mistakes are than if labels and predictions had nothing to do with each other.
///
/// ```text
/// 1 − Σ w(i,j) n(i,j) / Σ w(i,j) e(i,j)          e(i,j) = n(i,·) n(·,j) / n
/// ```
///
/// From −1 to 1, larger is better; 0 is chance. After Cohen (1960), doi:10.1177/001316446002000104, and with weights
/// Cohen (1968), doi:10.1037/h0026256.
///
/// `None` when no mistake could be made: without examples, or when labels and predictions are all of one class.
pub fn cohen_kappa<T: Amount>(matrix: &ConfusionMatrix<T>, weights: KappaWeights) -> Option<f64> {
    let numbers = |totals: Vec<T>| -> Vec<f64> { totals.into_iter().map(T::as_f64).collect() };
    let (labels, said) = (numbers(matrix.label_totals()), numbers(matrix.prediction_totals()));
    let whole: f64 = labels.iter().sum();
    let (mut mistakes, mut expected) = (0.0, 0.0);
    for (label, row) in matrix.rows().enumerate() {
        for (prediction, cell) in row.iter().enumerate() {
            let weight = weights.of(label, prediction);
            mistakes += weight * cell.as_f64();
            expected += weight * labels[label] * said[prediction] / whole;
        }
    }
    // Without examples 0 / 0 is not above 0 either.
    (expected > 0.0).then(|| 1.0 - mistakes / expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kappa_of_the_textbook_example() {
        // 50 proposals, two readers: 20 both yes, 15 both no, 5 and 10 apart. Agreement 0.7, by chance 0.5.
        let labels = [vec![0; 25], vec![1; 25]].concat();
        let said = [vec![0; 20], vec![1; 5], vec![0; 10], vec![1; 15]].concat();
        let matrix = ConfusionMatrix::from_labels(2, &labels, &said).unwrap();
        for weights in [KappaWeights::Unweighted, KappaWeights::Linear, KappaWeights::Quadratic] {
            let kappa = cohen_kappa(&matrix, weights).unwrap();
            assert!((kappa - 0.4).abs() < 1e-12, "two classes are one step apart: {kappa}");
        }
    }

    #[test]
    fn a_far_mistake_counts_more_with_weights() {
        let near = ConfusionMatrix::from_labels(3, &[0, 1, 2], &[1, 1, 2]).unwrap();
        let far = ConfusionMatrix::from_labels(3, &[0, 1, 2], &[2, 1, 2]).unwrap();
        let kappa = |matrix, weights| cohen_kappa(matrix, weights).unwrap();
        assert!(kappa(&far, KappaWeights::Linear) < kappa(&near, KappaWeights::Linear));
        assert!(kappa(&far, KappaWeights::Quadratic) < kappa(&far, KappaWeights::Linear));
    }

    #[test]
    fn kappa_is_undefined_where_chance_alone_is_perfect() {
        let one = ConfusionMatrix::from_labels(2, &[1, 1], &[1, 1]).unwrap();
        assert_eq!(cohen_kappa(&one, KappaWeights::Unweighted), None);
        assert_eq!(cohen_kappa(&ConfusionMatrix::new(2), KappaWeights::Linear), None);
    }
}
