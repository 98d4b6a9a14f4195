//! Means of planes with one weight per cell, the same for all channels of an image.
//!
//! ```text
//! y[n, c]    = Σ a[n, h, w] x[n, c, h, w]
//! dx         = dy[n, c] a[n, h, w]
//! da[n, h, w] = Σ_c dy[n, c] x[n, c, h, w]
//! ```

use super::kernels::dot;
#[cfg(not(cenote_f64))]
use crate::ops::parallel;
use crate::{Scalar, Tensor};

/// Cells of a row of sums that stay in the nearest cache while all channels pass.
const NEAR: usize = 1 << 11;

/// `y` `(N, C)` of `x` `(N, C, H, W)` under the weights `a` `(N, 1, H, W)`.
///
/// # Panics
/// When there is not one weight per cell of an image.
pub fn weighted_sum(x: &Tensor, a: &Tensor) -> Tensor {
    let [batch, channels, area] = sizes(x, a);
    let mut y = Tensor::stale([batch, channels]);
    each(y.as_mut_slice(), 1, 2 * area, |plane, y| {
        let a = &a.as_slice()[plane / channels * area..][..area];
        y[0] = dot(&x.as_slice()[plane * area..][..area], a);
    });
    y
}

/// `dx` of [`weighted_sum`].
///
/// # Panics
/// When `dy` has not one number per image and channel.
pub fn weighted_sum_backward(dy: &Tensor, a: &Tensor) -> Tensor {
    let ([batch, _, rows, columns], &[_, channels]) = (a.nchw(), dy.dims()) else {
        panic!("weighted_sum: dy is (N, C)")
    };
    let mut dx = Tensor::stale([batch, channels, rows, columns]);
    let area = rows * columns;
    each(dx.as_mut_slice(), area, 12 * area, |plane, dx| {
        let (a, dy) = (&a.as_slice()[plane / channels * area..][..area], dy.as_slice()[plane]);
        dx.iter_mut().zip(a).for_each(|(dx, a)| *dx = dy * a);
    });
    dx
}

/// `da` of [`weighted_sum`].
///
/// # Panics
/// When `dy` has not one number per image and channel.
pub fn weights_of_sum_backward(dy: &Tensor, x: &Tensor) -> Tensor {
    let [batch, channels, rows, columns] = x.nchw();
    assert_eq!(*dy.dims(), [batch, channels], "weighted_sum: dy is (N, C)");
    let mut da = Tensor::stale([batch, 1, rows, columns]);
    let area = rows * columns;
    each(da.as_mut_slice(), area, 12 * channels * area, |image, da| {
        let dy = &dy.as_slice()[image * channels..][..channels];
        let planes = &x.as_slice()[image * channels * area..][..channels * area];
        for (nth, da) in da.chunks_mut(NEAR).enumerate() {
            da.fill(0.0);
            for (x, &dy) in planes.chunks_exact(area).zip(dy) {
                let x = &x[nth * NEAR..][..da.len()];
                da.iter_mut().zip(x).for_each(|(da, x)| *da += dy * x);
            }
        }
    });
    da
}

/// Images, channels, and cells of a plane.
fn sizes(x: &Tensor, a: &Tensor) -> [usize; 3] {
    let [batch, channels, rows, columns] = x.nchw();
    assert_eq!(a.nchw(), [batch, 1, rows, columns], "weighted_sum: a weight per cell");
    [batch, channels, rows * columns]
}

/// Calls `work` with every `size` numbers of `out`.
fn each(
    out: &mut [Scalar],
    size: usize,
    operations: usize,
    work: impl Fn(usize, &mut [Scalar]) + Sync,
) {
    #[cfg(not(cenote_f64))]
    parallel::chunks(out, size, operations as u64, work);
    #[cfg(cenote_f64)]
    {
        let _ = operations;
        out.chunks_mut(size.max(1)).enumerate().for_each(|(nth, out)| work(nth, out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_gradients_of_two_images_by_hand() {
        let x = Tensor::from_fn([2, 2, 1, 3], |i| i as Scalar);
        let a = Tensor::from_vec([2, 1, 1, 3], vec![1.0, 0.0, 2.0, -1.0, 3.0, 0.5]);
        let a = a.expect("6 values");
        assert_eq!(weighted_sum(&x, &a).as_slice(), [4.0, 13.0, 19.0, 26.5]);
        let dy = Tensor::from_vec([2, 2], vec![1.0, 10.0, 2.0, -1.0]).expect("4 values");
        let dx = weighted_sum_backward(&dy, &a);
        let expected = [1.0, 0.0, 2.0, 10.0, 0.0, 20.0, -2.0, 6.0, 1.0, 1.0, -3.0, -0.5];
        assert_eq!(dx.as_slice(), expected);
        let da = weights_of_sum_backward(&dy, &x);
        assert_eq!(da.as_slice(), [30.0, 41.0, 52.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn large_planes_are_summed_in_pieces() {
        let (x, a) = (Tensor::full([1, 3, 50, 70], 0.5), Tensor::full([1, 1, 50, 70], 2.0));
        assert_eq!(weighted_sum(&x, &a).as_slice(), [3500.0; 3]);
        let da = weights_of_sum_backward(&Tensor::full([1, 3], 2.0), &x);
        assert_eq!(da.as_slice(), [3.0; 3500]);
    }
}
