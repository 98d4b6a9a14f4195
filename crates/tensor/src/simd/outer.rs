//! Products whose first operand is read where it lies, number by number.
//!
//! ```text
//! out[r, q] += Σ_l Σ_j a[start[r] + line[l] + j · cell] · b[l · length + j, q]
//! ```
//!
//! Nothing of `a` is packed: a tile reads one number of each of its rows and spreads it over a
//! register. That is what small matrices want, and the weight gradient of a convolution, where `a`
//! are shifted rows of zero-bordered planes and the lines are the rows of the output.

use super::ahead::Run;
use super::{Ahead, Area, Kernel, Rows, Vector, dispatch};

/// The operands.
pub(crate) struct Outer<'a> {
    pub(crate) a: &'a [f32],
    /// Where the rows of `a` begin: one for each row of the output.
    pub(crate) rows: &'a Rows,
    /// Where the lines of a row begin, from its start.
    pub(crate) lines: &'a Rows,
    /// Terms in a line.
    pub(crate) length: usize,
    /// Distance between the terms of a line.
    pub(crate) cell: usize,
    pub(crate) b: &'a [f32],
    /// Distance between rows of `b`, all terms counted through.
    pub(crate) pitch: usize,
    /// Distance between strips of `b`, each as wide as [`Outer::strip`].
    pub(crate) strip: usize,
    /// Whether `out` is added to; else it is overwritten.
    pub(crate) resume: bool,
    pub(crate) out: Area<'a>,
    /// What will be needed after this product.
    pub(crate) ahead: Ahead,
}

impl Outer<'_> {
    /// Columns of one strip on the path of this process.
    pub(crate) fn strip() -> usize {
        dispatch(Strip)
    }

    pub(crate) fn run(self) {
        dispatch(self);
    }
}

/// Terms of a sum up to which all strips of some rows follow one another, and not all rows of a strip.
const SHORT: usize = 4;

struct Strip;

impl Kernel for Strip {
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self) -> usize {
        2 * V::LANES
    }
}

impl Kernel for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(mut self) {
        let (width, height, size) = (self.out.columns(), self.out.rows(), 2 * V::LANES);
        assert_eq!(self.rows.len(), height, "outer: as many rows as the output");
        if height == 0 || width == 0 {
            return;
        }
        let terms = self.lines.len() * self.length;
        if terms > 0 {
            let reach = (self.length - 1)
                .checked_mul(self.cell)
                .and_then(|end| end.checked_add(self.lines.last() + 1));
            self.rows.check(self.a, reach.expect("outer: lines do not overflow"));
            let end = |strip: usize, columns: usize| {
                let row = (terms - 1).checked_mul(self.pitch)?;
                strip.checked_mul(self.strip)?.checked_add(row)?.checked_add(columns)
            };
            let last = (width - 1) / size;
            let ends = [
                end(last, width - last * size),
                last.checked_sub(1).map_or(Some(0), |strip| end(strip, size)),
            ];
            let inside = ends.iter().all(|end| end.is_some_and(|end| end <= self.b.len()));
            assert!(inside, "outer: strips lie in a buffer of {}", self.b.len());
        }
        let (panels, strips) = (height.div_ceil(V::PRODUCT_ROWS), width.div_ceil(size));
        // A short sum is little beside writing it, which is fast where memory is written in its order.
        let along = terms <= SHORT;
        let [outer, inner] = if along { [panels, strips] } else { [strips, panels] };
        for i in 0..outer {
            for j in 0..inner {
                let (panel, strip) = if along { (i, j) } else { (j, i) };
                let q = strip * size;
                let columns = (width - q).min(size);
                let row = panel * height / panels;
                let rows = (panel + 1) * height / panels - row;
                // SAFETY: the numbers of `a` and `b` are in their slices by the assertions, rows row
                // to row + rows − 1 and columns q to q + columns − 1 in the area.
                unsafe {
                    let b = self.b.as_ptr().wrapping_add(strip * self.strip);
                    let out = self.out.start().add(row * self.out.pitch() + q);
                    let run = self.ahead.next::<V>(terms);
                    self.tile::<V>(&self.rows.starts()[row..row + rows], b, columns, out, run);
                }
            }
        }
    }
}

