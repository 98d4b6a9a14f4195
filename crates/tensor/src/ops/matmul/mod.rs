//! The product of two matrices, either of which may be a transposed view.
//!
//! ```text
//! c[i,j] = Σ_k a[i,k] · b[k,j]
//! ```

#[cfg(not(cenote_f64))]
mod fast;
#[cfg(any(cenote_f64, test))]
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

use crate::{Scalar, Tensor};

/// A matrix that lies row-major in a slice, seen as it is or transposed.
///
/// ```
/// use cenote_tensor::{Matrix, matmul};
///
/// let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let a = Matrix::new(&a, 2, 3);
/// assert_eq!(matmul(a, a.t()).as_slice(), [14.0, 32.0, 32.0, 77.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [Scalar],
    rows: usize,
    columns: usize,
    transposed: bool,
}

impl<'a> Matrix<'a> {
    /// The matrix of `rows` rows whose elements follow each other in `data`, row by row.
    ///
    /// # Panics
    /// When `data` does not hold `rows · columns` elements.
    pub fn new(data: &'a [Scalar], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "matmul: {rows}x{columns} elements");
        Self { data, rows, columns, transposed: false }
    }

    /// The transposed matrix; nothing is moved.
    #[must_use]
    pub fn t(self) -> Self {
        let Self { data, rows, columns, transposed } = self;
        Self { data, rows: columns, columns: rows, transposed: !transposed }
    }

    /// Number of rows, after transposition.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, after transposition.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// The product `a · b` as a tensor of `a.rows()` by `b.columns()`.
///
/// # Panics
/// When `a` has not as many columns as `b` has rows.
pub fn matmul(a: Matrix, b: Matrix) -> Tensor {
    let mut c = Tensor::stale([a.rows, b.columns]);
    matmul_into(a, b, c.as_mut_slice());
    c
}

/// Overwrites `c`, row-major `a.rows()` by `b.columns()`, with `a · b`.
///
/// # Panics
/// When the sizes of `a`, `b` and `c` do not agree.
pub fn matmul_into(a: Matrix, b: Matrix, c: &mut [Scalar]) {
    assert_eq!(a.columns, b.rows, "matmul: columns of a are rows of b");
    assert_eq!(c.len(), a.rows * b.columns, "matmul: c is {}x{}", a.rows, b.columns);
    kernels::matmul_into(a, b, c);
}
