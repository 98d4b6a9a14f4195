//! The mean absolute error of rows, each with a weight.
//!
//! ```text
//! L = Σ_m w[m] Σ_k |y[m,k] − t[m,k]| / Σ_m w[m]          0 where nothing has a weight
//! dy[m,k] = w[m] · sign(y[m,k] − t[m,k]) / Σ w · dL      0 where both are equal
//! ```

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Scalar, Tensor};

/// The loss of rows `(M, K)` by targets of the same shape, with a weight of at least 0 for each row.
///
/// ```
/// use cenote_autograd::Tape;
/// use cenote_layers::l1_loss;
/// use cenote_tensor::Tensor;
///
/// let tape = Tape::new();
/// let rows = tape.leaf(Tensor::zeros([2, 3]));
/// let loss = l1_loss(&rows, &Tensor::full([2, 3], 0.5), &[1.0, 3.0]);
/// assert_eq!(loss.value().as_slice(), [1.5]);
/// ```
///
/// # Panics
/// When targets or weights do not belong to the rows.
pub fn l1_loss<'t>(rows: &Var<'t>, targets: &Tensor, weights: &[Scalar]) -> Var<'t> {
    assert_eq!(rows.shape(), targets.shape(), "one target per value");
    assert_eq!(rows.value().dims()[0], weights.len(), "one weight per row");
    let wide = rows.value().dims()[1].max(1);
    let per = per_weight(weights);
    let mut signs = rows.value().clone();
    let mut sum = 0.0;
    signs.zip_assign(targets, |y, t| y - t);
    for (row, &weight) in signs.as_mut_slice().chunks_exact_mut(wide).zip(weights) {
        for error in row {
            sum += f64::from(weight) * f64::from(error.abs());
            let sign = if *error == 0.0 { 0.0 } else { error.signum() };
            *error = (f64::from(weight) * per) as Scalar * sign;
        }
    }
    rows.tape().record(Tensor::scalar((sum * per) as Scalar), &[rows], || Slopes("l1_loss", signs))
}

/// One over the sum of the weights; 0 where that is 0, so that nothing is lost and nothing divided by it.
pub(super) fn per_weight(weights: &[Scalar]) -> f64 {
    let sum: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
    if sum > 0.0 { sum.recip() } else { 0.0 }
}

/// A scalar whose slopes are known when it is computed.
pub(super) struct Slopes(pub(super) &'static str, pub(super) Tensor);

impl Function for Slopes {
    fn name(&self) -> &'static str {
        self.0
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.1])
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let scale = dy.as_slice()[0];
        vec![Some(self.1.map(|slope| scale * slope))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::{Tape, gradcheck};

    use super::*;

    #[test]
    fn the_gradient_matches_differences() {
        let rows = Tensor::from_fn([3, 4], |i| (i as Scalar * 1.7).sin() * 2.0);
        let targets = Tensor::from_fn([3, 4], |i| (i as Scalar * 0.9).cos());
        gradcheck(&[rows], |v| l1_loss(&v[0], &targets, &[1.0, 0.0, 0.3])).expect("l1");
    }

    #[test]
    fn nothing_to_learn_from_costs_nothing() {
        let tape = Tape::new();
        for (rows, weights) in [([0, 4], vec![]), ([1, 4], vec![0.0])] {
            let rows = tape.leaf(Tensor::full(rows, 3.0));
            let loss = l1_loss(&rows, &Tensor::zeros(rows.shape()), &weights);
            assert_eq!(loss.value().as_slice(), [0.0]);
            let slopes = loss.backward();
            assert!(slopes.of(&rows).expect("known").as_slice().iter().all(|&slope| slope == 0.0));
        }
    }
}
