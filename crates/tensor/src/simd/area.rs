//! A rectangle of a row-major buffer, and its division among tasks.

use std::marker::PhantomData;

/// Some rows and columns of a buffer that nobody else can reach while this lives.
///
/// Splitting gives rectangles that share no element, so each can be written on its own thread, also
/// where they lie side by side in the same rows.
pub(crate) struct Area<'a> {
    at: *mut f32,
    rows: usize,
    columns: usize,
    pitch: usize,
    of: PhantomData<&'a mut [f32]>,
}

// SAFETY: an area is the only way to its elements while it lives, as a unique slice is.
unsafe impl Send for Area<'_> {}

impl<'a> Area<'a> {
    /// The first `columns` numbers of `rows` rows that begin `pitch` apart.
    ///
    /// # Panics
    /// When the rows overlap or leave the buffer.
    pub(crate) fn new(out: &'a mut [f32], rows: usize, columns: usize, pitch: usize) -> Self {
        assert!(columns <= pitch || rows <= 1, "area: rows do not overlap");
        let end = rows.saturating_sub(1).checked_mul(pitch);
        let end = end.and_then(|end| end.checked_add(columns));
        let room = rows == 0 || end.is_some_and(|end| end <= out.len());
        assert!(room, "area: {rows} rows of {columns} in a buffer of {}", out.len());
        Self { at: out.as_mut_ptr(), rows, columns, pitch, of: PhantomData }
    }

    /// Rows of the area.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns of the area.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Distance between rows.
    pub(super) fn pitch(&self) -> usize {
        self.pitch
    }

    /// Where the first row begins.
    pub(super) fn start(&mut self) -> *mut f32 {
        self.at
    }

    /// Splits into blocks of at most `rows` by `columns`, row of blocks by row of blocks.
    pub(crate) fn blocks(self, rows: usize, columns: usize) -> Vec<Area<'a>> {
        let (rows, columns) = (rows.max(1), columns.max(1));
        let mut blocks = Vec::with_capacity(
            self.rows.div_ceil(rows).saturating_mul(self.columns.div_ceil(columns)),
        );
        for row in (0..self.rows).step_by(rows) {
            for column in (0..self.columns).step_by(columns) {
                blocks.push(Area {
                    // SAFETY: this element lies in the area, so in its buffer.
                    at: unsafe { self.at.add(row * self.pitch + column) },
                    rows: rows.min(self.rows - row),
                    columns: columns.min(self.columns - column),
                    pitch: self.pitch,
                    of: PhantomData,
                });
            }
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_element_of_an_area_once() {
        let mut out = vec![0.0; 6 * 10 + 7];
        for (i, mut block) in Area::new(&mut out, 7, 7, 10).blocks(3, 4).into_iter().enumerate() {
            for row in 0..block.rows() {
                for column in 0..block.columns() {
                    // SAFETY: an element of the block.
                    unsafe { *block.start().add(row * block.pitch() + column) += (i + 1) as f32 };
                }
            }
        }
        for (at, &value) in out.iter().enumerate() {
            let (row, column) = (at / 10, at % 10);
            let expected = if column < 7 { (row / 3 * 2 + column / 4 + 1) as f32 } else { 0.0 };
            assert!((value - expected).abs() < 0.5, "{value} at row {row}, column {column}");
        }
    }

    #[test]
    #[should_panic(expected = "2 rows of 4 in a buffer of 8")]
    fn an_area_that_leaves_its_buffer_is_refused() {
        Area::new(&mut [0.0; 8], 2, 4, 5);
    }
}
