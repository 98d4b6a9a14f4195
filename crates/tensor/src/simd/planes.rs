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
            for row in 0..rows {
                let at = |lie: Lie| lie.start + plane * lie.plane + row * lie.row;
                let (from, into) = (&from[at(from_lie)..], &mut into[at(into_lie)..]);
                match [from_lie.cell, into_lie.cell] {
                    // SAFETY: `at` + `columns` is at most `end`, which both assertions bound, and a
                    // shared and a unique slice do not overlap.
                    [1, 1] => unsafe { copy_row::<V>(from.as_ptr(), into.as_mut_ptr(), columns) },
                    [2, 1] => thin_row(from, &mut into[..columns]),
                    [thin, spread] => {
                        let into = into.iter_mut().step_by(spread).take(columns);
                        into.zip(from.iter().step_by(thin)).for_each(|(into, &from)| *into = from);
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
/// `columns` numbers can be read from `from` and written to `into`, which do not overlap.
#[inline(always)]
unsafe fn copy_row<V: Vector>(from: *const f32, into: *mut f32, columns: usize) {
    // SAFETY: every register ends at or before `columns`; the last one reaches back over numbers
    // that are copied already.
    unsafe {
        if columns < V::LANES {
            V::load_first(from, columns).store_first(into, columns);
            return;
        }
        let mut at = 0;
        while at + V::LANES <= columns {
            V::load(from.add(at)).store(into.add(at));
            at += V::LANES;
        }
        if at < columns {
            let last = columns - V::LANES;
            V::load(from.add(last)).store(into.add(last));
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
}
