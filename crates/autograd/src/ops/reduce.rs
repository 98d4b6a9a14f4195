//! Sums and means of all elements.
//!
//! ```text
//! y = Σ x          dx = dy everywhere
//! y = Σ x / n      dx = dy / n everywhere
//! ```

use cenote_tensor::{Scalar, Shape, Tensor};

use crate::{Function, Saved, Var};

impl<'t> Var<'t> {
    /// The sum of all elements, as a scalar.
    #[must_use]
    pub fn sum(&self) -> Var<'t> {
        self.scaled_sum("sum", 1.0)
    }

    /// The mean of all elements, as a scalar.
    #[must_use]
    pub fn mean(&self) -> Var<'t> {
        self.scaled_sum("mean", (self.value().len() as Scalar).recip())
    }

    fn scaled_sum(&self, name: &'static str, factor: Scalar) -> Var<'t> {
        // Double precision, so that a long sum keeps the digits of its terms.
        let sum: f64 = self.value().as_slice().iter().map(|&x| f64::from(x)).sum();
        let y = Tensor::scalar((sum * f64::from(factor)) as Scalar);
        self.tape().record(y, &[self], || Spread { name, factor, shape: self.shape() })
    }
}

struct Spread {
    name: &'static str,
    factor: Scalar,
    shape: Shape,
}

impl Function for Spread {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(Tensor::full(self.shape, self.factor * dy.as_slice()[0]))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradcheck;

    #[test]
    fn sum_and_mean_match_central_differences() {
        let x = [Tensor::from_fn([2, 5], |i| (i as Scalar).cos())];
        gradcheck(&x, |v| v[0].sum()).expect("sum");
        gradcheck(&x, |v| (&v[0] * &v[0]).mean()).expect("mean");
    }
}
