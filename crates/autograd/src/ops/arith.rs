//! Element-by-element arithmetic on equal shapes.
//!
//! ```text
//! y = a + b      da = dy        db = dy
//! y = a − b      da = dy        db = −dy
//! y = a · b      da = dy · b    db = dy · a
//! y = k a        da = k dy
//! ```

use std::ops::{Add, Mul, Sub};

use cenote_tensor::{Scalar, Tensor};

use crate::{Function, Saved, Var};

impl<'t> Add for &Var<'t> {
    type Output = Var<'t>;

    fn add(self, other: Self) -> Var<'t> {
        let sum = zipped(self.value(), other.value(), |a, b| a + b);
        self.tape().record(sum, &[self, other], || Sum { name: "add", sign: 1.0 })
    }
}

impl<'t> Sub for &Var<'t> {
    type Output = Var<'t>;

    fn sub(self, other: Self) -> Var<'t> {
        let difference = zipped(self.value(), other.value(), |a, b| a - b);
        self.tape().record(difference, &[self, other], || Sum { name: "sub", sign: -1.0 })
    }
}

impl<'t> Mul for &Var<'t> {
    type Output = Var<'t>;

    fn mul(self, other: Self) -> Var<'t> {
        let product = zipped(self.value(), other.value(), |a, b| a * b);
        let factors = || Product { a: self.value().clone(), b: other.value().clone() };
        self.tape().record(product, &[self, other], factors)
    }
}

impl<'t> Mul<Scalar> for &Var<'t> {
    type Output = Var<'t>;

    fn mul(self, factor: Scalar) -> Var<'t> {
        let scaled = self.value().clone().map(|a| factor * a);
        self.tape().record(scaled, &[self], || Scale { factor })
    }
}

fn zipped(a: &Tensor, b: &Tensor, f: impl Fn(Scalar, Scalar) -> Scalar) -> Tensor {
    let mut y = a.clone();
    y.zip_assign(b, f);
    y
}

struct Sum {
    name: &'static str,
    sign: Scalar,
}

impl Function for Sum {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let db = wanted[1].then(|| dy.clone().map(|dy| self.sign * dy));
        vec![Some(dy), db]
    }
}

struct Product {
    a: Tensor,
    b: Tensor,
}

impl Function for Product {
    fn name(&self) -> &'static str {
        "mul"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.a, &self.b])
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let da = wanted[0].then(|| zipped(&dy, &self.b, |dy, b| dy * b));
        let db = wanted[1].then(|| zipped(&dy, &self.a, |dy, a| dy * a));
        vec![da, db]
    }
}

struct Scale {
    factor: Scalar,
}

impl Function for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(dy.map(|dy| self.factor * dy))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradcheck;

    #[test]
    fn arithmetic_matches_central_differences() {
        let a = Tensor::from_fn([2, 3], |i| i as Scalar * 0.3 - 0.7);
        let b = Tensor::from_fn([2, 3], |i| 1.1 - i as Scalar * 0.4);
        let inputs = [a, b];
        gradcheck(&inputs, |v| &v[0] + &v[1]).expect("add");
        gradcheck(&inputs, |v| &v[0] - &v[1]).expect("sub");
        gradcheck(&inputs, |v| &v[0] * &v[1]).expect("mul");
        gradcheck(&inputs, |v| &(&v[0] * &v[1]) * -2.5).expect("scale");
    }
}
