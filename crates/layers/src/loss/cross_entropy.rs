//! Softmax cross entropy.
//!
//! ```text
//! p[n,k] = exp(z[n,k] − m[n]) / Σ_j exp(z[n,j] − m[n])        m[n] = max_k z[n,k]
//! L      = −(1/N) Σ_n ln p[n, label n]
//! dz     = (p − onehot) / N · dL
//! ```

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Scalar, Tensor};

/// The mean over a batch of the negative log probability of the right class.
///
/// Logits have shape `(N, K)`, and there is one label below `K` for each row.
///
/// # Panics
/// When the logits are not a matrix or the labels do not belong to it: datasets check their labels
/// and models their outputs before training starts.
pub fn cross_entropy<'t>(logits: &Var<'t>, labels: &[usize]) -> Var<'t> {
    let (rows, classes) = rows_of(logits.value());
    assert_eq!(rows, labels.len(), "one label per row of logits");
    assert!(labels.iter().all(|&label| label < classes), "labels are below {classes}");
    let probabilities = softmax(logits.value());
    let losses = logits.value().as_slice().chunks_exact(classes).zip(labels).map(|(z, &label)| {
        let largest = z.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
        let sum: f64 = z.iter().map(|&z| f64::from(z - largest).exp()).sum();
        sum.ln() - f64::from(z[label] - largest)
    });
    let mean = losses.sum::<f64>() / rows as f64;
    let saved = || Backward { probabilities, labels: labels.to_vec() };
    logits.tape().record(Tensor::scalar(mean as Scalar), &[logits], saved)
}

/// The probability of each class, row by row: the softmax of logits `(N, K)`.
///
/// # Panics
/// When the logits are not a matrix.
pub fn softmax(logits: &Tensor) -> Tensor {
    let (_, classes) = rows_of(logits);
    let mut p = logits.clone();
    for row in p.as_mut_slice().chunks_exact_mut(classes) {
        let largest = row.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
        let mut sum = 0.0;
        for z in &mut *row {
            *z = (*z - largest).exp();
            sum += *z;
        }
        for p in row {
            *p /= sum;
        }
    }
    p
}

/// The class of the largest logit of each row, the first among equals.
///
/// # Panics
/// When the logits are not a matrix.
pub fn predictions(logits: &Tensor) -> Vec<usize> {
    let (_, classes) = rows_of(logits);
    let largest = |row: &[Scalar]| {
        let mut best = 0;
        for (k, z) in row.iter().enumerate() {
            if *z > row[best] {
                best = k;
            }
        }
        best
    };
    logits.as_slice().chunks_exact(classes).map(largest).collect()
}

/// How many rows have their largest logit at the right class.
///
/// # Panics
/// When the logits are not a matrix with one label per row.
pub fn correct(logits: &Tensor, labels: &[usize]) -> usize {
    let predicted = predictions(logits);
    assert_eq!(predicted.len(), labels.len(), "one label per row of logits");
    predicted.iter().zip(labels).filter(|(predicted, label)| predicted == label).count()
}

pub(super) fn rows_of(logits: &Tensor) -> (usize, usize) {
    match logits.dims() {
        &[rows, classes] if classes > 0 => (rows, classes),
        _ => panic!("logits have shape (N, K), not {}", logits.shape()),
    }
}

struct Backward {
    probabilities: Tensor,
    labels: Vec<usize>,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn saved(&self) -> Saved<'_> {
        let labels = self.labels.len() * size_of::<usize>();
        Saved { other_bytes: labels, ..Saved::tensors([&self.probabilities]) }
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { probabilities: mut dz, labels } = *self;
        let (rows, classes) = rows_of(&dz);
        let scale = dy.as_slice()[0] / rows as Scalar;
        for (row, label) in dz.as_mut_slice().chunks_exact_mut(classes).zip(labels) {
            // p − 1 cancels where p is near 1; the others sum to the same and keep their digits.
            row[label] = 0.0;
            row[label] = -row.iter().sum::<Scalar>();
            for dz in row {
                *dz *= scale;
            }
        }
        vec![Some(dz)]
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::{Tape, gradcheck};

    use super::*;

    #[test]
    fn equal_logits_cost_the_logarithm_of_the_number_of_classes() {
        let tape = Tape::new();
        let logits = tape.leaf(Tensor::zeros([3, 5]));
        let loss = cross_entropy(&logits, &[0, 4, 2]);
        assert!((f64::from(loss.value().as_slice()[0]) - 5.0_f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn huge_logits_neither_overflow_nor_lose_the_loss() {
        let tape = Tape::new();
        let logits = tape.leaf(Tensor::from_vec([1, 2], vec![1e4, 0.0]).expect("2 values"));
        assert_eq!(cross_entropy(&logits, &[1]).value().as_slice(), [1e4]);
        assert_eq!(softmax(logits.value()).as_slice(), [1.0, 0.0]);
    }

    #[test]
    fn the_gradient_matches_differences() {
        let logits = Tensor::from_fn([4, 3], |i| (i as Scalar * 1.7).sin() * 2.0);
        gradcheck(&[logits], |v| cross_entropy(&v[0], &[2, 0, 1, 1])).expect("cross entropy");
    }

    #[test]
    fn the_first_of_equal_logits_is_predicted() {
        let logits = Tensor::from_vec([2, 3], vec![1.0, 2.0, 2.0, 0.0, 0.0, 0.0]);
        let logits = logits.expect("6 values");
        assert_eq!(predictions(&logits), [1, 0]);
        assert_eq!(correct(&logits, &[1, 2]), 1);
    }
}
