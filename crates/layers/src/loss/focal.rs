//! The penalty-reduced focal loss of a heat map of centres.
//!
//! ```text
//! L = −(1/P) Σ  (1 − p)^α ln p                   where t = 1: the centre of an object
//!               (1 − t)^β p^α ln(1 − p)          elsewhere          p = 1 / (1 + e^−z),  α = 2,  β = 4
//! ```
//!
//! `P` is the number of centres, at least 1, so that images without objects teach what is background. The
//! target `t` falls off around a centre, which forgives scores near to it. Logarithms are taken of logits and
//! neither overflow nor vanish. After Law and Deng (2018), arXiv:1808.01244, and Zhou, Wang and Krähenbühl
//! (2019), arXiv:1904.07850; the loss without `t` is of Lin et al. (2017), arXiv:1708.02002.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Scalar, Tensor};

/// The loss of logits by targets of the same shape, from 0 to 1.
///
/// ```
/// use cenote_autograd::Tape;
/// use cenote_layers::focal_loss;
/// use cenote_tensor::Tensor;
///
/// let tape = Tape::new();
/// let logits = tape.leaf(Tensor::zeros([1, 1, 1, 1]));
/// let loss = focal_loss(&logits, Tensor::full([1, 1, 1, 1], 1.0));
/// assert!((f64::from(loss.value().as_slice()[0]) - 0.25 * 2.0_f64.ln()).abs() < 1e-6);
/// ```
///
/// # Panics
/// When the shapes differ: targets are made for the network's output.
pub fn focal_loss<'t>(logits: &Var<'t>, targets: Tensor) -> Var<'t> {
    assert_eq!(logits.shape(), targets.shape(), "one target per logit");
    let cells = logits.value().as_slice().iter().zip(targets.as_slice());
    let (mut sum, mut centres) = (0.0, 0_u64);
    for (&z, &t) in cells {
        let (z, t) = (f64::from(z), f64::from(t));
        let p = sigmoid(z);
        if t >= 1.0 {
            centres += 1;
            sum += (1.0 - p).powi(2) * softplus(-z);
        } else {
            sum += (1.0 - t).powi(4) * p * p * softplus(z);
        }
    }
    let per = 1.0 / centres.max(1) as f64;
    let saved = || Backward { logits: logits.value().clone(), targets, per };
    logits.tape().record(Tensor::scalar((sum * per) as Scalar), &[logits], saved)
}

/// `1 / (1 + e^−z)`.
fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

/// `ln(1 + e^z)`.
fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

struct Backward {
    logits: Tensor,
    targets: Tensor,
    per: f64,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        "focal_loss"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.logits, &self.targets])
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { logits: mut dz, targets, per } = *self;
        let scale = f64::from(dy.as_slice()[0]) * per;
        dz.zip_assign(&targets, |z, t| {
            let (z, t) = (f64::from(z), f64::from(t));
            let (p, q) = (sigmoid(z), sigmoid(-z));
            let slope = if t >= 1.0 {
                -q * q * (2.0 * p * softplus(-z) + q)
            } else {
                (1.0 - t).powi(4) * p * p * (2.0 * q * softplus(z) + p)
            };
            (scale * slope) as Scalar
        });
        vec![Some(dz)]
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::{Tape, gradcheck};

    use super::*;

    #[test]
    fn the_gradient_matches_differences_with_and_without_objects() {
        let logits = Tensor::from_fn([2, 2, 3, 2], |i| (i as Scalar * 1.7).sin() * 3.0);
        let bumps = Tensor::from_fn([2, 2, 3, 2], |i| [0.0, 0.4, 1.0, 0.7, 0.1][i % 5]);
        gradcheck(std::slice::from_ref(&logits), |v| focal_loss(&v[0], bumps.clone()))
            .expect("with objects");
        let nothing = Tensor::zeros([2, 2, 3, 2]);
        gradcheck(&[logits], |v| focal_loss(&v[0], nothing.clone())).expect("without");
    }

    #[test]
    fn huge_logits_cost_what_they_are_wrong_by_and_no_more() {
        let tape = Tape::new();
        let z = tape.leaf(Tensor::from_vec([2], vec![-1e4, 1e4]).expect("2 values"));
        let wrong = focal_loss(&z, Tensor::from_vec([2], vec![1.0, 0.0]).expect("2 values"));
        assert_eq!(wrong.value().as_slice(), [2e4]);
        let right = focal_loss(&z, Tensor::from_vec([2], vec![0.0, 1.0]).expect("2 values"));
        assert_eq!(right.value().as_slice(), [0.0]);
        let slopes = wrong.backward();
        let slopes = slopes.of(&z).expect("the loss depends on it").as_slice();
        assert!((slopes[0] + 1.0).abs() < 1e-6 && (slopes[1] - 1.0).abs() < 1e-6, "{slopes:?}");
    }
}
