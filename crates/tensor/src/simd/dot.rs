//! All dot products of two sets of rows.
//!
//! ```text
//! out[i, j] += Σ_s Σ_q a[a_start[i] + s · a_step + q] · b[b_start[j] + s · b_step + q]
//! ```
//!
//! with `s` over `segments` and `q` over `length`. With one segment this is `a · bᵀ`. With one
//! segment per image it is the weight gradient of a convolution over zero-bordered planes.
//!
//! A tile of `R` by three registers of partial sums stays in registers while `q` runs through a
//! block; between blocks the partial sums rest in a buffer, and only at the end are their lanes added.

use super::{Kernel, Rows, Vector, dispatch};

/// Columns of a tile: one register each of `b`.
const COLUMNS: usize = 3;
/// Numbers of a row that are used together, so that the rows of a tile fit the first-level cache.
const BLOCK: usize = 1024;
/// Rows and columns of the output whose partial sums are kept at once: at most 192 KB.
const PART: [usize; 2] = [64, 48];

/// The operands.
pub(crate) struct Dots<'a> {
    pub(crate) a: &'a [f32],
    /// Where the rows of `a` begin: one for each row of the output.
    pub(crate) a_rows: &'a [usize],
    /// Distance between two segments of a row of `a`.
    pub(crate) a_step: usize,
    pub(crate) b: &'a [f32],
    /// Where the rows of `b` begin: one for each column of the output.
    pub(crate) b_rows: &'a Rows,
    /// Distance between two segments of a row of `b`.
    pub(crate) b_step: usize,
    pub(crate) segments: usize,
    /// Numbers in a segment.
    pub(crate) length: usize,
    /// The output, row-major, added to.
    pub(crate) out: &'a mut [f32],
}

impl Dots<'_> {
    pub(crate) fn run(self) {
        dispatch(self);
    }
}

/// A range of segments and a range of every segment.
#[derive(Clone, Copy)]
struct Block {
    segment: usize,
    segments: usize,
    q: usize,
    length: usize,
}

impl Kernel for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(mut self) {
        let columns = self.b_rows.len();
        assert_eq!(
            self.out.len(),
            self.a_rows.len() * columns,
            "dots: one output per pair of rows"
        );
        if self.segments == 0 || self.length == 0 || self.out.is_empty() {
            return;
        }
        let reach = |step: usize| {
            let start = (self.segments - 1).checked_mul(step);
            start
                .and_then(|start| start.checked_add(self.length))
                .expect("dots: steps do not overflow")
        };
        self.b_rows.check(self.b, reach(self.b_step));
        Rows::new(self.a_rows.to_vec()).check(self.a, reach(self.a_step));

        let part = PART[0].min(self.a_rows.len()) * PART[1].min(columns);
        let mut partial = vec![0.0; part * V::LANES];
        for i in (0..self.a_rows.len()).step_by(PART[0]) {
            let rows = (self.a_rows.len() - i).min(PART[0]);
            for j in (0..columns).step_by(PART[1]) {
                let part = [(i, rows), (j, (columns - j).min(PART[1]))];
                self.part::<V>(part, &mut partial);
            }
        }
    }
}

