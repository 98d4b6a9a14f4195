//! Single cells of feature maps, a row of channels for each.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Shape, Tensor};

/// The channels of each of `M` cells `[n, i, j]` of maps `(N, C, H, W)`, as rows `(M, C)`.
///
/// A cell that is read twice is given the gradients of both, in their order.
///
/// ```
/// use cenote_autograd::Tape;
/// use cenote_layers::cells;
/// use cenote_tensor::{Scalar, Tensor};
///
/// let tape = Tape::new();
/// let x = tape.leaf(Tensor::from_fn([1, 2, 2, 2], |i| i as Scalar));
/// assert_eq!(cells(&x, vec![[0, 0, 1]]).value().as_slice(), [1.0, 5.0]);
/// ```
///
/// # Panics
/// When there is no such cell.
pub fn cells<'t>(x: &Var<'t>, at: Vec<[usize; 3]>) -> Var<'t> {
    let shape = x.shape();
    let values = x.value().as_slice();
    let mut y = Tensor::stale([at.len(), shape.dims()[1]]);
    for (y, place) in y.as_mut_slice().iter_mut().zip(places(shape, &at)) {
        *y = values[place];
    }
    x.tape().record(y, &[x], || Scattered { shape, at })
}

/// Where the values of the rows lie, row by row.
fn places(shape: Shape, at: &[[usize; 3]]) -> impl Iterator<Item = usize> {
    let [batch, channels, h, w] = shape.dims().try_into().expect("maps have four axes");
    at.iter().flat_map(move |&[n, i, j]| {
        assert!(n < batch && i < h && j < w, "cell [{n}, {i}, {j}] of {batch} maps of {h}x{w}");
        (0..channels).map(move |c| ((n * channels + c) * h + i) * w + j)
    })
}

struct Scattered {
    shape: Shape,
    at: Vec<[usize; 3]>,
}

impl Function for Scattered {
    fn name(&self) -> &'static str {
        "cells"
    }

    fn saved(&self) -> Saved<'_> {
        Saved { other_bytes: self.at.len() * size_of::<[usize; 3]>(), ..Saved::default() }
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let mut dx = Tensor::zeros(self.shape);
        let values = dx.as_mut_slice();
        for (place, dy) in places(self.shape, &self.at).zip(dy.as_slice()) {
            values[place] += dy;
        }
        vec![Some(dx)]
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::gradcheck;
    use cenote_tensor::Scalar;

    use super::*;

    #[test]
    fn the_gradient_matches_differences_for_a_cell_that_is_read_twice_too() {
        let x = Tensor::from_fn([2, 3, 2, 4], |i| (i as Scalar * 0.7).sin());
        let at = vec![[0, 1, 2], [1, 0, 0], [0, 1, 2]];
        gradcheck(&[x], |v| {
            let y = cells(&v[0], at.clone());
            &y * &y
        })
        .expect("cells");
    }
}
