//! Pooling as its formulas: every window, every cell.

use super::{Argmax, Divisor};
use crate::{Scalar, Tensor, Windows};

pub(super) fn max_pool(x: &Tensor, at: &Windows) -> (Tensor, Argmax) {
    let [batch, channels, height, width] = x.nchw();
    let [rows, columns] = at.output();
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let mut argmax = Argmax::zeros(y.len(), at.window().area());
    let (x, out) = (x.as_slice(), y.as_mut_slice());
    for plane in 0..batch * channels {
        let x = &x[plane * height * width..][..height * width];
        for i in 0..rows {
            for j in 0..columns {
                let mut best = (Scalar::NEG_INFINITY, 0);
                for (nth, (offset, cell)) in at.cells(i, j).enumerate() {
                    if nth == 0 || x[cell] > best.0 || x[cell].is_nan() {
                        best = (x[cell], offset);
                    }
                }
                let at_y = (plane * rows + i) * columns + j;
                out[at_y] = best.0;
                argmax.set(at_y, best.1);
            }
        }
    }
    (y, argmax)
}

#[cfg(cenote_f64)]
pub(super) fn relu_max_pool(x: &Tensor, at: &Windows) -> (Tensor, Argmax) {
    max_pool(&crate::relu(x.clone()), at)
}

pub(super) fn max_pool_backward(dy: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    let [batch, channels, rows, columns] = dy.nchw();
    let [height, width] = at.input();
    let mut dx = Tensor::zeros([batch, channels, height, width]);
    let (dy, out) = (dy.as_slice(), dx.as_mut_slice());
    for plane in 0..batch * channels {
        for i in 0..rows {
            for j in 0..columns {
                let at_y = (plane * rows + i) * columns + j;
                let winner = argmax.offset(at_y);
                // A window without a cell has no winner: its offset 0 lies in the padding.
                if let Some((_, cell)) = at.cells(i, j).find(|&(offset, _)| offset == winner) {
                    out[plane * height * width + cell] += dy[at_y];
                }
            }
        }
    }
    dx
}

/// What the sum over the window at `(row, column)` is divided by.
pub(super) fn divide_by(at: &Windows, divisor: Divisor, row: usize, column: usize) -> Scalar {
    let count = match divisor {
        Divisor::CountPadding => at.padded_area(row, column),
        Divisor::RealCells => at.cells(row, column).count(),
        Divisor::Fixed(count) => count,
    };
    count as Scalar
}

pub(super) fn avg_pool(x: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    let [batch, channels, height, width] = x.nchw();
    let [rows, columns] = at.output();
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let (x, out) = (x.as_slice(), y.as_mut_slice());
    for plane in 0..batch * channels {
        let x = &x[plane * height * width..][..height * width];
        for i in 0..rows {
            for j in 0..columns {
                let mut cells = at.cells(i, j).map(|(_, cell)| x[cell]).peekable();
                out[(plane * rows + i) * columns + j] = if cells.peek().is_some() {
                    cells.sum::<Scalar>() / divide_by(at, divisor, i, j)
                } else {
                    0.0
                };
            }
        }
    }
    y
}

pub(super) fn avg_pool_backward(dy: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    let [batch, channels, rows, columns] = dy.nchw();
    let [height, width] = at.input();
    let mut dx = Tensor::zeros([batch, channels, height, width]);
    let (dy, out) = (dy.as_slice(), dx.as_mut_slice());
    for plane in 0..batch * channels {
        for i in 0..rows {
            for j in 0..columns {
                let share = dy[(plane * rows + i) * columns + j] / divide_by(at, divisor, i, j);
                for (_, cell) in at.cells(i, j) {
                    out[plane * height * width + cell] += share;
                }
            }
        }
    }
    dx
}

#[cfg(test)]
mod tests {
    use crate::{
        Divisor, Rounding, Scalar, Tensor, Window, avg_pool, avg_pool_backward, max_pool,
        max_pool_backward,
    };

    const NAN: Scalar = Scalar::NAN;
    const LOW: Scalar = Scalar::NEG_INFINITY;

    fn plane(rows: usize, values: &[Scalar]) -> Tensor {
        Tensor::from_vec([1, 1, rows, values.len() / rows], values.to_vec()).expect("whole rows")
    }

