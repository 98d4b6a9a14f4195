//! Some channels of feature maps, in their order.

use std::ops::Range;

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Shape, Tensor};

/// The channels `range` of maps `(N, C, H, W)`; the gradient of the others is 0.
///
/// ```
/// use cenote_autograd::Tape;
/// use cenote_layers::channels;
/// use cenote_tensor::{Scalar, Tensor};
///
/// let tape = Tape::new();
/// let x = tape.leaf(Tensor::from_fn([1, 3, 1, 2], |i| i as Scalar));
/// assert_eq!(channels(&x, 1..3).value().as_slice(), [2.0, 3.0, 4.0, 5.0]);
/// ```
///
/// # Panics
/// When there are no such channels.
pub fn channels<'t>(x: &Var<'t>, range: Range<usize>) -> Var<'t> {
    let [n, all, h, w] = x.value().nchw();
    let part = range.start * h * w..range.end * h * w;
    let mut y = Tensor::stale([n, range.len(), h, w]);
    let examples = x.value().as_slice().chunks_exact((all * h * w).max(1));
    for (y, x) in y.as_mut_slice().chunks_exact_mut(part.len().max(1)).zip(examples) {
        y.copy_from_slice(&x[part.clone()]);
    }
    x.tape().record(y, &[x], || Within { of: x.shape(), part })
}

struct Within {
    of: Shape,
    /// Where the channels lie in the values of an example.
    part: Range<usize>,
}

impl Function for Within {
    fn name(&self) -> &'static str {
        "channels"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let mut dx = Tensor::zeros(self.of);
        let whole = self.of.dims()[1..].iter().product::<usize>().max(1);
        let parts = dy.as_slice().chunks_exact(self.part.len().max(1));
        for (dx, dy) in dx.as_mut_slice().chunks_exact_mut(whole).zip(parts) {
            dx[self.part.clone()].copy_from_slice(dy);
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
    fn the_gradient_matches_differences() {
        let x = Tensor::from_fn([2, 4, 2, 3], |i| (i as Scalar * 0.7).sin());
        gradcheck(&[x], |v| {
            let y = channels(&v[0], 1..3);
            &y * &y
        })
        .expect("channels");
    }
}
