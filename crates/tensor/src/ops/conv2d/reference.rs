//! Convolution as its formula: one loop per index.

use super::Conv2d;
use crate::{Scalar, Tensor};

impl Conv2d {
    /// Calls `visit(i_y, i_w, i_x)` with the buffer positions of every product of one image.
    fn products(&self, n: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let [out_rows, out_columns] = self.windows.output();
        let [in_rows, in_columns] = self.windows.input();
        let (per_group, area) = (self.in_channels / self.groups, self.windows.window().area());
        for o in 0..self.out_channels {
            let group = o / (self.out_channels / self.groups);
            for i in 0..out_rows {
                for j in 0..out_columns {
                    let at_y = ((n * self.out_channels + o) * out_rows + i) * out_columns + j;
                    for c in 0..per_group {
                        let plane = n * self.in_channels + group * per_group + c;
                        for (tap, cell) in self.windows.cells(i, j) {
                            let at_w = (o * per_group + c) * area + tap;
                            visit(at_y, at_w, plane * in_rows * in_columns + cell);
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn forward(conv: &Conv2d, x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let [batch, ..] = x.nchw();
    let [rows, columns] = conv.output();
    let area = rows * columns;
    let mut y = Tensor::from_fn([batch, conv.out_channels, rows, columns], |i| {
        bias.map_or(0.0, |bias| bias.as_slice()[i / area % conv.out_channels])
    });
    let (x, w, out) = (x.as_slice(), w.as_slice(), y.as_mut_slice());
    for n in 0..batch {
        conv.products(n, |i_y, i_w, i_x| out[i_y] += w[i_w] * x[i_x]);
    }
    y
}

pub(super) fn backward_input(conv: &Conv2d, dy: &Tensor, w: &Tensor) -> Tensor {
    let [batch, ..] = dy.nchw();
    let [rows, columns] = conv.windows.input();
    let mut dx = Tensor::zeros([batch, conv.in_channels, rows, columns]);
    let (dy, w, out) = (dy.as_slice(), w.as_slice(), dx.as_mut_slice());
    for n in 0..batch {
        conv.products(n, |i_y, i_w, i_x| out[i_x] += w[i_w] * dy[i_y]);
    }
    dx
}

pub(super) fn backward_weight(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Tensor {
    let mut dw = Tensor::zeros(conv.weight_shape());
    let (x, dy) = (x.as_slice(), dy.as_slice());
    let out: &mut [Scalar] = dw.as_mut_slice();
    for n in 0..x.len() / (conv.in_channels * conv.windows.input().iter().product::<usize>()) {
        conv.products(n, |i_y, i_w, i_x| out[i_w] += dy[i_y] * x[i_x]);
    }
    dw
}

#[cfg(test)]
mod tests {
    use crate::{Conv2d, Scalar, Tensor, Window};

    fn ramp(shape: [usize; 4]) -> Tensor {
        Tensor::from_fn(shape, |i| i as Scalar)
    }

    #[test]
    fn a_padded_strided_window_reads_zeros_outside_and_adds_the_bias() {
        // x is 0..12 in 3x4, kernel 2x3 of ones, stride 2, padding 1, by hand:
        // rows {-1,0}, {1,2}; columns {-1,0,1}, {1,2,3}.
        let window = Window::new([2, 3], [2, 2]).padded([1, 1]);
        let conv = Conv2d::fit(window, 1, 1, 1, [3, 4]).expect("fits");
        let w = Tensor::full([1, 1, 2, 3], 1.0);
        let y = conv.forward(&ramp([1, 1, 3, 4]), &w, Some(&Tensor::full([1], 0.5)));
        assert_eq!(y.dims(), [1, 1, 2, 2]);
        assert_eq!(y.as_slice(), [1.5, 6.5, 26.5, 48.5]);
    }

    #[test]
    fn groups_see_only_their_own_channels() {
        let conv = Conv2d::fit(Window::new([1, 1], [1, 1]), 4, 2, 2, [1, 1]).expect("fits");
        let x = Tensor::from_vec([1, 4, 1, 1], vec![1.0, 10.0, 100.0, 1000.0]).expect("4");
        let w = Tensor::from_vec([2, 2, 1, 1], vec![1.0, 2.0, 3.0, 4.0]).expect("4");
        assert_eq!(conv.forward(&x, &w, None).as_slice(), [21.0, 4300.0]);
    }

    #[test]
    fn forward_and_both_gradients_are_adjoint() {
        // <dy, conv(x, w)> = <backward_input(dy, w), x> = <backward_weight(x, dy), w>.
        let window = Window::new([3, 2], [2, 1]).padded([1, 1]).dilated([1, 2]);
        let conv = Conv2d::fit(window, 4, 6, 2, [5, 7]).expect("fits");
        let wave = |shape: crate::Shape, step: usize| {
            Tensor::from_fn(shape, |i| (i * step % 11) as Scalar - 5.0)
        };
        let x = wave([2, 4, 5, 7].into(), 3);
        let w = wave(conv.weight_shape(), 7);
        let [rows, columns] = conv.output();
        let dy = wave([2, 6, rows, columns].into(), 5);
        let dot = |a: &Tensor, b: &Tensor| {
            a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum::<Scalar>()
        };
        let forward = dot(&dy, &conv.forward(&x, &w, None));
        let backward =
            [dot(&conv.backward_input(&dy, &w), &x), dot(&conv.backward_weight(&x, &dy), &w)];
        assert!(backward.iter().all(|sum| (sum - forward).abs() < 0.5), "{forward} {backward:?}");
        assert!(forward.abs() > 10.0, "the witness is not trivially zero: {forward}");
    }

    #[test]
    fn groups_that_do_not_divide_the_channels_are_refused() {
        let error =
            Conv2d::fit(Window::square(1), 6, 4, 4, [3, 3]).expect_err("4 is no divisor of 6");
        assert_eq!(
            error.to_string(),
            "conv2d: groups is 4; expected a divisor of in_channels 6 and out_channels 4"
        );
    }

    #[test]
    fn macs_count_every_tap_of_every_output() {
        let conv = Conv2d::fit(Window::new([3, 3], [1, 1]).padded([1, 1]), 8, 16, 1, [28, 28])
            .expect("fits");
        assert_eq!(conv.macs(), 28 * 28 * 16 * 8 * 9);
    }
}
