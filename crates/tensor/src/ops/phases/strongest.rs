//! The phase of an image that has the largest norm, all channels together.
//!
//! Where the block size divides both sides, a circular shift of the image permutes its phases, and so
//! the strongest one is kept again. Where it does not, the last blocks go on at the other end of the
//! image, which keeps all phases equally large.

use super::{Blocks, thin};
use crate::memory::Buffer;
use crate::{Scalar, Tensor};

/// What a phase is measured by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Norm {
    /// The sum of magnitudes.
    L1,
    /// The sum of squares.
    #[default]
    L2,
    /// The largest magnitude.
    Max,
}

impl Norm {
    /// The measure of some cells and one more.
    pub(super) fn with(self, measure: f64, x: f64) -> f64 {
        match self {
            Self::L1 => measure + x.abs(),
            Self::L2 => measure + x * x,
            Self::Max if x.abs() > measure || x.is_nan() => x.abs(),
            Self::Max => measure,
        }
    }
}

/// Which phase of every image was kept: one byte each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase(Buffer<u8>);

impl Phase {
    /// Size of what is kept.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The phase `u·t + v` of image `n`.
    ///
    /// # Panics
    /// When there is no image `n`.
    pub fn of(&self, n: usize) -> usize {
        self.0[n].into()
    }
}

/// The strongest phase of every image: `x` `(N, C, H, W)` to `(N, C, ⌈H/s⌉, ⌈W/t⌉)`.
///
/// ```text
/// y[n, c, i, j] = x[n, c, (s·i + u) mod H, (t·j + v) mod W]        (u, v) = argmax ‖phase (u, v)‖
/// ```
///
/// The first of equal phases in row-major order of `(u, v)`; one with a NaN beats all before it.
///
/// # Panics
/// When there are more than 256 phases.
pub fn strongest_phase(x: &Tensor, block: [usize; 2], norm: Norm) -> (Tensor, Phase) {
    let [batch, channels, rows, columns] = x.nchw();
    let blocks = Blocks::new([rows, columns], block);
    assert!(blocks.area() <= 256, "a phase is kept in one byte");
    let mut y = Tensor::stale([batch, channels, blocks.output[0], blocks.output[1]]);
    let mut kept = Buffer::<u8>::stale(batch);
    let image = channels * rows * columns;
    let work = |n: usize, y: &mut [Scalar], kept: &mut [u8]| {
        let x = &x.as_slice()[n * image..][..image];
        let strongest = strongest(&norms(blocks, x, norm));
        kept[0] = strongest as u8;
        take(blocks, strongest, x, y);
    };
    let size = y.len() / batch.max(1);
    #[cfg(not(cenote_f64))]
    crate::ops::parallel::pairs(
        (y.as_mut_slice(), &mut kept),
        [size, 1],
        12 * (image + size) as u64,
        work,
    );
    #[cfg(cenote_f64)]
    for (n, (y, kept)) in
        y.as_mut_slice().chunks_mut(size.max(1)).zip(kept.chunks_mut(1)).enumerate()
    {
        work(n, y, kept);
    }
    (y, Phase(kept))
}

/// `dx` of [`strongest_phase`] on planes of size `input`: every `dy` to the cell it came from.
///
/// # Panics
/// When there is not one phase per image.
pub fn strongest_phase_backward(
    dy: &Tensor,
    phase: &Phase,
    block: [usize; 2],
    input: [usize; 2],
) -> Tensor {
    let [batch, channels, ..] = dy.nchw();
    assert_eq!(batch, phase.0.len(), "strongest_phase: one phase per image");
    let blocks = Blocks::new(input, block);
    let area = blocks.output[0] * blocks.output[1];
    let mut dx = Tensor::stale([batch, channels, input[0], input[1]]);
    let fill = |plane: usize, dx: &mut [Scalar]| {
        dx.fill(0.0);
        let dy = &dy.as_slice()[plane * area..][..area];
        give(blocks, phase.of(plane / channels), dy, dx);
    };
    crate::ops::regions::fill_planes(&mut dx, area, fill);
    dx
}

/// The measure of every phase of one image, in double precision: equal phases that were only moved
/// measure alike but for the order of a sum.
fn norms(blocks: Blocks, image: &[Scalar], norm: Norm) -> Vec<f64> {
    #[cfg(not(cenote_f64))]
    return super::fast::norms(blocks, image, norm);
    #[cfg(cenote_f64)]
    super::reference::norms(blocks, image, norm)
}

/// The first of the largest, or the last NaN.
fn strongest(norms: &[f64]) -> usize {
    let mut best = 0;
    for (i, &norm) in norms.iter().enumerate().skip(1) {
        if norm > norms[best] || norm.is_nan() {
            best = i;
        }
    }
    best
}

