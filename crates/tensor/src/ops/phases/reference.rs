//! The formula as loops.

use super::{Blocks, Norm};
use crate::Scalar;

#[cfg(any(cenote_f64, test))]
impl Blocks {
    /// Calls `visit(wide, thin)` with the places of every cell of one plane in the blocks' planes,
    /// `None` for a cell that a block has and the plane has not.
    fn cells(&self, mut visit: impl FnMut(Option<usize>, usize)) {
        let ([s, t], [rows, columns]) = (self.size, self.output);
        for u in 0..s {
            for v in 0..t {
                for i in 0..rows {
                    for j in 0..columns {
                        let (h, w) = (i * s + u, j * t + v);
                        let inside = h < self.input[0] && w < self.input[1];
                        let thin = ((u * t + v) * rows + i) * columns + j;
                        visit(inside.then_some(h * self.input[1] + w), thin);
                    }
                }
            }
        }
    }
}

#[cfg(any(cenote_f64, test))]
pub(super) fn deal(blocks: Blocks, x: &[Scalar], y: &mut [Scalar]) {
    let (from, into) = lengths(blocks);
    for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(into)) {
        blocks.cells(|wide, thin| y[thin] = wide.map_or(0.0, |at| x[at]));
    }
}

#[cfg(any(cenote_f64, test))]
pub(super) fn weave(blocks: Blocks, dy: &[Scalar], dx: &mut [Scalar]) {
    let (into, from) = lengths(blocks);
    for (dy, dx) in dy.chunks_exact(from).zip(dx.chunks_exact_mut(into)) {
        blocks.cells(|wide, thin| {
            if let Some(at) = wide {
                dx[at] = dy[thin];
            }
        });
    }
}

/// Numbers of a plane, and of its blocks.
#[cfg(any(cenote_f64, test))]
fn lengths(blocks: Blocks) -> (usize, usize) {
    let area = |[rows, columns]: [usize; 2]| (rows * columns).max(1);
    (area(blocks.input), area(blocks.output) * blocks.area())
}

/// The measure of every phase of one image, positions wrapping around.
pub(super) fn norms(blocks: Blocks, image: &[Scalar], norm: Norm) -> Vec<f64> {
    let ([s, t], [height, width], [rows, columns]) = (blocks.size, blocks.input, blocks.output);
    let of_phase = |phase: usize| {
        let mut measure = 0.0;
        for x in image.chunks_exact(height * width) {
            for i in 0..rows {
                for j in 0..columns {
                    let (h, w) = ((s * i + phase / t) % height, (t * j + phase % t) % width);
                    measure = norm.with(measure, f64::from(x[h * width + w]));
                }
            }
        }
        measure
    };
    (0..s * t).map(of_phase).collect()
}
