//! The mean of whole planes.

#[cfg(not(cenote_f64))]
use crate::ops::parallel;
use crate::ops::reduce::plane_sums;
use crate::{Scalar, Tensor};

/// The mean of every plane: `x` `(N, C, H, W)` to `y` `(N, C)`.
pub fn global_avg_pool(x: &Tensor) -> Tensor {
    let [batch, channels, rows, columns] = x.nchw();
    let area = rows * columns;
    let sums = plane_sums(x.as_slice(), area);
    Tensor::from_fn([batch, channels], |plane| (sums[plane] / area as f64) as Scalar)
}

/// `∂x` `(N, C, H, W)` of [`global_avg_pool`] on planes of size `input`: `∂y / (H · W)` everywhere.
pub fn global_avg_pool_backward(dy: &Tensor, input: [usize; 2]) -> Tensor {
    let &[batch, channels] = dy.dims() else { panic!("global_avg_pool: dy is (N, C)") };
    let [rows, columns] = input;
    let area = rows * columns;
    let mut dx = Tensor::stale([batch, channels, rows, columns]);
    let spread = |plane: &mut [Scalar], dy: Scalar| plane.fill(dy / area as Scalar);
    #[cfg(not(cenote_f64))]
    parallel::chunks(dx.as_mut_slice(), area, 8 * area as u64, |nth, plane| {
        spread(plane, dy.as_slice()[nth]);
    });
    #[cfg(cenote_f64)]
    for (plane, &dy) in dx.as_mut_slice().chunks_exact_mut(area.max(1)).zip(dy.as_slice()) {
        spread(plane, dy);
    }
    dx
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plane_is_averaged_by_itself() {
        let x = Tensor::from_fn([1, 2, 2, 3], |i| i as Scalar);
        let y = global_avg_pool(&x);
        assert_eq!((y.dims(), y.as_slice()), (&[1, 2][..], &[2.5, 8.5][..]));
    }

    #[test]
    fn the_gradient_is_shared_evenly() {
        let dy = Tensor::from_vec([1, 2], vec![6.0, 12.0]).expect("2 values");
        let dx = global_avg_pool_backward(&dy, [2, 3]);
        assert_eq!(dx.as_slice(), [[1.0; 6], [2.0; 6]].concat());
    }
}
