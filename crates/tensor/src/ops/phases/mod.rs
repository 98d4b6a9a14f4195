//! The phases of a grid: every `s`-th row and column, from each of the `s²` starts.
//!
//! ```text
//! phase (u, v) of x    p[i, j] = x[s·i + u, s·j + v]
//! ```
//!
//! [`space_to_depth`] keeps all of them, side by side as channels; [`strongest_phase`] keeps the one
//! with the largest norm, and [`decimate`] the first.

mod decimate;
#[cfg(not(cenote_f64))]
mod fast;
mod reference;
mod strongest;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use decimate::{decimate, decimate_backward};
pub use strongest::{Norm, Phase, strongest_phase, strongest_phase_backward};

use crate::{Scalar, Tensor};

/// How planes are cut into blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Rows and columns of a block.
    pub(crate) size: [usize; 2],
    /// Rows and columns of a plane.
    pub(crate) input: [usize; 2],
    /// Rows and columns of blocks.
    pub(crate) output: [usize; 2],
}

impl Blocks {
    fn new([rows, columns]: [usize; 2], size: [usize; 2]) -> Self {
        let output = [rows.div_ceil(size[0]), columns.div_ceil(size[1])];
        Self { size, input: [rows, columns], output }
    }

    pub(crate) fn area(&self) -> usize {
        self.size[0] * self.size[1]
    }
}

/// Every phase of every channel as a channel of its own: `x` `(N, C, H, W)` to
/// `(N, C·s·t, ⌈H/s⌉, ⌈W/t⌉)` for blocks of `s` by `t` cells.
///
/// ```text
/// y[n, c·s·t + u·t + v, i, j] = x[n, c, s·i + u, t·j + v]        0 where that lies outside
/// ```
///
/// The order of PyTorch's `pixel_unshuffle`.
///
/// ```
/// use cenote_tensor::{Tensor, space_to_depth};
///
/// let x = Tensor::from_vec([1, 1, 2, 4], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])?;
/// let y = space_to_depth(&x, [2, 2]);
/// assert_eq!(y.dims(), [1, 4, 1, 2]);
/// assert_eq!(y.as_slice(), [1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0]);
/// # Ok::<(), cenote_tensor::Error>(())
/// ```
pub fn space_to_depth(x: &Tensor, block: [usize; 2]) -> Tensor {
    let [batch, channels, rows, columns] = x.nchw();
    let blocks = Blocks::new([rows, columns], block);
    let [rows, columns] = blocks.output;
    let mut y = Tensor::stale([batch, channels * blocks.area(), rows, columns]);
    kernels::deal(blocks, x.as_slice(), y.as_mut_slice());
    y
}

/// `dx` of [`space_to_depth`] on planes of size `input`: every cell back to where it was.
pub fn space_to_depth_backward(dy: &Tensor, block: [usize; 2], input: [usize; 2]) -> Tensor {
    let [batch, channels, ..] = dy.nchw();
    let blocks = Blocks::new(input, block);
    let mut dx = Tensor::stale([batch, channels / blocks.area(), input[0], input[1]]);
    kernels::weave(blocks, dy.as_slice(), dx.as_mut_slice());
    dx
}

/// Every `step`-th number of a row.
#[inline]
fn thin(from: &[Scalar], step: usize, into: &mut [Scalar]) {
    if step == 2 {
        // The number after the last one that is used may not exist, so that one goes by itself.
        let Some((last, into)) = into.split_last_mut() else { return };
        let (pairs, _) = from[..2 * into.len()].as_chunks::<2>();
        for (into, [even, _]) in into.iter_mut().zip(pairs) {
            *into = *even;
        }
        *last = from[2 * into.len()];
        return;
    }
    for (into, from) in into.iter_mut().zip(from.iter().step_by(step)) {
        *into = *from;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ramp(shape: [usize; 4]) -> Tensor {
        Tensor::from_fn(shape, |i| i as Scalar + 1.0)
    }

    proptest! {
        #[test]
        fn fast_equals_reference_and_going_back_restores_the_input(
            planes in (0_usize..3, 1_usize..4),
            size in (1_usize..9, 1_usize..40),
            block in (1_usize..4, 1_usize..4),
        ) {
            let (input, block) = ([size.0, size.1], [block.0, block.1]);
            let x = ramp([planes.0, planes.1, size.0, size.1]);
            let y = space_to_depth(&x, block);
            let mut expected = y.clone();
            reference::deal(Blocks::new(input, block), x.as_slice(), expected.as_mut_slice());
            prop_assert_eq!(&y, &expected);
            prop_assert_eq!(space_to_depth_backward(&y, block, input), x.clone());
            let mut back = x.clone();
            reference::weave(Blocks::new(input, block), y.as_slice(), back.as_mut_slice());
            prop_assert_eq!(back, x);
        }
    }
}
