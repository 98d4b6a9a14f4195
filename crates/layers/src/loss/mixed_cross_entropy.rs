//! Softmax cross entropy of examples that have two labels.
//!
//! ```text
//! L  = −(1/N) Σ_n ( s[n] · ln p[n, a[n]] + (1 − s[n]) · ln p[n, b[n]] )         p the softmax of the logits, by rows
//! dz = (p − s · onehot(a) − (1 − s) · onehot(b)) / N · dL
//! ```
//!
//! The loss is linear in the distribution of labels, so this is both the cross entropy of the blended label and the blend
//! of two cross entropies: what mixup (Zhang et al. 2018, arXiv:1710.09412) and cutmix (Yun et al. 2019, arXiv:1905.04899)
//! train with.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Scalar, Tensor};

use super::cross_entropy::{rows_of, softmax};

/// The mean over a batch of the cross entropy of two labels, the first with the share `shares[n]` and the second with the
/// rest.
///
/// ```
/// use cenote_autograd::Tape;
/// use cenote_layers::mixed_cross_entropy;
/// use cenote_tensor::Tensor;
///
/// let tape = Tape::new();
/// let logits = tape.leaf(Tensor::zeros([2, 4]));
/// let loss = mixed_cross_entropy(&logits, &[0, 3], &[1, 3], &[0.75, 1.0]);
/// assert!((f64::from(loss.value().as_slice()[0]) - 4.0_f64.ln()).abs() < 1e-6);
/// ```
///
/// # Panics
/// When the logits `(N, K)` are not a matrix or do not have a pair of labels below `K` and a share for each row: datasets
/// check their labels and models their outputs before training starts.
pub fn mixed_cross_entropy<'t>(
    logits: &Var<'t>,
    labels: &[usize],
    others: &[usize],
    shares: &[Scalar],
) -> Var<'t> {
    let (rows, classes) = rows_of(logits.value());
    assert_eq!([labels.len(), others.len(), shares.len()], [rows; 3], "one of each per row");
    assert!(
        labels.iter().chain(others).all(|&label| label < classes),
        "labels are below {classes}"
    );
    let targets = targets(labels, others, shares);
    let losses = logits.value().as_slice().chunks_exact(classes).zip(&targets);
    let losses = losses.map(|(z, pair)| {
        let largest = z.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
        let sum: f64 = z.iter().map(|&z| f64::from(z - largest).exp()).sum();
        let of = |(label, share): (usize, Scalar)| {
            // A share of 0 counts nothing, however improbable its label is.
            if share == 0.0 {
                0.0
            } else {
                f64::from(share) * (sum.ln() - f64::from(z[label] - largest))
            }
        };
        pair.map(of).iter().sum::<f64>()
    });
    let mean = losses.sum::<f64>() / rows as f64;
    let probabilities = softmax(logits.value());
    logits
        .tape()
        .record(Tensor::scalar(mean as Scalar), &[logits], || Backward { probabilities, targets })
}

/// Two labels with their shares, which sum to 1.
type Target = [(usize, Scalar); 2];

fn targets(labels: &[usize], others: &[usize], shares: &[Scalar]) -> Vec<Target> {
    let pairs = labels.iter().zip(others).zip(shares);
    pairs.map(|((&label, &other), &share)| [(label, share), (other, 1.0 - share)]).collect()
}

struct Backward {
    probabilities: Tensor,
    targets: Vec<Target>,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        "mixed_cross_entropy"
    }

    fn saved(&self) -> Saved<'_> {
        let targets = self.targets.len() * size_of::<Target>();
        Saved { other_bytes: targets, ..Saved::tensors([&self.probabilities]) }
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { probabilities: mut dz, targets } = *self;
        let (rows, classes) = rows_of(&dz);
        let scale = dy.as_slice()[0] / rows as Scalar;
        for (row, target) in dz.as_mut_slice().chunks_exact_mut(classes).zip(targets) {
            for (label, share) in target {
                row[label] -= share;
            }
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
    use crate::cross_entropy;

    fn logits() -> Tensor {
        Tensor::from_fn([4, 3], |i| (i as Scalar * 1.7).sin() * 2.0)
    }

    fn value(loss: impl for<'t> Fn(&Var<'t>) -> Var<'t>) -> f64 {
        let tape = Tape::new();
        loss(&tape.leaf(logits())).value().as_slice()[0].into()
    }

    #[test]
    fn it_is_the_blend_of_two_cross_entropies() {
        let (a, b) = ([2, 0, 1, 1], [0, 0, 2, 1]);
        let mixed = value(|z| mixed_cross_entropy(z, &a, &b, &[0.7; 4]));
        let apart = 0.7 * value(|z| cross_entropy(z, &a)) + 0.3 * value(|z| cross_entropy(z, &b));
        assert!((mixed - apart).abs() < 1e-6, "{mixed} {apart}");
        let alone = value(|z| mixed_cross_entropy(z, &a, &b, &[1.0; 4]));
        assert!((alone - value(|z| cross_entropy(z, &a))).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_matches_differences() {
        let (a, b, shares) = ([2, 0, 1, 1], [0, 0, 2, 1], [0.7, 0.5, 1.0, 0.9]);
        let loss = gradcheck(&[logits()], |v| mixed_cross_entropy(&v[0], &a, &b, &shares));
        loss.expect("mixed cross entropy");
    }

    #[test]
    fn a_label_of_share_zero_costs_nothing_even_where_it_is_impossible() {
        let tape = Tape::new();
        let z =
            tape.leaf(Tensor::from_vec([1, 2], vec![0.0, Scalar::NEG_INFINITY]).expect("2 values"));
        assert_eq!(mixed_cross_entropy(&z, &[0], &[1], &[1.0]).value().as_slice(), [0.0]);
    }
}
