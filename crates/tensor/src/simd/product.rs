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
//!
//! What tiles reach on one thread of a Zen 5 core, of a peak of about 265 GFLOP/s with AVX-512 and
//! 132 with AVX2, 96 rows, 256 terms, operands in the second-level cache:
//!
//! | tile | `b` packed, aligned | `b` in place, 20 bytes off a cache line |
//! |---|---|---|
//! | AVX-512, 8 rows x 2 registers | 265 | 243 |
//! | AVX-512, 12 x 2 | 263 | 251 |
//! | AVX-512, 14 x 2 | 260 | 252 |
//! | AVX-512, 8 x 3 | 260 | 245 |
//! | AVX-512, 6 x 4 | 262 | 226 |
//! | AVX2, 6 x 2 | 132 | 127 |
//! | AVX2, 4 x 3 (the compiler spills) | 65 | 61 |
//!
//! Fourteen rows read `b` least often, which is what counts once it does not lie so well: 64 rows are
//! five panels instead of eight.

use super::{Kernel, Path, Rows, Vector, dispatch};

/// Rows of `b` that are used together: with two registers each they take 16 to 32 KB.
const DEPTH: usize = 256;

/// The matrix `a`, packed in panels of as many rows as one tile has.
///
/// The rows are dealt out evenly: 16 rows make panels of 6, 5 and 5, which is as fast as whole tiles
/// and needs no code for a rest.
#[derive(Clone, Debug)]
pub(crate) struct Panels {
    packed: Vec<f32>,
    rows: usize,
    depth: usize,
    count: usize,
}

impl Panels {
    /// Packs `value(row, k)` for the vectors of this process.
    pub(crate) fn pack(rows: usize, depth: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        Self::pack_for(Path::current(), rows, depth, value)
    }

    fn pack_for(
        path: Path,
        rows: usize,
        depth: usize,
        value: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let count = rows.div_ceil(path.run(TileRows)).max(1);
        let mut this = Self { packed: vec![0.0; rows * depth], rows, depth, count };
        for panel in 0..count {
            let (first, count) = this.panel(panel);
            let packed = &mut this.packed[first * depth..][..count * depth];
            for row in 0..count {
                for (k, into) in packed.iter_mut().skip(row).step_by(count).enumerate() {
                    *into = value(first + row, k);
                }
            }
        }
        this
    }

    /// First row and number of rows of a panel.
    #[inline(always)]
    fn panel(&self, panel: usize) -> (usize, usize) {
        let first = panel * self.rows / self.count;
        (first, (panel + 1) * self.rows / self.count - first)
    }
}

/// Rows of the largest tile of a path.
struct TileRows;

