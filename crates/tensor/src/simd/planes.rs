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
            let last_row = (rows - 1).checked_mul(lie.row)?.checked_add(columns)?;
            lie.start.checked_add(last_plane)?.checked_add(last_row)
        };
        assert!(end(from_lie).is_some_and(|end| end <= from.len()), "planes: within the source");
        assert!(end(into_lie).is_some_and(|end| end <= into.len()), "planes: within the target");
        for plane in 0..count {
            for row in 0..rows {
                let at = |lie: Lie| lie.start + plane * lie.plane + row * lie.row;
                // SAFETY: `at` + `columns` is at most `end`, which both assertions bound, and a
                // shared and a unique slice do not overlap.
                unsafe {
                    let from = from.as_ptr().add(at(from_lie));
                    let into = into.as_mut_ptr().add(at(into_lie));
                    copy_row::<V>(from, into, columns);
                }
            }
        }
    }
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
        let from: Vec<f32> = (0..500).map(|i| i as f32).collect();
        let from_lie = Lie { start: 5, plane: 130, row: 41 };
        for (path, name) in Path::available() {
            for columns in 0..41 {
                let mut into = vec![-1.0; 500];
                let into_lie = Lie { start: 3, plane: 200, row: 50 };
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
                    let place = i.checked_sub(3).map(|i| (i / 200, i % 200 / 50, i % 50));
                    let expected = match place {
                        Some((plane, row, column)) if plane < 2 && row < 3 && column < columns => {
                            from[5 + plane * 130 + row * 41 + column]
                        }
                        _ => -1.0,
                    };
                    assert!((value - expected).abs() < 0.5, "{name} {columns}: {value} at {i}");
                }
            }
        }
    }
}
