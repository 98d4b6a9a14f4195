//! The product of two matrices.
//!
//! ```text
//! y = a b         (M, K) (K, N) → (M, N)
//! da = dy bᵀ      db = aᵀ dy
//! ```

use cenote_tensor::{Matrix, Tensor, matmul};

use crate::{Function, Saved, Var};

impl<'t> Var<'t> {
    /// The matrix product `self · other`, of shapes `(M, K)` and `(K, N)`.
    ///
    /// # Panics
    /// When either is not a matrix or the inner sizes differ.
    #[must_use]
    pub fn matmul(&self, other: &Self) -> Var<'t> {
        let y = matmul(matrix(self.value()), matrix(other.value()));
        let saved = || Saves { a: self.value().clone(), b: other.value().clone() };
        self.tape().record(y, &[self, other], saved)
    }
}

fn matrix(tensor: &Tensor) -> Matrix<'_> {
    let [rows, columns] = tensor.dims().try_into().expect("a matrix has two axes");
    Matrix::new(tensor.as_slice(), rows, columns)
}

struct Saves {
    a: Tensor,
    b: Tensor,
}

impl Function for Saves {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.a, &self.b])
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let da = wanted[0].then(|| matmul(matrix(&dy), matrix(&self.b).t()));
        let db = wanted[1].then(|| matmul(matrix(&self.a).t(), matrix(&dy)));
        vec![da, db]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Scalar;

    use super::*;
    use crate::{Tape, gradcheck};

    #[test]
    fn a_product_worked_by_hand() {
        let tape = Tape::new();
        let a = tape.leaf(Tensor::from_vec([1, 2], vec![1.0, 2.0]).expect("2 values"));
        let b = tape.leaf(Tensor::from_vec([2, 2], vec![3.0, 4.0, 5.0, 6.0]).expect("4 values"));
        assert_eq!(a.matmul(&b).value().as_slice(), [13.0, 16.0]);
    }

    #[test]
    fn matmul_matches_central_differences() {
        let a = Tensor::from_fn([3, 4], |i| (i as Scalar * 0.7).sin());
        let b = Tensor::from_fn([4, 5], |i| (i as Scalar * 1.3).cos());
        gradcheck(&[a, b], |v| v[0].matmul(&v[1])).expect("matmul");
    }
}
