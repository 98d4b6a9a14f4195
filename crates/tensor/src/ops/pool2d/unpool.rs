//! The inverse of max pooling: maxima back to where they were found, zeros elsewhere.
//!
//! Windows that overlap can have found their maxima in one cell. Then the last of them, in row-major
//! order of the outputs, is what stands there, and it alone gets the gradient.

use crate::ops::regions::fill_planes;
use crate::{Argmax, Tensor, Window, Windows};

/// Every `y` at the place of its maximum: `y` `(N, C, OH, OW)` to `x` `(N, C, H, W)`.
///
/// # Panics
/// When `y` and the places are not of one pass over these windows.
pub fn max_unpool(y: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    let [batch, channels, ..] = check(y, argmax, at);
    #[cfg(not(cenote_f64))]
    if let Some(x) = super::placing::put_back(y, argmax, at) {
        return x;
    }
    let [rows, columns] = at.input();
    let outputs = at.output()[0] * at.output()[1];
    let mut x = Tensor::stale([batch, channels, rows, columns]);
    fill_planes(&mut x, outputs, |plane, x| {
        x.fill(0.0);
        let first = plane * outputs;
        places(argmax, at, first, |i, place| x[place] = y.as_slice()[first + i]);
    });
    x
}

/// `dy` of [`max_unpool`]: what stands at the place of every maximum in `dx`, 0 where another one
/// stands.
///
/// # Panics
/// When `dx` and the places are not of one pass over these windows.
pub fn max_unpool_backward(dx: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    let [batch, channels, rows, columns] = dx.nchw();
    assert_eq!([rows, columns], at.input(), "max_unpool: dx as fitted");
    let [high, wide] = at.output();
    let (outputs, area) = (high * wide, rows * columns);
    let mut dy = Tensor::stale([batch, channels, high, wide]);
    check(&dy, argmax, at);
    let Window { stride, .. } = at.window();
    let span = at.window().span();
    let apart = stride[0] >= span[0] && stride[1] >= span[1];
    fill_planes(&mut dy, area, |plane, dy| {
        dy.fill(0.0);
        let dx = &dx.as_slice()[plane * area..][..area];
        let first = plane * outputs;
        if apart {
            places(argmax, at, first, |i, place| dy[i] = dx[place]);
            return;
        }
        let mut owner = vec![None; area];
        places(argmax, at, first, |i, place| owner[place] = Some(i));
        for (owner, &dx) in owner.into_iter().zip(dx) {
            if let Some(i) = owner {
                dy[i] = dx;
            }
        }
    });
    dy
}

/// The gradient of maxima that went back to their own cells: `dy` where a maximum stands, 0 elsewhere.
///
/// # Panics
/// When `dy` and the places are not of one pass over these windows.
pub fn max_unpool_own_backward(dy: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    assert_eq!(dy.nchw()[2..], at.input(), "max_unpool: dy as fitted");
    #[cfg(not(cenote_f64))]
    if let Some(dx) = super::placing::keep(dy, argmax, at) {
        return dx;
    }
    // A cell that several windows chose has one owner, the last to be written again.
    max_unpool(&max_unpool_backward(dy, argmax, at), argmax, at)
}

fn check(y: &Tensor, argmax: &Argmax, at: &Windows) -> [usize; 4] {
    let shape @ [.., rows, columns] = y.nchw();
    assert_eq!([rows, columns], at.output(), "max_unpool: y as fitted");
    assert_eq!(y.len(), argmax.len(), "max_unpool: values and places of one pass");
    shape
}