impl Kernel for TileRows {
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self) -> usize {
        V::PRODUCT_ROWS
    }
}

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
        assert_eq!(a.depth, rows.len(), "product: as many rows as terms");
        assert!(a.rows <= a.count * V::PRODUCT_ROWS, "product: packed for this path");
        assert!(init.is_none_or(|init| init.len() == a.rows), "product: one start value per row");
        if a.rows == 0 || width == 0 {
            return;
        }
        rows.check(b, width);
        let end = (a.rows - 1).checked_mul(pitch).and_then(|end| end.checked_add(width));
        assert!(width <= pitch || a.rows == 1, "product: rows of the output do not overlap");
        assert!(end.is_some_and(|end| end <= out.len()), "product: the output has room");

        // One or two rows alone would wait for their own sums: they get wider tiles.
        let strip = if a.rows <= 2 { 4 * V::LANES } else { 2 * V::LANES };
        let mut q = 0;
        while q < width {
            let columns = (width - q).min(strip);
            let mut k = 0;
            // One round even without a term, so that `out` is written.
            while k == 0 || k < a.depth {
                let depth = (a.depth - k).min(DEPTH);
                for panel in 0..a.count {
                    let (first, count) = a.panel(panel);
                    let tile = Tile {
                        a: &a.packed[first * a.depth + k * count..][..depth * count],
                        starts: &rows.starts()[k..k + depth],
                        init: init.map(|init| &init[first..first + count]),
                        resume: k > 0,
                        pitch,
                        columns,
                    };
                    // SAFETY: `check` above shows that `width` numbers can be read from every
                    // start, and q + columns ≤ width. The rows first … first + count − 1 < a.rows
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

/// One panel of `a` against a strip of `b`: two registers wide, four for one or two rows.
#[derive(Clone, Copy)]
struct Tile<'a> {
    a: &'a [f32],
    starts: &'a [usize],
    init: Option<&'a [f32]>,
    /// Whether the output holds the sum so far.
    resume: bool,
    pitch: usize,
    columns: usize,
}

impl Tile<'_> {
    /// # Safety
    /// `self.columns` numbers, at most a strip, can be read from `b + start` for every start, and written
    /// to each of `rows` rows at `out`, `self.pitch` apart.
    #[inline(always)]
    unsafe fn run<V: Vector>(self, rows: usize, b: *const f32, out: *mut f32) {
        // SAFETY: the promises are handed on.
        unsafe {
            match rows {
                1 => self.wide::<V, 1>(b, out),
                2 => self.wide::<V, 2>(b, out),
                3 => self.narrow::<V, 3>(b, out),
                4 => self.narrow::<V, 4>(b, out),
                5 => self.narrow::<V, 5>(b, out),
                6 => self.narrow::<V, 6>(b, out),
                7 => self.narrow::<V, 7>(b, out),
                8 => self.narrow::<V, 8>(b, out),
                9 => self.narrow::<V, 9>(b, out),
                10 => self.narrow::<V, 10>(b, out),
                11 => self.narrow::<V, 11>(b, out),
                12 => self.narrow::<V, 12>(b, out),
                13 => self.narrow::<V, 13>(b, out),
                14 => self.narrow::<V, 14>(b, out),
                _ => unreachable!("no path has panels of more than fourteen rows"),
            }
        }
    }

    /// # Safety
    /// As for [`Tile::run`] with `rows = R`.
    #[inline(always)]
    unsafe fn wide<V: Vector, const R: usize>(self, b: *const f32, out: *mut f32) {
        // SAFETY: the promises are handed on; the last of four registers has the columns that
        // three do not.
        unsafe {
            if self.columns == 4 * V::LANES {
                self.of_size::<V, R, 4, true>(V::LANES, b, out);
            } else if self.columns > 3 * V::LANES {
                self.of_size::<V, R, 4, false>(self.columns - 3 * V::LANES, b, out);
            } else if self.columns > 2 * V::LANES {
                self.of_size::<V, R, 3, false>(self.columns - 2 * V::LANES, b, out);
            } else {
                self.narrow::<V, R>(b, out);
            }
        }
    }

    /// # Safety
    /// As for [`Tile::run`] with `rows = R` and at most two registers of columns.
    #[inline(always)]
    unsafe fn narrow<V: Vector, const R: usize>(self, b: *const f32, out: *mut f32) {
        // SAFETY: the promises are handed on; `last` numbers are in the last register.
        unsafe {
            if self.columns == 2 * V::LANES {
                self.of_size::<V, R, 2, true>(V::LANES, b, out);
            } else if self.columns > V::LANES {
                self.of_size::<V, R, 2, false>(self.columns - V::LANES, b, out);
            } else {
                self.of_size::<V, R, 1, false>(self.columns, b, out);
            }
        }
    }

    /// # Safety
    /// As for [`Tile::run`] with `rows = R` and `columns = (W − 1) · LANES + last`, where `last` is
    /// `LANES` if `WHOLE`.
    #[inline(always)]
    unsafe fn of_size<V: Vector, const R: usize, const W: usize, const WHOLE: bool>(
        self,
        last: usize,
        b: *const f32,
        out: *mut f32,
    ) {
        let mut sums = [[V::splat(0.0); W]; R];
        if self.resume {
            for (r, row) in sums.iter_mut().enumerate() {
                for (w, sum) in row.iter_mut().enumerate() {
                    // SAFETY: row r < R of the output; register w < W lies in its `columns`.
                    *sum = unsafe {
                        let at = out.add(r * self.pitch + w * V::LANES);
                        if WHOLE || w + 1 < W { V::load(at) } else { V::load_first(at, last) }
                    };
                }
            }
        } else if let Some(init) = self.init {
            for (row, &init) in sums.iter_mut().zip(init) {
                *row = [V::splat(init); W];
            }
        }
        for (a, &start) in self.a.as_chunks::<R>().0.iter().zip(self.starts) {
            let mut terms = [V::splat(0.0); W];
            for (w, term) in terms.iter_mut().enumerate() {
                // SAFETY: register w lies in the `columns` numbers at `b + start`.
                *term = unsafe {
                    let at = b.add(start + w * V::LANES);
                    if WHOLE || w + 1 < W { V::load(at) } else { V::load_first(at, last) }
                };
            }
            for (row, &a) in sums.iter_mut().zip(a) {
                let a = V::splat(a);
                for (sum, &term) in row.iter_mut().zip(&terms) {
                    *sum = a.mul_add(term, *sum);
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (w, sum) in row.iter().enumerate() {
                // SAFETY: as for the loads from `out`.
                unsafe {
                    let at = out.add(r * self.pitch + w * V::LANES);
                    if WHOLE || w + 1 < W { sum.store(at) } else { sum.store_first(at, last) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
