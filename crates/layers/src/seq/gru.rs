//! Gated recurrent units.
//!
//! ```text
//! r, z = σ(W x[t] + b + U h[t−1] + b′)        n = tanh(W x[t] + b + r · (U h[t−1] + b′))      each with its rows of W, U, b, b′
//! h[t] = (1 − z) · n + z · h[t−1]             h[−1] = 0
//! (N, T, F) → (N, T, H), or (N, T, 2H) in both directions: forward before backward
//! ```
//!
//! Conventions are those of PyTorch's `GRU` with `batch_first`: gates in the order r, z, n, with r on the outside of
//! `U h + b′`; two biases; every parameter starts uniform within ±1/√H; parameters of the backward direction end in
//! `_reverse`. After Cho et al. (2014), arXiv:1406.1078.

use cenote_spec::{Kind, params};
use cenote_tensor::{Scalar, Squash};

use super::recurrent::Recurrent;
use super::scan::{Cell, Moment, Reversal};
use crate::LayerSpec;

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: Gru::NAME,
    about: "gated recurrent units over a sequence, in one or both directions",
    example: "hidden_size = 3\nbidirectional = false",
    notes: None,
    parse: |table| Ok(Box::new(params::<Recurrent<Gru>>(Gru::NAME, table)?)),
};

#[derive(Clone, Copy, Debug)]
struct Gru;

impl Cell for Gru {
    const NAME: &'static str = "gru";
    const GATES: usize = 3;
    /// The gates, and `U h + b′` of the last one.
    const KEPT: usize = 4;

    fn step(at: Moment<'_>) {
        let hidden = at.h.len();
        let (gates, inner) = at.kept.split_at_mut(3 * hidden);
        let (outer, n) = gates.split_at_mut(2 * hidden);
        for (gate, (x, h)) in outer.iter_mut().zip(at.of_x.iter().zip(at.of_h)) {
            *gate = x + h;
        }
        Squash::Logistic.apply(outer);
        inner.copy_from_slice(&at.of_h[2 * hidden..]);
        for j in 0..hidden {
            n[j] = at.of_x[2 * hidden + j] + outer[j] * inner[j];
        }
        Squash::Tanh.apply(n);
        for j in 0..hidden {
            let z = outer[hidden + j];
            at.h[j] = (1.0 - z) * n[j] + z * at.h_before[j];
        }
    }

    /// What is carried is the gradient that reaches `h[t−1]` past the gates.
    fn back(at: Reversal<'_>) {
        let hidden = at.dh.len();
        let (gates, inner) = at.kept.split_at_mut(3 * hidden);
        for j in 0..hidden {
            let [r, z, n] = [0, 1, 2].map(|gate| gates[gate * hidden + j]);
            let dh = at.dh[j] + at.carried[j];
            at.carried[j] = dh * z;
            let dn = dh * (1.0 - z) * (1.0 - n * n);
            at.dgates[j] = dn * inner[j] * r * (1.0 - r);
            at.dgates[hidden + j] = dh * (at.h_before[j] - n) * z * (1.0 - z);
            at.dgates[2 * hidden + j] = dn * r;
            // `of_input` wants it without r, and nobody wants what was kept there any more.
            inner[j] = dn;
        }
    }

    /// The last gate takes its input as it is, not times r.
    fn of_input(kept: &[Scalar], dgates: &mut [Scalar]) {
        let hidden = dgates.len() / 3;
        dgates[2 * hidden..].copy_from_slice(&kept[3 * hidden..]);
    }
}
