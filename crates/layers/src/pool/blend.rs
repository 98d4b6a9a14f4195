//! A maximum and a mean of every window, in shares of either.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Argmax, Blend, Blended, Divisor, Tensor, Windows, blend_share_backward};

/// What a mean divides by where padded cells count, or do not.
pub(super) fn counting(padding: bool) -> Divisor {
    if padding { Divisor::CountPadding } else { Divisor::RealCells }
}

/// Records `a · max + b · mean` on behalf of the layer `name`, with given shares `(2, C)`: of the maxima,
/// then of the means.
pub(super) fn fixed<'t>(
    name: &'static str,
    x: &Var<'t>,
    shares: Tensor,
    at: Windows,
    divisor: Divisor,
) -> Var<'t> {
    let blend = Blend::new(shares, divisor);
    let Blended { y, argmax, .. } = blend.forward(x.value(), &at, false);
    let backward = || Backward { name, blend, windows: at, argmax, difference: None };
    x.tape().record(y, &[x], backward)
}

/// Records `a · max + (1 − a) · mean` with learned `a` `(C, 1)`.
pub(super) fn learned<'t>(
    name: &'static str,
    x: &Var<'t>,
    a: &Var<'t>,
    at: Windows,
    divisor: Divisor,
) -> Var<'t> {
    let blend = Blend::new(shared_out(a.value()), divisor);
    let Blended { y, argmax, difference } = blend.forward(x.value(), &at, true);
    let backward = || Backward { name, blend, windows: at, argmax, difference };
    x.tape().record(y, &[x, a], backward)
}

/// `a` `(C, 1)` and what is left of one: `(2, C)`.
pub(super) fn shared_out(a: &Tensor) -> Tensor {
    let rest = a.as_slice().iter().map(|a| 1.0 - a);
    let both = a.as_slice().iter().copied().chain(rest).collect();
    Tensor::from_vec([2, a.len()], both).expect("two for each")
}

struct Backward {
    name: &'static str,
    blend: Blend,
    windows: Windows,
    argmax: Argmax,
    /// Where shares are learned.
    difference: Option<Tensor>,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        let mut saved = Saved::tensors([self.blend.shares()]);
        saved.tensors.extend(&self.difference);
        Saved { other_bytes: self.argmax.bytes(), ..saved }
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let dx = self.blend.backward(&dy, &self.argmax, &self.windows);
        let shares = self.difference.map(|difference| blend_share_backward(&dy, &difference));
        [Some(dx)].into_iter().chain(shares.map(Some)).collect()
    }
}