    #[test]
    fn the_first_of_equal_maxima_takes_the_gradient() {
        let at = Window::square(2).fit("max_pool", [2, 4]).expect("fits");
        let (y, argmax) = max_pool(&plane(2, &[0.0, 7.0, 1.0, 1.0, 7.0, 7.0, 1.0, 1.0]), &at);
        assert_eq!(y.as_slice(), [7.0, 1.0]);
        assert_eq!((argmax.offset(0), argmax.offset(1), argmax.bytes()), (1, 0, 2));
        let dx = max_pool_backward(&plane(1, &[2.0, 3.0]), &argmax, &at);
        assert_eq!(dx.as_slice(), [0.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn overlapping_windows_add_up_at_a_common_winner() {
        let at = Window::new([1, 3], [1, 1]).fit("max_pool", [1, 5]).expect("fits");
        let (_, argmax) = max_pool(&plane(1, &[1.0, 2.0, 9.0, 3.0, 4.0]), &at);
        let dx = max_pool_backward(&plane(1, &[1.0, 10.0, 100.0]), &argmax, &at);
        assert_eq!(dx.as_slice(), [0.0, 0.0, 111.0, 0.0, 0.0]);
    }

    #[test]
    fn the_last_nan_of_a_window_wins() {
        let at = Window::square(2).fit("max_pool", [2, 2]).expect("fits");
        let (y, argmax) = max_pool(&plane(2, &[NAN, 5.0, NAN, 9.0]), &at);
        assert!(y.as_slice()[0].is_nan());
        assert_eq!(argmax.offset(0), 2);
    }

    #[test]
    fn padding_never_wins_even_over_minus_infinity() {
        let at = Window::square(2).padded([1, 1]).fit("max_pool", [2, 2]).expect("fits");
        let (y, argmax) = max_pool(&plane(2, &[LOW, -3.0, -1.0, -2.0]), &at);
        assert_eq!(y.as_slice(), [LOW, -3.0, -1.0, -2.0]);
        assert_eq!([0, 1, 2, 3].map(|i| argmax.offset(i)), [3, 2, 1, 0]);
    }

    #[test]
    fn windows_of_more_than_256_cells_keep_wide_offsets() {
        let at = Window::new([2, 150], [2, 150]).fit("max_pool", [2, 150]).expect("fits");
        let x = Tensor::from_fn([1, 1, 2, 150], |i| i as Scalar);
        let (y, argmax) = max_pool(&x, &at);
        assert_eq!((y.as_slice(), argmax.offset(0), argmax.bytes()), (&[299.0][..], 299, 4));
    }

    #[test]
    fn the_divisor_counts_what_its_name_says() {
        // PyTorch: AvgPool2d((1, 3), stride=(1, 2), padding=(0, 1), ceil_mode=True) on 1x4.
        let window = Window::new([1, 3], [1, 2]).padded([0, 1]).rounded(Rounding::Ceil);
        let at = window.fit("avg_pool", [1, 4]).expect("fits");
        let x = plane(1, &[6.0, 12.0, 18.0, 24.0]);
        let pooled = |divisor| avg_pool(&x, &at, divisor).into_vec();
        assert_eq!(pooled(Divisor::CountPadding), [6.0, 18.0, 12.0]);
        assert_eq!(pooled(Divisor::RealCells), [9.0, 18.0, 24.0]);
        assert_eq!(pooled(Divisor::Fixed(2)), [9.0, 27.0, 12.0]);
        let dx = avg_pool_backward(&plane(1, &[6.0, 12.0, 4.0]), &at, Divisor::RealCells);
        assert_eq!(dx.as_slice(), [3.0, 3.0 + 4.0, 4.0, 4.0 + 4.0]);
    }

    #[test]
    fn a_window_without_a_real_cell_gives_zero_or_minus_infinity_and_passes_nothing_back() {
        let at = Window::square(1).padded([0, 1]).fit("pool", [1, 1]).expect("fits");
        let x = plane(1, &[5.0]);
        for divisor in [Divisor::CountPadding, Divisor::RealCells] {
            assert_eq!(avg_pool(&x, &at, divisor).as_slice(), [0.0, 5.0, 0.0]);
            let dx = avg_pool_backward(&plane(1, &[1.0, 2.0, 4.0]), &at, divisor);
            assert_eq!(dx.as_slice(), [2.0]);
        }
        let (y, argmax) = max_pool(&x, &at);
        assert_eq!(y.as_slice(), [LOW, 5.0, LOW]);
        let dx = max_pool_backward(&plane(1, &[1.0, 2.0, 4.0]), &argmax, &at);
        assert_eq!(dx.as_slice(), [2.0]);
    }
}