impl Dots<'_> {
    /// Computes the rows and columns `part` of the output.
    #[inline(always)]
    fn part<V: Vector>(&mut self, part: [(usize, usize); 2], partial: &mut [f32]) {
        let [(i, rows), (j, columns)] = part;
        let partial = &mut partial[..rows * columns * V::LANES];
        partial.fill(0.0);
        let together = (BLOCK / self.length).max(1);
        for segment in (0..self.segments).step_by(together) {
            let segments = (self.segments - segment).min(together);
            for q in (0..self.length).step_by(BLOCK) {
                let length = (self.length - q).min(BLOCK);
                self.block::<V>(part, Block { segment, segments, q, length }, partial);
            }
        }
        let all = self.b_rows.len();
        for (at, lanes) in partial.chunks_exact(V::LANES).enumerate() {
            // SAFETY: the chunk has LANES numbers.
            let sum = unsafe { V::load(lanes.as_ptr()) }.sum();
            self.out[(i + at / columns) * all + j + at % columns] += sum;
        }
    }

    /// Adds one block to the partial sums of `part`.
    #[inline(always)]
    fn block<V: Vector>(&self, part: [(usize, usize); 2], block: Block, partial: &mut [f32]) {
        let [(i, rows), (j, columns)] = part;
        assert!(partial.len() == rows * columns * V::LANES, "dots: room for the partial sums");
        let (a_rows, b_rows) = (&self.a_rows[i..i + rows], &self.b_rows.starts()[j..j + columns]);
        let panels = rows.div_ceil(V::DOT_ROWS);
        for panel in 0..panels {
            let first = panel * rows / panels;
            let count = (panel + 1) * rows / panels - first;
            for column in (0..columns).step_by(COLUMNS) {
                let into = &mut partial[(first * columns + column) * V::LANES..];
                let (a, b) = (&a_rows[first..first + count], &b_rows[column..]);
                // SAFETY: `run` checked that all segments of all rows lie in their buffers. Row r,
                // column c < columns − column of the tile starts r · columns + c registers after
                // `into`, which is inside `partial` as asserted above.
                unsafe {
                    match b.len() {
                        1 => self.tile::<V, 1>(a, b, block, columns, into.as_mut_ptr()),
                        2 => self.tile::<V, 2>(a, b, block, columns, into.as_mut_ptr()),
                        _ => self.tile::<V, COLUMNS>(a, b, block, columns, into.as_mut_ptr()),
                    }
                }
            }
        }
    }

    /// # Safety
    /// As for [`Dots::of_size`] with `R = a.len()`.
    #[inline(always)]
    unsafe fn tile<V: Vector, const S: usize>(
        &self,
        a: &[usize],
        b: &[usize],
        block: Block,
        pitch: usize,
        into: *mut f32,
    ) {
        // SAFETY: the promises are handed on.
        unsafe {
            match a.len() {
                1 => self.of_size::<V, 1, S>(a, b, block, pitch, into),
                2 => self.of_size::<V, 2, S>(a, b, block, pitch, into),
                3 => self.of_size::<V, 3, S>(a, b, block, pitch, into),
                4 => self.of_size::<V, 4, S>(a, b, block, pitch, into),
                5 => self.of_size::<V, 5, S>(a, b, block, pitch, into),
                6 => self.of_size::<V, 6, S>(a, b, block, pitch, into),
                7 => self.of_size::<V, 7, S>(a, b, block, pitch, into),
                8 => self.of_size::<V, 8, S>(a, b, block, pitch, into),
                _ => unreachable!("no path has tiles of more than eight rows"),
            }
        }
    }

    /// # Safety
    /// `a` and `b` are starts of rows that `run` checked, `R` and at least `S` of them; `block` lies
    /// within segments and length; registers at `into`, rows `pitch` registers apart, can be
    /// read and written.
    #[inline(always)]
    unsafe fn of_size<V: Vector, const R: usize, const S: usize>(
        &self,
        a: &[usize],
        b: &[usize],
        block: Block,
        pitch: usize,
        into: *mut f32,
    ) {
        let whole = block.length / V::LANES * V::LANES;
        let rest = block.length - whole;
        let mut sums = [[V::splat(0.0); S]; R];
        for (r, row) in sums.iter_mut().enumerate() {
            for (s, sum) in row.iter_mut().enumerate() {
                // SAFETY: the caller promises this register.
                *sum = unsafe { V::load(into.add((r * pitch + s) * V::LANES)) };
            }
        }
        for segment in block.segment..block.segment + block.segments {
            // SAFETY: the starts of rows, advanced by whole segments and by q < length, lie in
            // their buffers because all their segments do.
            let (a, b): ([*const f32; R], [*const f32; S]) = unsafe {
                (
                    std::array::from_fn(|r| {
                        self.a.as_ptr().add(a[r] + segment * self.a_step + block.q)
                    }),
                    std::array::from_fn(|s| {
                        self.b.as_ptr().add(b[s] + segment * self.b_step + block.q)
                    }),
                )
            };
            let mut q = 0;
            while q < whole {
                // SAFETY: LANES numbers from q on are within the segment, as q + LANES ≤ whole.
                let (left, right) =
                    unsafe { (lanes::<V, R, true>(&a, q, 0), lanes::<V, S, true>(&b, q, 0)) };
                add(&left, &right, &mut sums);
                q += V::LANES;
            }
            if rest > 0 {
                // SAFETY: `rest` numbers from `whole` on end the block.
                let (left, right) = unsafe {
                    (lanes::<V, R, false>(&a, whole, rest), lanes::<V, S, false>(&b, whole, rest))
                };
                add(&left, &right, &mut sums);
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (s, sum) in row.iter().enumerate() {
                // SAFETY: the caller promises this register.
                unsafe { sum.store(into.add((r * pitch + s) * V::LANES)) };
            }
        }
    }
}

