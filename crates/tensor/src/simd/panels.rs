//! The packed operand of a product.

use std::cell::RefCell;

use super::{Kernel, Path, Turn, Vector};

thread_local! {
    /// Memory of panels that are gone.
    static SPARE: RefCell<Vec<Vec<f32>>> = RefCell::default();
}

/// Buffers that a thread keeps for its next panels.
const SPARES: usize = 4;

/// The matrix `a`, packed in panels of as many rows as one tile has.
///
/// The rows are dealt out evenly: 16 rows make panels of 6, 5 and 5, which is as fast as whole tiles
/// and needs no code for a rest.
#[derive(Debug)]
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

    /// As [`Self::pack`] for `value(row, k) = a[row · pitch + k]`.
    pub(crate) fn of_rows(a: &[f32], pitch: usize, rows: usize, depth: usize) -> Self {
        let path = Path::current();
        let mut this = Self::stale(path, rows, depth);
        for panel in 0..this.count {
            let (first, count) = this.panel(panel);
            let into = &mut this.packed[first * depth..][..count * depth];
            let from = a.get(first * pitch..).unwrap_or(&[]);
            let turn = Turn {
                from,
                from_pitch: pitch,
                rows: count,
                columns: depth,
                into,
                into_pitch: count,
            };
            turn.copy_on(path);
        }
        this
    }

    /// As [`Self::pack`] for `value(row, k) = a[k · pitch + row]`.
    pub(crate) fn of_columns(a: &[f32], pitch: usize, rows: usize, depth: usize) -> Self {
        let mut this = Self::stale(Path::current(), rows, depth);
        for panel in 0..this.count {
            let (first, count) = this.panel(panel);
            let into = &mut this.packed[first * depth..][..count * depth];
            for (k, into) in into.chunks_exact_mut(count.max(1)).enumerate() {
                into.copy_from_slice(&a[k * pitch + first..][..count]);
            }
        }
        this
    }

    pub(super) fn pack_for(
        path: Path,
        rows: usize,
        depth: usize,
        value: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let mut this = Self::stale(path, rows, depth);
        for panel in 0..this.count {
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

    /// Panels whose numbers are still to be written.
    fn stale(path: Path, rows: usize, depth: usize) -> Self {
        let count = rows.div_ceil(path.run(TileRows)).max(1);
        let len = rows * depth;
        let mut packed = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        if packed.len() < len {
            packed.resize(len, 0.0);
        }
        Self { packed, rows, depth, count }
    }

    /// Rows of the matrix.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of the matrix: terms of every sum.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Number of panels.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// First row and number of rows of a panel.
    #[inline(always)]
    pub(super) fn panel(&self, panel: usize) -> (usize, usize) {
        let first = panel * self.rows / self.count;
        (first, (panel + 1) * self.rows / self.count - first)
    }

    /// The terms `k … k + depth − 1` of a panel, all rows of one term together.
    #[inline(always)]
    pub(super) fn terms(&self, panel: usize, k: usize, depth: usize) -> &[f32] {
        let (first, count) = self.panel(panel);
        &self.packed[first * self.depth + k * count..][..depth * count]
    }
}

impl Drop for Panels {
    fn drop(&mut self) {
        let packed = std::mem::take(&mut self.packed);
        // A thread that ends has no list any more.
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < SPARES {
                spare.push(packed);
            }
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_pack_gives_the_same_panels() {
        let a: Vec<f32> = (0..40 * 50).map(|i| i as f32).collect();
        for (rows, depth) in [(0, 3), (1, 1), (5, 20), (6, 9), (14, 16), (29, 31), (40, 3)] {
            let plain = Panels::pack(rows, depth, |row, k| a[row * 50 + k]);
            let by_rows = Panels::of_rows(&a, 50, rows, depth);
            assert_eq!(by_rows.packed[..rows * depth], plain.packed[..rows * depth]);
            let plain = Panels::pack(rows, depth, |row, k| a[k * 50 + row]);
            let by_columns = Panels::of_columns(&a, 50, rows, depth);
            assert_eq!(by_columns.packed[..rows * depth], plain.packed[..rows * depth]);
        }
    }
}
