//! Copies of many small planes whose rows are wider apart on one side than on the other.

use super::{Kernel, Vector, dispatch};

/// How planes lie in a buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lie {
    /// Where the first row of the first plane begins.
    pub(crate) start: usize,
    /// Distance between planes.
    pub(crate) plane: usize,
    /// Distance between rows.
    pub(crate) row: usize,
    /// Distance between the numbers of a row.
    pub(crate) cell: usize,
}

/// A copy of `count` planes of `rows` rows of `columns` numbers.
pub(crate) struct Planes<'a> {
    pub(crate) from: &'a [f32],
    pub(crate) from_lie: Lie,
    pub(crate) into: &'a mut [f32],
    pub(crate) into_lie: Lie,
    pub(crate) count: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

impl Planes<'_> {
    pub(crate) fn copy(self) {
        dispatch(self);
    }
}

impl Kernel for Planes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { from, from_lie, into, into_lie, count, rows, columns } = self;
        if count == 0 || rows == 0 || columns == 0 {
            return;
        }
        let end = |lie: Lie| {
            let last_plane = (count - 1).checked_mul(lie.plane)?;
            let last_row = (rows - 1).checked_mul(lie.row)?;
            let length = (columns - 1).checked_mul(lie.cell)?.checked_add(1)?;
            lie.start.checked_add(last_plane)?.checked_add(last_row)?.checked_add(length)
        };
        assert!(end(from_lie).is_some_and(|end| end <= from.len()), "planes: within the source");
        assert!(end(into_lie).is_some_and(|end| end <= into.len()), "planes: within the target");
        for plane in 0..count {
            let at = |lie: Lie| lie.start + plane * lie.plane;
            let (from, into) = (&from[at(from_lie)..], &mut into[at(into_lie)..]);
            match [from_lie.cell, into_lie.cell] {
                // SAFETY: row r of the plane ends at most at `end`, which both assertions bound, and
                // a shared and a unique slice do not overlap.
                [1, 1] => unsafe {
                    let (from, into) = (from.as_ptr(), into.as_mut_ptr());
                    copy_rows::<V>(from, from_lie.row, into, into_lie.row, rows, columns);
                },
                [thin, spread] => {
                    for row in 0..rows {
                        let from = &from[row * from_lie.row..];
                        let into = &mut into[row * into_lie.row..];
                        if [thin, spread] == [2, 1] {
                            thin_row(from, &mut into[..columns]);
                        } else {
                            let into = into.iter_mut().step_by(spread).take(columns);
                            let from = from.iter().step_by(thin);
                            into.zip(from).for_each(|(into, &from)| *into = from);
                        }
                    }
                }
            }
        }
    }
}

/// Every second number.
#[inline(always)]
fn thin_row(from: &[f32], into: &mut [f32]) {
    // The number after the last one that is used may not exist, so that one goes by itself.
    let Some((last, into)) = into.split_last_mut() else { return };
    let (whole, _) = from[..2 * into.len()].as_chunks::<2>();
    for (into, from) in into.iter_mut().zip(whole) {
        *into = from[0];
    }
    *last = from[2 * into.len()];
}

/// # Safety
/// `columns` numbers can be read from each of `rows` rows at `from`, and written to as many at
/// `into`; the two do not overlap.
#[inline(always)]
unsafe fn copy_rows<V: Vector>(
    from: *const f32,
    from_row: usize,
    into: *mut f32,
    into_row: usize,
    rows: usize,
    columns: usize,
) {
    // The width is looked at once, not in every row.
    let last = columns.saturating_sub(V::LANES);
    for row in 0..rows {
        // SAFETY: a row has `columns` numbers, and every register ends at or before them; the last
        // one reaches back over numbers that are copied already.
        unsafe {
            let (from, into) = (from.add(row * from_row), into.add(row * into_row));
            if columns < V::LANES {
                V::load_first(from, columns).store_first(into, columns);
            } else if columns <= 2 * V::LANES {
                let (first, second) = (V::load(from), V::load(from.add(last)));
                first.store(into);
                second.store(into.add(last));
            } else {
                for at in (0..last).step_by(V::LANES) {
                    V::load(from.add(at)).store(into.add(at));
                }
                V::load(from.add(last)).store(into.add(last));
            }
        }
    }
}

/// Planes of one size, one after the other, whose content begins at row and column `start`: sets
/// everything around it to `value`.
pub(crate) struct Border<'a> {
    pub(crate) planes: &'a mut [f32],
    /// Numbers in a plane.
    pub(crate) len: usize,
    /// Distance between planes.
    pub(crate) step: usize,
    /// Distance between rows.
    pub(crate) row: usize,
    /// Position of the content in a plane.
    pub(crate) start: usize,
    /// Rows and columns of the content.
    pub(crate) content: [usize; 2],
    pub(crate) value: f32,
}

impl Border<'_> {
    pub(crate) fn set(self) {
        dispatch(self);
    }
}

impl Kernel for Border<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { planes, len, step, row, start, content: [rows, columns], value } = self;
        for plane in planes.chunks_mut(step) {
            let plane = &mut plane[..len];
            if rows == 0 || columns == 0 {
                plane.fill(value);
                continue;
            }
            plane[..start].fill(value);
            plane[start + (rows - 1) * row + columns..].fill(value);
            for r in 0..rows - 1 {
                for cell in &mut plane[start + r * row + columns..start + (r + 1) * row] {
                    *cell = value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Path;

    #[test]
    fn every_path_copies_rows_of_every_width_and_nothing_else() {
        let from: Vec<f32> = (0..600).map(|i| i as f32).collect();
        for (path, name) in Path::available() {
            for (columns, [thin, spread]) in (0..41)
                .flat_map(|columns| [[1, 1], [2, 1], [3, 1], [1, 2]].map(|steps| (columns, steps)))
            {
                let from_lie = Lie { start: 5, plane: 130, row: 41, cell: thin };
                let into_lie = Lie { start: 3, plane: 300, row: 100, cell: spread };
                let mut into = vec![-1.0; 600];
                let copy = Planes {
                    from: &from,
                    from_lie,
                    into: &mut into,
                    into_lie,
                    count: 2,
                    rows: 3,
                    columns,
                };
                path.run(copy);
                for (i, &value) in into.iter().enumerate() {
                    let place = i.checked_sub(3).map(|i| [i / 300, i % 300 / 100, i % 100]);
                    let expected = match place {
                        Some([plane, row, place])
                            if plane < 2
                                && place.is_multiple_of(spread)
                                && place / spread < columns =>
                        {
                            from[5 + plane * 130 + row * 41 + place / spread * thin]
                        }
                        _ => -1.0,
                    };
                    assert!((value - expected).abs() < 0.5, "{name} {columns}: {value} at {i}");
                }
            }
        }
    }

    #[test]
    fn a_border_surrounds_the_content_and_nothing_else() {
        for (path, name) in Path::available() {
            for content in [[3, 2], [1, 5], [0, 2]] {
                let mut planes = vec![1.0; 2 * 40 - 10];
                let planes_of = &mut planes;
                let (len, step, row, start) = (30, 40, 6, 7);
                path.run(Border { planes: planes_of, len, step, row, start, content, value: -9.0 });
                for (i, &value) in planes.iter().enumerate() {
                    let inside = (i % 40)
                        .checked_sub(7)
                        .is_some_and(|at| at / 6 < content[0] && at % 6 < content[1]);
                    let expected = if i % 40 >= 30 || inside { 1.0 } else { -9.0 };
                    assert!((value - expected).abs() < 0.5, "{name} {content:?}: {value} at {i}");
                }
            }
        }
    }
}
