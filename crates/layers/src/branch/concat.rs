//! Feature maps of one size, one stack of channels behind the other.
//!
//! ```text
//! y = (a, b)  along the channels      da, db = the channels of dy that came from each
//! ```

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::Tensor;

/// The channels of `a`, then those of `b`, of maps `(N, A, H, W)` and `(N, B, H, W)`.
///
/// # Panics
/// When batches or planes differ: layers check that when they are fitted.
pub(super) fn concat<'t>(a: &Var<'t>, b: &Var<'t>) -> Var<'t> {
    let ([n, first, h, w], [batch, second, rows, columns]) = (a.value().nchw(), b.value().nchw());
    assert_eq!([n, h, w], [batch, rows, columns], "maps of one size");
    let [left, right] = [first * h * w, second * h * w];
    let mut y = Tensor::stale([n, first + second, h, w]);
    let parts =
        a.value().as_slice().chunks_exact(left).zip(b.value().as_slice().chunks_exact(right));
    for (y, (a, b)) in y.as_mut_slice().chunks_exact_mut(left + right).zip(parts) {
        y[..left].copy_from_slice(a);
        y[left..].copy_from_slice(b);
    }
    a.tape().record(y, &[a, b], || Split { channels: [first, second] })
}

struct Split {
    channels: [usize; 2],
}

impl Function for Split {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let [n, all, h, w] = dy.nchw();
        let [left, whole] = [self.channels[0] * h * w, all * h * w];
        let part = |which: usize| {
            let range = if which == 0 { 0..left } else { left..whole };
            let mut da = Tensor::stale([n, self.channels[which], h, w]);
            let parts = da.as_mut_slice().chunks_exact_mut(range.len());
            for (da, dy) in parts.zip(dy.as_slice().chunks_exact(whole)) {
                da.copy_from_slice(&dy[range.clone()]);
            }
            da
        };
        [0, 1].map(|which| wanted[which].then(|| part(which))).into()
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::{Tape, gradcheck};
    use cenote_tensor::Scalar;

    use super::*;

    #[test]
    fn every_example_has_the_channels_of_both() {
        let tape = Tape::new();
        let a = tape.leaf(Tensor::from_fn([2, 1, 1, 2], |i| i as Scalar));
        let b = tape.leaf(Tensor::from_fn([2, 2, 1, 2], |i| 10.0 + i as Scalar));
        let y = concat(&a, &b);
        assert_eq!(y.value().dims(), [2, 3, 1, 2]);
        let expected = [0.0, 1.0, 10.0, 11.0, 12.0, 13.0, 2.0, 3.0, 14.0, 15.0, 16.0, 17.0];
        assert_eq!(y.value().as_slice(), expected);
    }

    #[test]
    fn the_gradient_matches_differences() {
        let a = Tensor::from_fn([2, 3, 2, 3], |i| (i as Scalar * 0.7).sin());
        let b = Tensor::from_fn([2, 2, 2, 3], |i| (i as Scalar * 1.3).cos());
        gradcheck(&[a, b], |v| {
            let y = concat(&v[0], &v[1]);
            &y * &y
        })
        .expect("concat");
    }
}
