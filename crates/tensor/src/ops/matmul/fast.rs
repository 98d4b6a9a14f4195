//! The matrix product by tiles, in the form that fits how large the operands are and how they lie.
//!
//! | operands | form |
//! |---|---|
//! | a row and a row-major matrix | the row is spread over registers, the matrix is read once |
//! | a row, or a few long ones, and a transposed matrix | dot products of rows |
//! | `b` in the first-level cache, or few rows | tiles that read both operands where they lie |
//! | everything else | `a` packed in panels, `b` in strips that stay near while all panels pass |
//!
//! The form is chosen by shape alone, and within a form every element is added up in one order, so
//! neither blocks nor threads change a bit. Two forms differ in rounding: dot products add by lanes,
//! tiles one after the other. So a row of a product with a large transposed matrix may round
//! otherwise alone than among many; with one that stays near it does not.

use super::Matrix;
use crate::ops::{parallel, scratch};
use crate::simd::{Ahead, Area, Columns, Dots, Outer, Panels, Product, Rows, Strips, Turn};

/// Numbers of `b` that stay in the first-level cache.
const NEAR: usize = 1 << 13;
/// Rows of `a` that two tiles cover: packing `b` for them costs more than it gains.
const FEW: usize = 28;
/// Rows of `a` up to which a long dot product beats turning `b` around.
const DOTS: usize = 8;
/// Numbers of `a` that are packed together, so that they stay in the second-level cache.
const PANELS: usize = 1 << 17;
/// Numbers of `a` up to which a slice of it is packed: packed whole, a long one would be a second copy of itself, which
/// nothing but memory can hold.
const SLICE: usize = 1 << 19;
/// Blocks of the output, where it is large enough to have so many.
const BLOCKS: usize = 8;
/// Operations that take as long as reading one number of a matrix that is used once.
const READING: u64 = 8;

pub(super) fn matmul_into(a: Matrix, b: Matrix, c: &mut [f32]) {
    if a.columns == 0 || c.is_empty() {
        c.fill(0.0);
    } else if b.columns == 1 && a.rows > 1 {
        // A column has the layout of a row.
        matmul_into(b.t(), a.t(), c);
    } else if b.transposed && b.data.len() <= NEAR {
        scratch::with(b.data.len(), |turned| {
            let (from, into) = (b.data, &mut *turned);
            let (from_pitch, into_pitch) = (b.rows, b.columns);
            Turn { from, from_pitch, rows: b.columns, columns: b.rows, into, into_pitch }.copy();
            in_place(a, turned, b.columns, c);
        });
    } else if b.transposed && a.rows == 1 {
        row_by_dots(a, b, c);
    } else if b.transposed && !a.transposed && a.rows <= DOTS && a.columns >= 64 {
        let a_rows = row_starts(a.rows, a.columns);
        dots(a.data, &a_rows, b.data, &Rows::every(a.columns, b.columns), c);
    } else if !b.transposed && a.rows == 1 {
        row_by_rows(a.data, b, c);
    } else if !b.transposed && (b.data.len() <= NEAR || a.rows <= FEW) {
        in_place(a, b.data, b.columns, c);
    } else {
        in_strips(a, b, c);
    }
}

/// `c = a · b` where `a` is one row and `b` is transposed: one dot product for each row of `b`.
fn row_by_dots(a: Matrix, b: Matrix, c: &mut [f32]) {
    let depth = a.columns;
    let block = b.columns.div_ceil(BLOCKS).next_multiple_of(8).max(64);
    parallel::chunks(c, block, READING * (block * depth) as u64, |i, c| {
        let b_rows = row_starts(c.len(), depth);
        dots(&b.data[i * block * depth..], &b_rows, a.data, &Rows::every(0, 1), c);
    });
}

/// `c = a · b` where `a` is one row and `b` row-major.
fn row_by_rows(a: &[f32], b: Matrix, c: &mut [f32]) {
    let (depth, columns) = (b.rows, b.columns);
    let a = Panels::of_rows(a, depth, 1, depth);
    let rows = Rows::every(columns, depth);
    let block = columns.div_ceil(BLOCKS).next_multiple_of(64);
    parallel::chunks(c, block, READING * (block * depth) as u64, |i, out| {
        let width = out.len();
        let b = &b.data[i * block..];
        Product { a: &a, b, rows: &rows, init: None, out, pitch: width, width }.run();
    });
}

/// All dot products of rows of `a` and `b`, which are as long as a row of `b`.
fn dots(a: &[f32], a_rows: &[usize], b: &[f32], b_rows: &Rows, out: &mut [f32]) {
    out.fill(0.0);
    let length = if b_rows.len() == 1 { b.len() } else { b.len() / b_rows.len() };
    let (a_step, b_step, segments) = (0, 0, 1);
    Dots { a, a_rows, a_step, b, b_rows, b_step, segments, length, out }.run();
}