/// Cells of one row of a phase that lie before the end of a side of `size` cells.
fn before_the_end(size: usize, block: usize, start: usize) -> usize {
    size.saturating_sub(start).div_ceil(block)
}

/// Copies a phase of all planes of `x`.
fn take(blocks: Blocks, phase: usize, x: &[Scalar], y: &mut [Scalar]) {
    let ([s, t], [height, width], [rows, columns]) = (blocks.size, blocks.input, blocks.output);
    let (u, v) = (phase / t, phase % t);
    let straight = before_the_end(width, t, v);
    for (x, y) in x.chunks_exact(height * width).zip(y.chunks_exact_mut(rows * columns)) {
        for (i, y) in y.chunks_exact_mut(columns).enumerate() {
            let row = &x[(s * i + u) % height * width..][..width];
            let (y, wrapped) = y.split_at_mut(straight);
            if !y.is_empty() {
                thin(&row[v..], t, y);
            }
            for (j, y) in wrapped.iter_mut().enumerate() {
                *y = row[(t * (straight + j) + v) % width];
            }
        }
    }
}

/// Adds one plane of a phase to where it was taken.
fn give(blocks: Blocks, phase: usize, dy: &[Scalar], dx: &mut [Scalar]) {
    let ([s, t], [height, width], [_, columns]) = (blocks.size, blocks.input, blocks.output);
    let (u, v) = (phase / t, phase % t);
    let straight = before_the_end(width, t, v);
    for (i, dy) in dy.chunks_exact(columns).enumerate() {
        let row = &mut dx[(s * i + u) % height * width..][..width];
        let (dy, wrapped) = dy.split_at(straight);
        if !dy.is_empty() {
            row[v..].iter_mut().step_by(t).zip(dy).for_each(|(dx, dy)| *dx += dy);
        }
        for (j, dy) in wrapped.iter().enumerate() {
            row[(t * (straight + j) + v) % width] += dy;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Seed;

    fn image(size: [usize; 2], values: &[Scalar]) -> Tensor {
        Tensor::from_vec([1, 1, size[0], size[1]], values.to_vec()).expect("as many values")
    }

    #[test]
    fn the_phase_with_the_largest_norm_is_kept() {
        // Phases of 2x4: (0,0) 1 1, (0,1) 0 3, (1,0) 2 2, (1,1) 2 −2.
        let x = image([2, 4], &[1.0, 0.0, 1.0, 3.0, 2.0, 2.0, 2.0, -2.0]);
        let kept = |norm| strongest_phase(&x, [2, 2], norm);
        for (norm, phase, y) in
            [(Norm::L1, 2, [2.0, 2.0]), (Norm::L2, 1, [0.0, 3.0]), (Norm::Max, 1, [0.0, 3.0])]
        {
            let (values, at) = kept(norm);
            assert_eq!((at.of(0), values.as_slice()), (phase, &y[..]), "{norm:?}");
        }
    }

    #[test]
    fn the_first_of_equal_phases_is_kept() {
        let x = image([2, 2], &[1.0, -1.0, 1.0, -1.0]);
        for norm in [Norm::L1, Norm::L2, Norm::Max] {
            assert_eq!(strongest_phase(&x, [2, 2], norm).1.of(0), 0);
        }
    }

    #[test]
    fn phases_of_odd_sides_go_on_at_the_other_end() {
        let x = image([1, 3], &[1.0, 5.0, 2.0]);
        // (0,0) is 1 2; (0,1) is 5 and, after the end, 1.
        let (y, phase) = strongest_phase(&x, [1, 2], Norm::L2);
        assert_eq!((y.as_slice(), phase.of(0)), (&[5.0, 1.0][..], 1));
        let dx = strongest_phase_backward(&image([1, 2], &[10.0, 20.0]), &phase, [1, 2], [1, 3]);
        assert_eq!(dx.as_slice(), [20.0, 10.0, 0.0]);
    }

    proptest! {
        #[test]
        fn norms_equal_those_of_the_formula(
            channels in 1_usize..4,
            size in (1_usize..9, 1_usize..70),
            block in (1_usize..4, 1_usize..4),
            seed in 0_u64..1000,
        ) {
            let blocks = Blocks::new([size.0, size.1], [block.0, block.1]);
            let shape = [1, channels, size.0, size.1];
            let x = Tensor::normal(shape, 1.0, &mut Seed(seed).stream("phases"));
            for norm in [Norm::L1, Norm::L2, Norm::Max] {
                let expected = super::super::reference::norms(blocks, x.as_slice(), norm);
                for (norm, expected) in norms(blocks, x.as_slice(), norm).iter().zip(expected) {
                    prop_assert!((norm - expected).abs() < 1e-9 * expected.max(1.0));
                }
            }
        }
    }
}
