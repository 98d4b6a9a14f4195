//! The first phase alone: every `s`-th row and `t`-th column.

use super::{Blocks, thin};
use crate::{Scalar, Tensor};

/// The first cell of every block: `x` `(N, C, H, W)` to `(N, C, ⌈H/s⌉, ⌈W/t⌉)`.
///
/// ```text
/// y[n, c, i, j] = x[n, c, s·i, t·j]
/// ```
pub fn decimate(x: &Tensor, block: [usize; 2]) -> Tensor {
    let [batch, channels, rows, columns] = x.nchw();
    let Blocks { size: [s, t], input: [_, width], output, .. } =
        Blocks::new([rows, columns], block);
    let mut y = Tensor::stale([batch, channels, output[0], output[1]]);
    let area = rows * columns;
    crate::ops::regions::fill_planes(&mut y, output[0] * output[1], |plane, y| {
        let x = &x.as_slice()[plane * area..][..area];
        for (row, y) in x.chunks_exact(width).step_by(s).zip(y.chunks_exact_mut(output[1])) {
            thin(row, t, y);
        }
    });
    y
}

/// `dx` of [`decimate`] on planes of size `input`: every `dy` to the cell it came from, 0 elsewhere.
pub fn decimate_backward(dy: &Tensor, block: [usize; 2], input: [usize; 2]) -> Tensor {
    let [batch, channels, rows, columns] = dy.nchw();
    let ([s, t], [height, width]) = (block, input);
    let mut dx = Tensor::stale([batch, channels, height, width]);
    let area = rows * columns;
    crate::ops::regions::fill_planes(&mut dx, area, |plane, dx| {
        let dy = &dy.as_slice()[plane * area..][..area];
        for (strip, dy) in dx.chunks_mut(s * width).zip(dy.chunks_exact(columns)) {
            strip.fill(0.0);
            let kept: &mut [Scalar] = &mut strip[..width];
            kept.iter_mut().step_by(t).zip(dy).for_each(|(dx, &dy)| *dx = dy);
        }
    });
    dx
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Divisor, Window, avg_pool, avg_pool_backward};

    proptest! {
        #[test]
        fn it_is_the_mean_of_windows_of_one_cell(
            planes in (0_usize..3, 1_usize..4),
            size in (1_usize..9, 1_usize..40),
            block in (1_usize..5, 1_usize..5),
        ) {
            let (input, block) = ([size.0, size.1], [block.0, block.1]);
            let x = Tensor::from_fn([planes.0, planes.1, size.0, size.1], |i| i as Scalar + 1.0);
            let at = Window::new([1, 1], block).fit("decimate", input).expect("one cell fits");
            let y = decimate(&x, block);
            prop_assert_eq!(&y, &avg_pool(&x, &at, Divisor::RealCells));
            let dx = decimate_backward(&y, block, input);
            prop_assert_eq!(dx, avg_pool_backward(&y, &at, Divisor::RealCells));
        }
    }
}
