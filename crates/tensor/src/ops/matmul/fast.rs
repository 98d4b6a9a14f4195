//! The matrix product by tiles, in the form that fits how the operands lie.
//!
//! Where `b` lies row-major its rows are vectors: `c` gains `a[i,k]` times row `k` of `b`. Where `b`
//! is a transposed view and `a` is not, the rows of both are vectors along `k`: `c` is their dot
//! products, and nothing is packed. A dense layer meets the first form backward, the second forward.

use super::Matrix;
use crate::ops::{parallel, scratch};
use crate::simd::{Dots, Panels, Product, Rows};

/// Rows of the output that one task computes.
const BLOCK: usize = 96;
/// Columns of `b` that are packed together: a whole number of tiles on every path.
const STRIP: usize = 32;
/// Rows of `a` from which packing `b` pays.
const PACKED: usize = 24;

pub(super) fn matmul_into(a: Matrix, b: Matrix, c: &mut [f32]) {
    if a.columns == 0 || c.is_empty() {
        c.fill(0.0);
    } else if !b.transposed {
        by_rows(a, b.data, b.columns, c);
    } else if a.transposed {
        scratch::with(b.data.len(), |turned| {
            for (k, row) in turned.chunks_exact_mut(b.columns).enumerate() {
                let column = b.data[k..].iter().step_by(b.rows);
                row.iter_mut().zip(column).for_each(|(into, &value)| *into = value);
            }
            by_rows(a, turned, b.columns, c);
        });
    } else if a.rows < b.columns && a.rows == 1 {
        // The product of a matrix and a vector has as many rows as the matrix.
        by_dots(b.t(), a.t(), c);
    } else {
        by_dots(a, b, c);
    }
}

/// `c = a · b` with `b` row-major.
fn by_rows(a: Matrix, b: &[f32], columns: usize, c: &mut [f32]) {
    let depth = a.columns;
    let block = a.rows.min(BLOCK);
    let operations = 2 * (block * depth * columns) as u64;
    let packed = |first: usize, rows: usize| {
        Panels::pack(rows, depth, |row, k| {
            let row = first + row;
            a.data[if a.transposed { k * a.rows + row } else { row * depth + k }]
        })
    };
    if a.rows < PACKED {
        let (a, rows) = (packed(0, a.rows), Rows::every(columns, depth));
        Product { a: &a, b, rows: &rows, init: None, out: c, pitch: columns, width: columns }.run();
        return;
    }
    let rows = Rows::every(STRIP, depth);
    scratch::with(columns.next_multiple_of(STRIP) * depth, |strips| {
        for (strip, into) in strips.chunks_exact_mut(STRIP * depth).enumerate() {
            let first = strip * STRIP;
            let width = STRIP.min(columns - first);
            for (into, from) in into.chunks_exact_mut(STRIP).zip(b.chunks_exact(columns)) {
                into[..width].copy_from_slice(&from[first..first + width]);
            }
        }
        let strips = &*strips;
        parallel::chunks(c, block * columns, operations, |i, c| {
            let a = packed(i * block, c.len() / columns);
            for (strip, b) in strips.chunks_exact(STRIP * depth).enumerate() {
                let first = strip * STRIP;
                let width = STRIP.min(columns - first);
                let out = &mut c[first..];
                Product { a: &a, b, rows: &rows, init: None, out, pitch: columns, width }.run();
            }
        });
    });
}

/// `c = a · b` with `a` row-major and `b` a transposed view.
fn by_dots(a: Matrix, b: Matrix, c: &mut [f32]) {
    let (depth, columns) = (a.columns, b.columns);
    let b_rows = Rows::every(depth, columns);
    let block = a.rows.min(BLOCK);
    parallel::chunks(c, block * columns, 2 * (block * depth * columns) as u64, |i, out| {
        out.fill(0.0);
        let first = i * block;
        let a_rows: Vec<usize> =
            (first..first + out.len() / columns).map(|row| row * depth).collect();
        Dots {
            a: a.data,
            a_rows: &a_rows,
            a_step: 0,
            b: b.data,
            b_rows: &b_rows,
            b_step: 0,
            segments: 1,
            length: depth,
            out,
        }
        .run();
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ops::matmul::reference;

    fn numbers(count: usize, salt: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + salt * 31) % 9) as f32 - 4.0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]
        #[test]
        fn fast_is_reference(
            m in 1_usize..110, n in 1_usize..70, k in 0_usize..40,
            a_transposed: bool, b_transposed: bool, long in 0_usize..20,
        ) {
            // Now and then a sum that is longer than a block.
            let k = if long == 0 { k + 1030 } else { k };
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let a = if a_transposed { Matrix::new(&a, k, m).t() } else { Matrix::new(&a, m, k) };
            let b = if b_transposed { Matrix::new(&b, n, k).t() } else { Matrix::new(&b, k, n) };
            // Whole numbers below 2^24: every order of summation is exact.
            let (mut fast, mut expected) = (vec![7.0; m * n], vec![0.0; m * n]);
            matmul_into(a, b, &mut fast);
            reference::matmul_into(a, b, &mut expected);
            prop_assert_eq!(fast, expected);
        }
    }
}
