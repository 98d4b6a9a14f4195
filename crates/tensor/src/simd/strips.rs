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
use super::{Area, Kernel, Panels, Rows, Turn, Vector, dispatch};

/// Lanes of the widest path.
const WIDEST: usize = 16;
/// Numbers in a cache line.
const LINE: usize = 16;
/// Packed `a` up to this size stays in the second-level cache.
const NEAR: usize = 1 << 17;

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
    /// The output, overwritten.
    pub(crate) out: Area<'a>,
    /// At least [`Strips::BUFFER`] numbers.
    pub(crate) buffer: &'a mut [f32],
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
        let Self { a, b, columns, first, init, mut out, buffer } = self;
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
        // A small `a` stays near while the strips go by; of a large one only a block does.
        let together = if a.rows() * a.depth() <= NEAR { size } else { width };
        for group in (0..width).step_by(together) {
            let end = width.min(group + together);
            // What is packed after the strip at q and term k.
            let next = |q: usize, k: usize| match (q + size < end, k + step < a.depth()) {
                (true, _) => Some((q + size, k)),
                (false, true) => Some((group, k + step)),
                (false, false) => (end < width).then_some((end, 0)),
            };
            let mut k = 0;
            // One round even without a term, so that `out` is written.
            while k == 0 || k < a.depth() {
                let depth = (a.depth() - k).min(step);
                for q in (group..end).step_by(size) {
                    let count = (end - q).min(size);
                    columns.pack::<V>(b, (k, depth), (first + q, count), buffer);
                    let next = next(q, k);
                    for panel in 0..a.count() {
                        if let Some((q, k)) = next {
                            let of = a.count();
                            columns.fetch::<V>(
                                b,
                                (k, a.depth().min(k + step)),
                                (first + q, width - q),
                                (panel, of),
                            );
                        }
                        let (row, rows) = a.panel(panel);
                        let tile = Tile {
                            a: a.terms(panel, k, depth),
                            starts: &starts[..depth],
                            init: init.map(|init| &init[row..row + rows]),
                            resume: k > 0,
                            pitch: out.pitch(),
                            columns: count,
                        };
                        // SAFETY: `size` numbers from every start are in the buffer, which has
                        // DEPTH times as many. Rows row … row + rows − 1 and columns q … q + count − 1
                        // are in the area.
                        unsafe {
                            let out = out.start().add(row * out.pitch() + q);
                            tile.run::<V>(rows, buffer.as_ptr(), out);
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

    /// Asks for part `panel` of `of` of the block of terms `from … to − 1` of the strip of at most
    /// `count` columns from `q` on.
    #[inline(always)]
    fn fetch<V: Vector>(
        &self,
        b: &[f32],
        (from, to): (usize, usize),
        (q, count): (usize, usize),
        (panel, of): (usize, usize),
    ) {
        let count = count.min(2 * V::LANES);
        let part = |count: usize| panel * count / of..(panel + 1) * count / of;
        match *self {
            Self::Lines { rows, lines, length } => {
                let place = |q: usize| lines.starts()[q / length] + q % length;
                let [first, last] = [place(q), place(q + count - 1)];
                for &row in &rows.starts()[from..to][part(to - from)] {
                    V::fetch(b.as_ptr().wrapping_add(row + first));
                    V::fetch(b.as_ptr().wrapping_add(row + last));
                }
            }
            Self::Turned { pitch } => {
                for q in part(count).map(|column| q + column) {
                    for k in (from..to + LINE - 1).step_by(LINE) {
                        V::fetch(b.as_ptr().wrapping_add(q * pitch + k));
                    }
                }
            }
        }
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
        for (k, &row) in rows.iter().enumerate() {
            for &Piece { from, into, count } in pieces {
                // SAFETY: `count` numbers of a line are in `b`, and a whole register where even the
                // furthest one is. A register from column into < size of term k < depth on ends
                // before depth · size + LANES; what it holds beyond `count` is written over by the
                // next piece or is beyond the last column.
                unsafe {
                    let from = b.as_ptr().add(row + from);
                    let numbers = if furthest <= b.len() {
                        V::load(from)
                    } else {
                        V::load_first(from, count)
                    };
                    numbers.store(buffer.as_mut_ptr().add(k * size + into));
                }
            }
        }
    }
}
