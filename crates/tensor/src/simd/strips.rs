//! Products whose second operand is packed on the way, a strip of columns at a time.
//!
//! ```text
//! out[r, q] = init[r] + Σ_k a[k, r] · b[k, first + q]
//! ```
//!
//! The columns of `b` need not lie side by side: a block of `DEPTH` terms of one strip is copied
//! into a buffer that fits the first-level cache, and all rows of `a` pass over it there. A copied
//! number is used once for every row of `a`, so this pays from about two panels on; below that
//! [`Product`](super::Product) reads `b` where it lies.

use super::tile::{DEPTH, Tile};
use super::{Ahead, Area, Kernel, Panels, Rows, Turn, Vector, dispatch};

/// Lanes of the widest path.
const WIDEST: usize = 16;
/// Packed `a` up to this size stays in the second-level cache beside what passes through it.
const NEAR: usize = 1 << 16;

/// How `b` lies in its buffer.
#[derive(Clone, Copy)]
pub(crate) enum Columns<'a> {
    /// `b[k, q]` at `rows[k] + lines[q / length] + q % length`.
    Lines { rows: &'a Rows, lines: &'a Rows, length: usize },
    /// `b[k, q]` at `q · pitch + k`.
    Turned { pitch: usize },
}

/// The operands.
pub(crate) struct Strips<'a> {
    pub(crate) a: &'a Panels,
    pub(crate) b: &'a [f32],
    pub(crate) columns: Columns<'a>,
    /// The column of `b` that is the first of `out`.
    pub(crate) first: usize,
    /// Start value of every row of the output; zeros if absent.
    pub(crate) init: Option<&'a [f32]>,
    /// Whether to add to what the output holds, in place of a start value.
    pub(crate) resume: bool,
    /// The output.
    pub(crate) out: Area<'a>,
    /// At least [`Strips::BUFFER`] numbers.
    pub(crate) buffer: &'a mut [f32],
    /// What will be needed after this product.
    pub(crate) ahead: &'a mut Ahead,
}

impl Strips<'_> {
    /// Numbers that the buffer must have: one block of a strip, room to align it, and room for a
    /// register that is stored across its end.
    pub(crate) const BUFFER: usize = DEPTH * 2 * WIDEST + 3 * WIDEST;

    pub(crate) fn run(self) {
        dispatch(self);
    }
}

/// At most one register of a strip: `count` numbers at `from`, to column `into`.
#[derive(Clone, Copy, Default)]
struct Piece {
    from: usize,
    into: usize,
    count: usize,
}

impl Kernel for Strips<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { a, b, columns, first, init, resume, mut out, buffer, ahead } = self;
        let width = out.columns();
        assert_eq!(a.rows(), out.rows(), "strips: as many rows as the output");
        assert!(a.rows() <= a.count() * V::PRODUCT_ROWS, "strips: packed for this path");
        assert!(init.is_none_or(|init| init.len() == a.rows()), "strips: one start value per row");
        assert!(buffer.len() >= Self::BUFFER, "strips: room for a strip");
        columns.check(b, a.depth(), first + width);
        if a.rows() == 0 || width == 0 {
            return;
        }
        let buffer = aligned(buffer);
        let size = 2 * V::LANES;
        let mut starts = [0; DEPTH];
        for (k, start) in starts.iter_mut().enumerate() {
            *start = k * size;
        }
        // Sums of equal length, so that no block is nearly empty.
        let blocks = a.depth().div_ceil(DEPTH).max(1);
        let step = a.depth().div_ceil(blocks).max(1);
        // Where nobody asks for operands in advance, a tile would wait for them longer than a copy.
        let near = !ahead.is_empty();
        // A small `a` stays near while the strips go by; of a large one only a block does.
        let together = if a.rows() * a.depth() <= NEAR { size } else { width };
        for group in (0..width).step_by(together) {
            let end = width.min(group + together);
            let mut k = 0;
            // One round even without a term, so that `out` is written.
            while k == 0 || k < a.depth() {
                let depth = (a.depth() - k).min(step);
                for q in (group..end).step_by(size) {
                    let count = (end - q).min(size);
                    // A strip in one piece is copied by the first tile, while it computes.
                    let in_place = columns.in_place(first + q, count, size).filter(|_| near);
                    if in_place.is_none() {
                        columns.pack::<V>(b, (k, depth), (first + q, count), buffer);
                    }
                    for panel in 0..a.count() {
                        let (row, rows) = a.panel(panel);
                        let tile = Tile {
                            a: a.terms(panel, k, depth),
                            starts: &starts[..depth],
                            ahead: ahead.next::<V>(depth),
                            init: init.map(|init| &init[row..row + rows]),
                            resume: resume || k > 0,
                            pitch: out.pitch(),
                            columns: count,
                        };
                        // SAFETY: `size` numbers from every start are in the buffer, which has
                        // DEPTH times as many, and where a strip is in one piece, from there in `b`, as
                        // `check` has seen. Rows row … row + rows − 1 and columns q … q + count − 1
                        // are in the area.
                        unsafe {
                            let out = out.start().add(row * out.pitch() + q);
                            match in_place {
                                Some((starts, from)) if panel == 0 => {
                                    let tile = Tile { starts: &starts[k..k + depth], ..tile };
                                    let b = b.as_ptr().add(from);
                                    tile.copying::<V>(rows, b, buffer.as_mut_ptr(), out);
                                }
                                _ => tile.run::<V>(rows, buffer.as_ptr(), out),
                            }
                        }
                    }
                }
                k += step;
            }
        }
    }
}