/// A register of every row, from `at` on; only its first `count` numbers if not `WHOLE`.
///
/// # Safety
/// So many numbers can be read from there.
#[inline(always)]
unsafe fn lanes<V: Vector, const N: usize, const WHOLE: bool>(
    rows: &[*const f32; N],
    at: usize,
    count: usize,
) -> [V; N] {
    let mut lanes = [V::splat(0.0); N];
    for (lanes, row) in lanes.iter_mut().zip(rows) {
        // SAFETY: the promise is handed on.
        *lanes = unsafe {
            let from = row.add(at);
            if WHOLE { V::load(from) } else { V::load_first(from, count) }
        };
    }
    lanes
}

/// Adds the products of all pairs.
#[inline(always)]
fn add<V: Vector, const R: usize, const S: usize>(
    left: &[V; R],
    right: &[V; S],
    sums: &mut [[V; S]; R],
) {
    for (row, left) in sums.iter_mut().zip(left) {
        for (sum, &right) in row.iter_mut().zip(right) {
            *sum = left.mul_add(right, *sum);
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
               rows in 1_usize..70, columns in 1_usize..53, segments in 1_usize..4, length in 1_usize..40,
               long in 0_usize..2,
           ) {
               let length = length + long * 1100;
               let value = |i: usize| ((i * 7919) % 5) as f32 - 2.0;
               let a: Vec<f32> = (0..rows * 3 + 2 * (length + 1) + length).map(value).collect();
               let b: Vec<f32> = (0..60 + 2 * length + length).map(|i| value(i + 4)).collect();
               let a_rows: Vec<usize> = (0..rows).map(|i| i * 3).collect();
               let b_rows: Vec<usize> = (0..columns).map(|j| j * 37 % 60).collect();
               let b_rows = Rows::new(b_rows);
               for (path, name) in Path::available() {
                   let mut out = vec![1.0; rows * columns];
                   let dots = Dots {
                       a: &a, a_rows: &a_rows, a_step: length + 1, b: &b, b_rows: &b_rows, b_step: length,
                       segments, length, out: &mut out,
                   };
                   path.run(dots);
                   // The corners and a middle: the whole formula would take most of a second.
                   for (i, j) in [(0, 0), (rows - 1, columns - 1), (rows / 2, columns / 2), (rows - 1, 0)] {
                       let (a_start, b_start) = (a_rows[i], b_rows.starts()[j]);
                       let term = |s: usize, q: usize| {
                           a[a_start + s * (length + 1) + q] * b[b_start + s * length + q]
                       };
                       let sum: f32 = (0..segments)
                           .flat_map(|s| (0..length).map(move |q| term(s, q)))
                           .sum();
                       let difference = out[i * columns + j] - (1.0 + sum);
    prop_assert!(difference.abs() < 0.5, "{} {} {}: {}", name, i, j, difference);
                   }
               }
           }
       }

    #[test]
    #[should_panic(expected = "lie in a buffer")]
    fn a_segment_that_leaves_its_buffer_is_caught() {
        let (a, b, mut out) = ([0.0; 8], [0.0; 8], [0.0; 1]);
        let b_rows = Rows::new(vec![0]);
        let dots = Dots {
            a: &a,
            a_rows: &[1],
            a_step: 4,
            b: &b,
            b_rows: &b_rows,
            b_step: 4,
            segments: 2,
            length: 4,
            out: &mut out,
        };
        dots.run();
    }
}
