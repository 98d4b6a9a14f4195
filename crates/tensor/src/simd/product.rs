//! Products of a small packed matrix with rows that lie anywhere in a buffer.
//!
//! ```text
//! out[r, q] = init[r] + Σ_k a[k, r] · b[start[k] + q]          q = 0 … width − 1
//! ```
//!
//! With `start[k] = k · width` this is a matrix product. With the zero-bordered planes of a
//! convolution, where every tap of the window is a fixed distance away, it is a convolution.
//!
//! A tile of `R` rows by two registers stays in registers while `k` runs. Blocks of `DEPTH` rows of
//! `b` under one tile stay in the first-level cache while all rows of `a` pass over them. Every
//! element sees the same chain of multiply-adds, whatever tile it falls into.

use super::tile::{DEPTH, Tile};
use super::{Kernel, Panels, Rows, Vector, dispatch};

/// The operands of one product.
pub(crate) struct Product<'a> {
    /// The packed matrix.
    pub(crate) a: &'a Panels,
    /// The buffer that holds the other operand.
    pub(crate) b: &'a [f32],
    /// Where row `k` of the other operand begins in `b`.
    pub(crate) rows: &'a Rows,
    /// Start value of every row of the output; zeros if absent.
    pub(crate) init: Option<&'a [f32]>,
    /// The output, overwritten.
    pub(crate) out: &'a mut [f32],
    /// Distance between rows of the output.
    pub(crate) pitch: usize,
    /// Numbers in a row of the output.
    pub(crate) width: usize,
}

impl Product<'_> {
    pub(crate) fn run(self) {
        dispatch(self);
    }
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { a, b, rows, init, out, pitch, width } = self;
        assert_eq!(a.depth(), rows.len(), "product: as many rows as terms");
        assert!(a.rows() <= a.count() * V::PRODUCT_ROWS, "product: packed for this path");
        assert!(init.is_none_or(|init| init.len() == a.rows()), "product: one start value per row");
        if a.rows() == 0 || width == 0 {
            return;
        }
        rows.check(b, width);
        let end = (a.rows() - 1).checked_mul(pitch).and_then(|end| end.checked_add(width));
        assert!(width <= pitch || a.rows() == 1, "product: rows of the output do not overlap");
        assert!(end.is_some_and(|end| end <= out.len()), "product: the output has room");

        // One or two rows alone would wait for their own sums: they get wider tiles.
        let strip = if a.rows() <= 2 { 4 * V::LANES } else { 2 * V::LANES };
        let mut q = 0;
        while q < width {
            let columns = (width - q).min(strip);
            let mut k = 0;
            // One round even without a term, so that `out` is written.
            while k == 0 || k < a.depth() {
                let depth = (a.depth() - k).min(DEPTH);
                for panel in 0..a.count() {
                    let (first, count) = a.panel(panel);
                    let tile = Tile {
                        a: a.terms(panel, k, depth),
                        starts: &rows.starts()[k..k + depth],
                        init: init.map(|init| &init[first..first + count]),
                        resume: k > 0,
                        pitch,
                        columns,
                        ahead: None,
                    };
                    // SAFETY: `check` above shows that `width` numbers can be read from every
                    // start, and q + columns ≤ width. The rows first … first + count − 1 < a.rows()
                    // of the output have `width` numbers each, by the assertion on `end`.
                    unsafe {
                        let b = b.as_ptr().add(q);
                        let out = out.as_mut_ptr().add(first * pitch + q);
                        tile.run::<V>(count, b, out);
                    }
                }
                k += DEPTH;
            }
            q += columns;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::simd::Path;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]
        #[test]
        fn every_path_computes_the_formula(
            rows in 1_usize..20, depth in 0_usize..600, width in 1_usize..140, spare in 0_usize..3,
        ) {
            let value = |i: usize| ((i * 7919) % 23) as f32 - 11.0;
            let starts: Vec<usize> = (0..depth).map(|k| (k * 31) % 50).collect();
            let b: Vec<f32> = (0..width + 50).map(|i| value(i + 3)).collect();
            let init: Vec<f32> = (0..rows).map(value).collect();
            let pitch = width + spare;
            let starts = Rows::new(starts);
            for (path, name) in Path::available() {
                let a = Panels::pack_for(path, rows, depth, |r, k| value(r * 1000 + k));
                let mut out = vec![0.5; (rows - 1) * pitch + width];
                let product = Product {
                    a: &a, b: &b, rows: &starts, init: Some(&init), out: &mut out, pitch, width,
                };
                path.run(product);
                for (i, &out) in out.iter().enumerate() {
                    let (r, q) = (i / pitch, i % pitch);
                    // Whole numbers below 2^24: every order of summation is exact.
                    let term = |(k, start): (usize, usize)| value(r * 1000 + k) * b[start + q];
                    let expected = if q < width {
                        init[r] + starts.starts().iter().enumerate().map(|(k, &start)| term((k, start))).sum::<f32>()
                    } else {
                        0.5
                    };
                    prop_assert!((out - expected).abs() < 0.25, "{} row {} column {}", name, r, q);
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "lie in a buffer")]
    fn a_row_that_leaves_its_buffer_is_caught() {
        let a = Panels::pack(1, 2, |_, _| 1.0);
        let rows = Rows::new(vec![0, 1]);
        let (b, mut out) = ([0.0; 8], [0.0; 8]);
        Product { a: &a, b: &b, rows: &rows, init: None, out: &mut out, pitch: 8, width: 8 }.run();
    }
}