/// The part of a buffer that starts with a cache line.
#[inline(always)]
fn aligned(buffer: &mut [f32]) -> &mut [f32] {
    let skip = buffer.as_ptr().addr().wrapping_neg() % 64 / size_of::<f32>();
    &mut buffer[skip..]
}

impl Columns<'_> {
    /// Panics unless `count` columns of `depth` numbers lie in `b`.
    fn check(&self, b: &[f32], depth: usize, count: usize) {
        match *self {
            Self::Lines { rows, lines, length } => {
                assert_eq!(rows.len(), depth, "strips: as many rows as terms");
                let room = lines.len().checked_mul(length);
                assert!(room.is_some_and(|room| count <= room), "strips: as many columns as lines");
                let last = rows.last().checked_add(lines.last());
                let end = last.and_then(|last| last.checked_add(length));
                let inside = depth == 0 || count == 0 || end.is_some_and(|end| end <= b.len());
                assert!(inside, "strips: lines lie in a buffer of {}", b.len());
            }
            Self::Turned { pitch } => {
                let end = count.saturating_sub(1).checked_mul(pitch);
                let end = end.and_then(|end| end.checked_add(depth));
                let inside = count == 0 || end.is_some_and(|end| end <= b.len());
                assert!(inside, "strips: columns lie in a buffer of {}", b.len());
            }
        }
    }

    /// The rows, and where in a row `count` columns from `q` on lie, if they are `size` neighbours.
    #[inline(always)]
    fn in_place(&self, q: usize, count: usize, size: usize) -> Option<(&[usize], usize)> {
        let Self::Lines { rows, lines, length } = *self else { return None };
        let (line, within) = (q / length, q % length);
        (count == size && within + size <= length)
            .then(|| (rows.starts(), lines.starts()[line] + within))
    }

    /// Copies terms `k … k + depth − 1` of `count` columns from `q` on to the start of `buffer`, two
    /// registers for each term. The caller has checked these columns.
    #[inline(always)]
    fn pack<V: Vector>(
        &self,
        b: &[f32],
        (k, depth): (usize, usize),
        (q, count): (usize, usize),
        buffer: &mut [f32],
    ) {
        let size = 2 * V::LANES;
        let (rows, lines, length) = match *self {
            Self::Lines { rows, lines, length } => (rows, lines, length),
            Self::Turned { pitch } => {
                let from = &b[q * pitch + k..];
                let turn = Turn {
                    from,
                    from_pitch: pitch,
                    rows: count,
                    columns: depth,
                    into: buffer,
                    into_pitch: size,
                };
                turn.copy();
                return;
            }
        };
        assert!(depth * size + V::LANES <= buffer.len(), "strips: room for a strip");
        let rows = &rows.starts()[k..k + depth];
        let (line, within) = (q / length, q % length);
        if within + size <= length && count == size {
            let from = lines.starts()[line] + within;
            for (k, &row) in rows.iter().enumerate() {
                // SAFETY: `size` numbers of a line that `check` found in `b`; as many from k · size
                // on are in the buffer.
                unsafe {
                    let (from, into) =
                        (b.as_ptr().add(row + from), buffer.as_mut_ptr().add(k * size));
                    V::load(from).store(into);
                    V::load(from.add(V::LANES)).store(into.add(V::LANES));
                }
            }
            return;
        }
        let mut pieces = [Piece::default(); 2 * WIDEST];
        let (mut used, mut into, mut line, mut within) = (0, 0, line, within);
        while into < count {
            let from = lines.starts()[line] + within;
            let length = (length - within).min(count - into).min(V::LANES);
            pieces[used] = Piece { from, into, count: length };
            used += 1;
            into += length;
            within += length;
            if let Self::Lines { length, .. } = *self
                && within == length
            {
                (line, within) = (line + 1, 0);
            }
        }
        let pieces = &pieces[..used];
        let furthest = pieces.iter().map(|piece| piece.from).max().unwrap_or(0);
        let furthest = rows.iter().max().unwrap_or(&0) + furthest + V::LANES;
        let whole = furthest <= b.len();
        // SAFETY: `count` numbers of a line are in `b`, and a whole register where even the furthest
        // one is. A register from column into < size of term k < depth on ends before
        // depth · size + LANES, which the assertion above has room for.
        unsafe {
            let (b, into) = (b.as_ptr(), buffer.as_mut_ptr());
            match pieces {
                [first, second] if whole => copy::<V, 2>([*first, *second], rows, b, into),
                [first, second, third] if whole => {
                    copy::<V, 3>([*first, *second, *third], rows, b, into);
                }
                [first, second, third, fourth] if whole => {
                    copy::<V, 4>([*first, *second, *third, *fourth], rows, b, into);
                }
                _ => {
                    for (k, &row) in rows.iter().enumerate() {
                        for piece in pieces {
                            let from = b.add(row + piece.from);
                            let count = if whole { V::LANES } else { piece.count };
                            V::load_first(from, count).store(into.add(k * size + piece.into));
                        }
                    }
                }
            }
        }
    }
}

