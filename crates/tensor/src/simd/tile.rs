//! The tile that products are made of: some rows by two registers of sums.
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

use super::Vector;
use super::ahead::Run;

/// Rows of `b` that are used together: with two registers each they take 16 to 32 KB.
pub(super) const DEPTH: usize = 256;

/// One panel of `a` against a strip of `b`: two registers wide, four for one or two rows.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) a: &'a [f32],
    pub(super) starts: &'a [usize],
    pub(super) init: Option<&'a [f32]>,
    /// Whether the output holds the sum so far.
    pub(super) resume: bool,
    pub(super) pitch: usize,
    pub(super) columns: usize,
    /// What is asked for meanwhile.
    pub(super) ahead: Option<Run>,
}

impl Tile<'_> {
    /// # Safety
    /// `self.columns` numbers, at most a strip, can be read from `b + start` for every start, and written
    /// to each of `rows` rows at `out`, `self.pitch` apart.
    #[inline(always)]
    pub(super) unsafe fn run<V: Vector>(self, rows: usize, b: *const f32, out: *mut f32) {
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

    /// As [`Tile::run`], and copies what it reads of `b` to `copy`, one term after the other.
    ///
    /// # Safety
    /// As for [`Tile::run`] with two whole registers of columns, that can be written for every term at
    /// `copy`, which is no operand of the tile.
    #[inline(always)]
    pub(super) unsafe fn copying<V: Vector>(
        self,
        rows: usize,
        b: *const f32,
        copy: *mut f32,
        out: *mut f32,
    ) {
        macro_rules! of_rows {
            ($($rows:literal)*) => {
                match rows {
                    // SAFETY: the promises are handed on.
                    $($rows => unsafe {
                        self.of_size::<V, $rows, 2, true, true>(V::LANES, b, copy, out);
                    },)*
                    _ => unreachable!("no path has panels of more than fourteen rows"),
                }
            };
        }
        of_rows!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    }

    /// # Safety
    /// As for [`Tile::run`] with `rows = R`.
    #[inline(always)]
    unsafe fn wide<V: Vector, const R: usize>(self, b: *const f32, out: *mut f32) {
        let nowhere = std::ptr::null_mut();
        // SAFETY: the promises are handed on; the last of four registers has the columns that
        // three do not.
        unsafe {
            if self.columns == 4 * V::LANES {
                self.of_size::<V, R, 4, true, false>(V::LANES, b, nowhere, out);
            } else if self.columns > 3 * V::LANES {
                self.of_size::<V, R, 4, false, false>(self.columns - 3 * V::LANES, b, nowhere, out);
            } else if self.columns > 2 * V::LANES {
                self.of_size::<V, R, 3, false, false>(self.columns - 2 * V::LANES, b, nowhere, out);
            } else {
                self.narrow::<V, R>(b, out);
            }
        }
    }

    /// # Safety
    /// As for [`Tile::run`] with `rows = R` and at most two registers of columns.
    #[inline(always)]
    unsafe fn narrow<V: Vector, const R: usize>(self, b: *const f32, out: *mut f32) {
        let nowhere = std::ptr::null_mut();
        // SAFETY: the promises are handed on; `last` numbers are in the last register.
        unsafe {
            if self.columns == 2 * V::LANES {
                self.of_size::<V, R, 2, true, false>(V::LANES, b, nowhere, out);
            } else if self.columns > V::LANES {
                self.of_size::<V, R, 2, false, false>(self.columns - V::LANES, b, nowhere, out);
            } else {
                self.of_size::<V, R, 1, false, false>(self.columns, b, nowhere, out);
            }
        }
    }

    /// # Safety
    /// As for [`Tile::run`] with `rows = R` and `columns = (W − 1) · LANES + last`, where `last` is
    /// `LANES` if `WHOLE`. If `COPY`, W registers for every term can be written at `copy`.
    #[inline(always)]
    unsafe fn of_size<
        V: Vector,
        const R: usize,
        const W: usize,
        const WHOLE: bool,
        const COPY: bool,
    >(
        self,
        last: usize,
        b: *const f32,
        copy: *mut f32,
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
        let mut ahead = self.ahead.unwrap_or(Run::only(self.a.as_ptr()));
        let (all, mut copy) = (self.a.as_chunks::<R>().0, copy);
        for (a, starts) in all.chunks(V::TERMS_PER_LINE).zip(self.starts.chunks(V::TERMS_PER_LINE))
        {
            ahead.ask();
            for (a, &start) in a.iter().zip(starts) {
                let mut terms = [V::splat(0.0); W];
                for (w, term) in terms.iter_mut().enumerate() {
                    // SAFETY: register w lies in the `columns` numbers at `b + start`; a copy has
                    // room for W registers of every term.
                    unsafe {
                        let at = b.add(start + w * V::LANES);
                        *term =
                            if WHOLE || w + 1 < W { V::load(at) } else { V::load_first(at, last) };
                        if COPY {
                            term.store(copy.add(w * V::LANES));
                        }
                    }
                }
                if COPY {
                    copy = copy.wrapping_add(W * V::LANES);
                }
                for (row, &a) in sums.iter_mut().zip(a) {
                    let a = V::splat(a);
                    for (sum, &term) in row.iter_mut().zip(&terms) {
                        *sum = a.mul_add(term, *sum);
                    }
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
