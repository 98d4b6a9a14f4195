//! From planes to transformed tiles.

use std::ops::Range;

use super::transforms::{Grid, Linear, twice};
use crate::simd::{Pitched, Vector};

/// Feature maps that are cut into overlapping windows.
#[derive(Clone, Copy)]
pub(super) struct Maps<'a> {
    /// Whole images, one after the other.
    pub(super) values: &'a [f32],
    pub(super) channels: usize,
    /// Rows and columns of a plane.
    pub(super) size: [usize; 2],
    /// Zeros above and left of a plane; below and right there are as many as are read.
    pub(super) before: [usize; 2],
    /// Step from window to window.
    pub(super) step: usize,
    /// Windows in a row.
    pub(super) columns: usize,
}

/// Numbers in the padded buffer for `rows` rows of windows of `window` cells.
pub(super) fn padded_len(
    rows: usize,
    columns: usize,
    step: usize,
    window: usize,
    lanes: usize,
) -> usize {
    ((rows - 1) * step + window) * ((columns - 1) * step + window) * lanes
}

impl Maps<'_> {
    /// Writes the transform `T` of every window in these rows of windows, as `[frequency][channel
    /// block][tile][lane]` with frequencies `pitch` apart.
    #[inline(always)]
    pub(super) fn transform<V: Vector, T: Linear<I, O>, const I: usize, const O: usize>(
        &self,
        rows: &Range<usize>,
        padded: &mut [f32],
        into: &mut [f32],
        pitch: usize,
    ) {
        let image_len = self.channels * self.size[0] * self.size[1];
        let images = self.values.len() / image_len;
        let (blocks, width) =
            (self.channels.div_ceil(V::LANES), (self.columns - 1) * self.step + I);
        let per_image = rows.len() * self.columns;
        let tiles = images * per_image;
        let len = padded_len(rows.len(), self.columns, self.step, I, V::LANES);
        assert!(padded.len() >= len, "winograd: room for a padded plane");
        assert!(
            pitch >= blocks * tiles * V::LANES && into.len() >= O * O * pitch,
            "winograd: room for the transformed tiles"
        );
        padded[..len].fill(0.0);
        for (image, values) in self.values.chunks_exact(image_len).enumerate() {
            for block in 0..blocks {
                self.pad::<V>(values, block, rows, width, &mut padded[..len]);
                let mut tile = block * tiles + image * per_image;
                for row in 0..rows.len() {
                    for column in 0..self.columns {
                        let corner = (row * width + column) * self.step * V::LANES;
                        // SAFETY: the window's cells are in the padded plane, whose size `len`
                        // allows for windows at all rows and columns. tile < blocks · tiles, so its
                        // register ends within a frequency's pitch, and `into` has O · O of those.
                        unsafe {
                            let from = Grid {
                                first: padded.as_ptr().add(corner),
                                row: (width * V::LANES).cast_signed(),
                                column: V::LANES.cast_signed(),
                            };
                            let into = Grid {
                                first: into.as_mut_ptr().add(tile * V::LANES),
                                row: (O * pitch).cast_signed(),
                                column: pitch.cast_signed(),
                            };
                            twice::<T, V, I, O>(from, into);
                        }
                        tile += 1;
                    }
                }
            }
        }
    }

    /// Copies one block of channels of an image into the padded buffer, channels as lanes.
    #[inline(always)]
    fn pad<V: Vector>(
        &self,
        image: &[f32],
        block: usize,
        rows: &Range<usize>,
        width: usize,
        padded: &mut [f32],
    ) {
        let [height, columns] = self.size;
        let area = height * columns;
        let planes = &image[block * V::LANES * area..];
        let channels = (self.channels - block * V::LANES).min(V::LANES);
        assert!(planes.len() >= channels * area, "winograd: whole planes");
        let columns = columns.min(width.saturating_sub(self.before[1]));
        let lines = padded.len() / (width * V::LANES);
        for line in 0..lines {
            let Some(row) = (rows.start * self.step + line).checked_sub(self.before[0]) else {
                continue;
            };
            if row >= height {
                break;
            }
            for column in (0..columns).step_by(V::LANES) {
                let count = (columns - column).min(V::LANES);
                let into = (line * width + self.before[1] + column) * V::LANES;
                assert!(into + count * V::LANES <= padded.len(), "winograd: within the buffer");
                // SAFETY: row < height and column + count ≤ columns of each of `channels` planes,
                // which `planes` holds; the assertion bounds what is written.
                unsafe {
                    V::transpose(
                        (planes.as_ptr().add(row * self.size[1] + column), area),
                        [channels, count],
                        &mut Pitched { first: padded.as_mut_ptr().add(into), pitch: V::LANES },
                        V::LANES,
                    );
                }
            }
        }
    }
}