/// Calls `visit(i, place)` for every output of the plane whose outputs begin at `first`, with the
/// place of its maximum in the plane. A window without any cell has none.
fn places(argmax: &Argmax, at: &Windows, first: usize, mut visit: impl FnMut(usize, usize)) {
    let Window { kernel, stride, before, dilation, .. } = at.window();
    let ([rows, columns], [high, wide]) = (at.input(), at.output());
    // A division per output would take longer than all else.
    let offsets: Vec<[usize; 2]> = (0..kernel[0] * kernel[1])
        .map(|offset| [offset / kernel[1] * dilation[0], offset % kernel[1] * dilation[1]])
        .collect();
    for (i, j) in (0..high).flat_map(|i| (0..wide).map(move |j| (i, j))) {
        let nth = i * wide + j;
        let [down, right] = offsets[argmax.offset(first + nth)];
        // Before the first row or column it wraps around, beyond any size.
        let row = (i * stride[0] + down).wrapping_sub(before[0]);
        let column = (j * stride[1] + right).wrapping_sub(before[1]);
        if row < rows && column < columns {
            visit(nth, row * columns + column);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scalar, max_pool};

    #[test]
    fn small_windows_give_what_each_place_by_itself_gives() {
        let windows = [
            (Window::new([2, 2], [2, 1]), [7, 41]),
            (Window::new([2, 3], [1, 2]).padded([1, 1]), [6, 19]),
            (Window::new([3, 3], [2, 2]).padded([1, 1]), [9, 33]),
            (Window::square(2), [4, 6]),
        ];
        for (window, [rows, columns]) in windows {
            let at = window.fit("pool", [rows, columns]).expect("fits");
            let x = Tensor::from_fn([2, 3, rows, columns], |i| ((i * 37 + i / 5) % 11) as Scalar);
            let (y, argmax) = max_pool(&x, &at);
            let y = Tensor::from_fn(y.shape(), |i| i as Scalar + 1.0);
            let (back, outputs) = (max_unpool(&y, &argmax, &at), at.output()[0] * at.output()[1]);
            let dy = Tensor::from_fn(x.shape(), |i| i as Scalar - 20.5);
            let dx = max_unpool_own_backward(&dy, &argmax, &at);
            for plane in 0..6 {
                let area = rows * columns;
                let mut expected = vec![0.0; area];
                places(&argmax, &at, plane * outputs, |i, place| {
                    expected[place] = y.as_slice()[plane * outputs + i];
                });
                assert_eq!(back.as_slice()[plane * area..][..area], expected, "{at:?}");
                for (place, stands) in expected.into_iter().enumerate() {
                    let kept = if stands > 0.0 { dy.as_slice()[plane * area + place] } else { 0.0 };
                    assert_eq!(dx.as_slice()[plane * area + place].to_bits(), kept.to_bits());
                }
            }
        }
    }

    #[test]
    fn maxima_go_back_to_their_cells() {
        let at = Window::square(2).fit("pool", [2, 4]).expect("fits");
        let x = Tensor::from_vec([1, 1, 2, 4], vec![1.0, 5.0, 2.0, 0.0, 3.0, 4.0, 8.0, 7.0]);
        let (y, argmax) = max_pool(&x.expect("8 values"), &at);
        let back = max_unpool(&y, &argmax, &at);
        assert_eq!(back.as_slice(), [0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 8.0, 0.0]);
        let dx = Tensor::from_fn([1, 1, 2, 4], |i| i as Scalar);
        assert_eq!(max_unpool_backward(&dx, &argmax, &at).as_slice(), [1.0, 6.0]);
    }

    #[test]
    fn of_windows_that_found_one_cell_the_last_one_owns_it() {
        let at = Window::new([1, 2], [1, 1]).fit("pool", [1, 3]).expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 3], vec![1.0, 5.0, 2.0]).expect("3 values");
        let (_, argmax) = max_pool(&x, &at);
        let values = Tensor::from_vec([1, 1, 1, 2], vec![10.0, 20.0]).expect("2 values");
        assert_eq!(max_unpool(&values, &argmax, &at).as_slice(), [0.0, 20.0, 0.0]);
        let dx = Tensor::full([1, 1, 1, 3], 3.0);
        assert_eq!(max_unpool_backward(&dx, &argmax, &at).as_slice(), [0.0, 3.0]);
    }
}