fn row_starts(count: usize, step: usize) -> Vec<usize> {
    (0..count).map(|row| row * step).collect()
}

/// `c = a · b` with `b` row-major, both read where they lie.
fn in_place(a: Matrix, b: &[f32], columns: usize, c: &mut [f32]) {
    let (step, cell) = if a.transposed { (1, a.rows) } else { (a.columns, 1) };
    // Where `b` is near, blocks of rows have it all, and each writes memory from end to end.
    let block = if b.len() <= NEAR && a.rows > FEW {
        [a.rows.div_ceil(BLOCKS).next_multiple_of(8), columns]
    } else {
        [a.rows, columns.div_ceil(BLOCKS).next_multiple_of(128)]
    };
    let operations = 2 * (block[0] * a.columns * block[1]) as u64;
    let lines = Rows::every(0, 1);
    let across = columns.div_ceil(block[1]);
    let blocks = Area::new(c, a.rows, columns, columns).blocks(block[0], block[1]);
    parallel::each(blocks, operations, |i, out| {
        let b = &b[i % across * block[1]..];
        let rows = Rows::every(step, out.rows());
        let (pitch, strip, resume) = (columns, Outer::strip(), false);
        let (rows, lines, length) = (&rows, &lines, a.columns);
        Outer {
            a: &a.data[i / across * block[0] * step..],
            rows,
            lines,
            length,
            cell,
            b,
            pitch,
            strip,
            resume,
            out,
            ahead: Ahead::default(),
        }
        .run();
    });
}

/// `c = a · b` with `a` packed in panels and `b` in strips, a slice of every sum at a time.
fn in_strips(a: Matrix, b: Matrix, c: &mut [f32]) {
    let (depth, columns) = (a.columns, b.columns);
    let most = (PANELS / depth).clamp(64, 256);
    let height = a.rows.div_ceil(a.rows.div_ceil(most));
    let bands = a.rows.div_ceil(height);
    let width = columns.div_ceil(BLOCKS.div_ceil(bands)).next_multiple_of(32).max(64);
    let across = columns.div_ceil(width);
    let slice = depth.div_ceil((height * depth).div_ceil(SLICE));
    for k in (0..depth).step_by(slice) {
        let terms = slice.min(depth - k);
        let panels = |first: usize, rows: usize| {
            if a.transposed {
                Panels::of_columns(&a.data[k * a.rows + first..], a.rows, rows, terms)
            } else {
                Panels::of_rows(&a.data[first * depth + k..], depth, rows, terms)
            }
        };
        let common = (bands == 1).then(|| panels(0, a.rows));
        let (from, lines_of_b) = if b.transposed { (k, 0) } else { (k * columns, terms) };
        let (rows, lines) = (Rows::every(columns, lines_of_b), Rows::every(0, 1));
        let blocks = Area::new(c, a.rows, columns, columns).blocks(height, width);
        parallel::each(blocks, 2 * (height * terms * width) as u64, |i, out| {
            let (band, first) = (i / across, i % across * width);
            let own = common.is_none().then(|| panels(band * height, out.rows()));
            let a = own.as_ref().or(common.as_ref()).expect("one of the two is there");
            let columns = if b.transposed {
                Columns::Turned { pitch: depth }
            } else {
                Columns::Lines { rows: &rows, lines: &lines, length: columns }
            };
            let (b, init, resume) = (&b.data[from..], None, k > 0);
            scratch::with(Strips::BUFFER, |buffer| {
                let ahead = &mut Ahead::default();
                Strips { a, b, columns, first, init, resume, out, buffer, ahead }.run();
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ops::matmul::reference;

    fn numbers(count: usize, salt: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + salt * 31) % 9) as f32 - 4.0).collect()
    }

    #[test]
    fn sums_of_several_slices_are_those_of_one() {
        let (m, n, k) = (61, 9, 2 * (SLICE / 61) + 77);
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        for (a_transposed, b_transposed) in
            [(false, false), (true, false), (false, true), (true, true)]
        {
            let a = if a_transposed { Matrix::new(&a, k, m).t() } else { Matrix::new(&a, m, k) };
            let b = if b_transposed { Matrix::new(&b, n, k).t() } else { Matrix::new(&b, k, n) };
            let (mut fast, mut expected) = (vec![7.0; m * n], vec![0.0; m * n]);
            in_strips(a, b, &mut fast);
            reference::matmul_into(a, b, &mut expected);
            // Whole numbers below 2^24, as beneath.
            assert_eq!(fast, expected, "{a_transposed} {b_transposed}");
        }
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