/// Copies whole registers of each row; what they hold beyond the end of a piece is written over by
/// the next piece or is beyond the last column.
///
/// # Safety
/// A register can be read from each piece of each row at `b`, and written to its place in the term
/// of that row at `into`.
#[inline(always)]
unsafe fn copy<V: Vector, const N: usize>(
    pieces: [Piece; N],
    rows: &[usize],
    b: *const f32,
    into: *mut f32,
) {
    for (k, &row) in rows.iter().enumerate() {
        for piece in pieces {
            // SAFETY: the caller promises this register.
            unsafe {
                V::load(b.add(row + piece.from)).store(into.add(k * 2 * V::LANES + piece.into));
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
            height in 1_usize..40, depth in 0_usize..600, width in 1_usize..120, first in 0_usize..40,
            length in 1_usize..70, turned: bool, asked: bool, spare in 0_usize..3,
        ) {
            // Whole numbers whose sums stay below 2^24: every order of summation is exact.
            let value = |i: usize| ((i * 7919) % 23) as f32 - 11.0;
            let starts: Vec<usize> = (0..depth).map(|k| (k * 31) % 50).collect();
            let count = (first + width).div_ceil(length);
            let (rows, lines) = (Rows::new(starts.clone()), Rows::every(length + spare, count));
            let b: Vec<f32> = (0..(first + width) * (depth + 80)).map(|i| value(i + 3)).collect();
            // Nothing beyond the last number that is used, so that a read too far is caught.
            let last = starts.iter().max().unwrap_or(&0) + (count - 1) * (length + spare) + length;
            let pitch = depth + spare;
            let (b, columns) = if turned {
                (&b[..(first + width - 1) * pitch + depth], Columns::Turned { pitch })
            } else {
                (&b[..last.min(b.len())], Columns::Lines { rows: &rows, lines: &lines, length })
            };
            prop_assume!(turned || last <= b.len());
            let at = |k: usize, q: usize| match columns {
                Columns::Turned { .. } => b[q * pitch + k],
                Columns::Lines { .. } => b[starts[k] + q / length * (length + spare) + q % length],
            };
            let init: Vec<f32> = (0..height).map(value).collect();
            for (path, name) in Path::available() {
                let a = Panels::pack_for(path, height, depth, |r, k| value(r * 1000 + k));
                let mut out = vec![0.5; height * (width + spare)];
                let area = Area::new(&mut out, height, width, width + spare);
                let mut buffer = vec![f32::NAN; Strips::BUFFER];
                let mut ahead = Ahead::default().and(if asked { b } else { &[] });
                let (start, resume, out_of) = (Some(init.as_slice()), false, area);
                let (buffer, ahead) = (&mut buffer, &mut ahead);
                path.run(Strips { a: &a, b, columns, first, init: start, resume, out: out_of, buffer, ahead });
                // Corners and a middle: the whole formula would take seconds.
                for (r, q) in [(0, 0), (height - 1, width - 1), (height / 2, width / 2), (0, width - 1)] {
                    let sum: f32 = (0..depth).map(|k| value(r * 1000 + k) * at(k, first + q)).sum();
                    let got = out[r * (width + spare) + q];
                    prop_assert!((got - init[r] - sum).abs() < 0.25, "{} row {} column {}", name, r, q);
                }
                let gaps = out.chunks(width + spare).flat_map(|row| &row[width..]);
                prop_assert!(gaps.copied().all(|gap| gap.to_bits() == 0.5_f32.to_bits()), "{}", name);
            }
        }
    }
}
