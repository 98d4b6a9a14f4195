//! The matrix product as its formula.

use super::Matrix;
use crate::Scalar;

impl Matrix<'_> {
    fn at(&self, row: usize, column: usize) -> Scalar {
        if self.transposed {
            self.data[column * self.rows + row]
        } else {
            self.data[row * self.columns + column]
        }
    }
}

pub(super) fn matmul_into(a: Matrix, b: Matrix, c: &mut [Scalar]) {
    for i in 0..a.rows {
        for j in 0..b.columns {
            c[i * b.columns + j] = (0..a.columns).map(|k| a.at(i, k) * b.at(k, j)).sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Matrix, matmul, matmul_into};

    const A: [crate::Scalar; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    const B: [crate::Scalar; 6] = [1.0, 0.0, 2.0, 1.0, 0.0, 3.0];

    #[test]
    fn a_product_of_non_square_matrices_by_hand() {
        let product = matmul(Matrix::new(&A, 2, 3), Matrix::new(&B, 3, 2));
        assert_eq!(product.dims(), [2, 2]);
        assert_eq!(product.as_slice(), [5.0, 11.0, 14.0, 23.0]);
    }

    #[test]
    fn a_transposed_view_reads_columns_as_rows() {
        // The same product with both operands stored transposed.
        let a = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0];
        let b = [1.0, 2.0, 0.0, 0.0, 1.0, 3.0];
        let product = matmul(Matrix::new(&a, 3, 2).t(), Matrix::new(&b, 2, 3).t());
        assert_eq!(product.as_slice(), [5.0, 11.0, 14.0, 23.0]);
    }

    #[test]
    fn what_c_held_before_does_not_matter() {
        let mut c = vec![7.0; 4];
        matmul_into(Matrix::new(&A, 2, 3), Matrix::new(&B, 3, 2), &mut c);
        assert_eq!(c.as_slice(), &[5.0, 11.0, 14.0, 23.0]);
    }

    #[test]
    fn an_empty_sum_is_zero() {
        assert_eq!(matmul(Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 1)).as_slice(), [0.0; 2]);
    }
}