impl Outer<'_> {
    /// # Safety
    /// All lines from these starts lie in `a`; `columns` numbers, at most two registers, can be read
    /// from every row at `b`, and written to every row at `out`.
    #[inline(always)]
    unsafe fn tile<V: Vector>(
        &self,
        rows: &[usize],
        b: *const f32,
        columns: usize,
        out: *mut f32,
        ahead: Option<Run>,
    ) {
        // SAFETY: the promises are handed on.
        unsafe {
            match rows.len() {
                1 => self.of_rows::<V, 1>(rows, b, columns, out, ahead),
                2 => self.of_rows::<V, 2>(rows, b, columns, out, ahead),
                3 => self.of_rows::<V, 3>(rows, b, columns, out, ahead),
                4 => self.of_rows::<V, 4>(rows, b, columns, out, ahead),
                5 => self.of_rows::<V, 5>(rows, b, columns, out, ahead),
                6 => self.of_rows::<V, 6>(rows, b, columns, out, ahead),
                7 => self.of_rows::<V, 7>(rows, b, columns, out, ahead),
                8 => self.of_rows::<V, 8>(rows, b, columns, out, ahead),
                9 => self.of_rows::<V, 9>(rows, b, columns, out, ahead),
                10 => self.of_rows::<V, 10>(rows, b, columns, out, ahead),
                11 => self.of_rows::<V, 11>(rows, b, columns, out, ahead),
                12 => self.of_rows::<V, 12>(rows, b, columns, out, ahead),
                13 => self.of_rows::<V, 13>(rows, b, columns, out, ahead),
                14 => self.of_rows::<V, 14>(rows, b, columns, out, ahead),
                _ => unreachable!("no path has tiles of more than fourteen rows"),
            }
        }
    }

    /// # Safety
    /// As for [`Outer::tile`] with `R` rows.
    #[inline(always)]
    unsafe fn of_rows<V: Vector, const R: usize>(
        &self,
        rows: &[usize],
        b: *const f32,
        columns: usize,
        out: *mut f32,
        ahead: Option<Run>,
    ) {
        // SAFETY: the promises are handed on; `last` numbers are in the last register.
        unsafe {
            if columns == 2 * V::LANES {
                self.of_size::<V, R, 2, true>(rows, b, V::LANES, out, ahead);
            } else if columns > V::LANES {
                self.of_size::<V, R, 2, false>(rows, b, columns - V::LANES, out, ahead);
            } else {
                self.of_size::<V, R, 1, false>(rows, b, columns, out, ahead);
            }
        }
    }

    /// # Safety
    /// As for [`Outer::tile`] with `R` rows and `columns = (W − 1) · LANES + last`, where `last` is
    /// `LANES` if `WHOLE`.
    #[inline(always)]
    unsafe fn of_size<V: Vector, const R: usize, const W: usize, const WHOLE: bool>(
        &self,
        rows: &[usize],
        b: *const f32,
        last: usize,
        out: *mut f32,
        ahead: Option<Run>,
    ) {
        let pitch = self.out.pitch();
        let mut sums = [[V::splat(0.0); W]; R];
        if self.resume {
            for (r, row) in sums.iter_mut().enumerate() {
                for (w, sum) in row.iter_mut().enumerate() {
                    // SAFETY: row r < R of the output; register w < W lies in its columns.
                    *sum = unsafe {
                        let at = out.add(r * pitch + w * V::LANES);
                        if WHOLE || w + 1 < W { V::load(at) } else { V::load_first(at, last) }
                    };
                }
            }
        }
        let a: [*const f32; R] = std::array::from_fn(|r| self.a.as_ptr().wrapping_add(rows[r]));
        let (mut b, mut ahead) = (b, ahead.unwrap_or(Run::only(b)));
        for &line in self.lines.starts() {
            let mut at = line;
            for first in (0..self.length).step_by(V::TERMS_PER_LINE) {
                ahead.ask();
                for _ in first..self.length.min(first + V::TERMS_PER_LINE) {
                    let mut terms = [V::splat(0.0); W];
                    for (w, term) in terms.iter_mut().enumerate() {
                        // SAFETY: register w lies in the columns of this row of `b`.
                        *term = unsafe {
                            let at = b.add(w * V::LANES);
                            if WHOLE || w + 1 < W { V::load(at) } else { V::load_first(at, last) }
                        };
                    }
                    for (row, a) in sums.iter_mut().zip(a) {
                        // SAFETY: a number of a line of this row of `a`.
                        let a = V::splat(unsafe { a.add(at).read() });
                        for (sum, &term) in row.iter_mut().zip(&terms) {
                            *sum = a.mul_add(term, *sum);
                        }
                    }
                    at += self.cell;
                    b = b.wrapping_add(self.pitch);
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (w, sum) in row.iter().enumerate() {
                // SAFETY: as for the loads from `out`.
                unsafe {
                    let at = out.add(r * pitch + w * V::LANES);
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
    use crate::simd::Path;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
        #[test]
        fn every_path_computes_the_formula(
            height in 1_usize..40, width in 1_usize..80, count in 0_usize..4, length in 1_usize..40,
            cell in 1_usize..3, resume: bool, apart: bool,
        ) {
            // Whole numbers whose sums stay below 2^24: every order of summation is exact.
            let value = |i: usize| ((i * 7919) % 23) as f32 - 11.0;
            let rows = Rows::new((0..height).map(|r| r * 13 % 50).collect());
            let lines = Rows::every(90, count);
            let terms = count * length;
            let a: Vec<f32> = (0..50 + 90 * count + length * cell).map(value).collect();
            for (path, name) in Path::available() {
                // Strips one after the other, or side by side in rows of `b`.
                let size = path.run(Strip);
                let (pitch, strip) = if apart { (size, size * terms) } else { (width, size) };
                let at = |t: usize, q: usize| q / size * strip + t * pitch + q % size;
                let len = (0..terms).map(|t| at(t, width - 1) + 1).max().unwrap_or(0);
                let len = if width > size && terms > 0 { len.max(at(terms - 1, width / size * size - 1) + 1) } else { len };
                let b: Vec<f32> = (0..len).map(|i| value(i + 5)).collect();
                let mut out = vec![0.5; height * (width + 1)];
                let area = Area::new(&mut out, height, width, width + 1);
                path.run(Outer {
                    a: &a, rows: &rows, lines: &lines, length, cell, b: &b, pitch, strip, resume, out: area,
                    ahead: Ahead::default().and(&b),
                });
                for (r, q) in (0..height).flat_map(|r| (0..width).map(move |q| (r, q))).step_by(7) {
                    let term = |t: usize| {
                        let place = rows.starts()[r] + t / length * 90 + t % length * cell;
                        a[place] * b[at(t, q)]
                    };
                    let expected = (0..terms).map(term).sum::<f32>() + if resume { 0.5 } else { 0.0 };
                    let got = out[r * (width + 1) + q];
                    prop_assert!((got - expected).abs() < 0.25, "{} row {} column {}", name, r, q);
                }
            }
        }
    }
}
