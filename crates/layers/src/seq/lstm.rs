//! Long short-term memory.
//!
//! ```text
//! i, f, o = σ(W x[t] + b + U h[t−1] + b′)        g = tanh(W x[t] + b + U h[t−1] + b′)      each with its rows of W, U, b, b′
//! c[t] = f · c[t−1] + i · g                      h[t] = o · tanh c[t]                      h[−1] = c[−1] = 0
//! (N, T, F) → (N, T, H), or (N, T, 2H) in both directions: forward before backward
//! ```
//!
//! Conventions are those of PyTorch's `LSTM` with `batch_first`: gates in the order i, f, g, o; two biases; every
//! parameter starts uniform within ±1/√H; parameters of the backward direction end in `_reverse`.
//! After Hochreiter and Schmidhuber (1997), doi:10.1162/neco.1997.9.8.1735, with the forget gate of Gers et al. (2000).

use cenote_spec::{Kind, params};
use cenote_tensor::{Scalar, Squash};

use super::recurrent::Recurrent;
use super::scan::{Cell, Moment, Reversal};
use crate::LayerSpec;

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: Lstm::NAME,
    about: "long short-term memory over a sequence, in one or both directions",
    example: "hidden_size = 3",
    notes: None,
    parse: |table| Ok(Box::new(params::<Recurrent<Lstm>>(Lstm::NAME, table)?)),
};

#[derive(Clone, Copy, Debug)]
struct Lstm;

impl Cell for Lstm {
    const NAME: &'static str = "lstm";
    const GATES: usize = 4;
    /// The gates, and the memory `c`.
    const KEPT: usize = 5;

    fn step(at: Moment<'_>) {
        let hidden = at.h.len();
        let (gates, c) = at.kept.split_at_mut(4 * hidden);
        for (gate, (x, h)) in gates.iter_mut().zip(at.of_x.iter().zip(at.of_h)) {
            *gate = x + h;
        }
        Squash::Logistic.apply(&mut gates[..2 * hidden]);
        Squash::Tanh.apply(&mut gates[2 * hidden..3 * hidden]);
        Squash::Logistic.apply(&mut gates[3 * hidden..]);
        let c_before = &at.kept_before[4 * hidden..];
        for j in 0..hidden {
            let [i, f, g] = [0, 1, 2].map(|gate| gates[gate * hidden + j]);
            c[j] = f * c_before[j] + i * g;
        }
        at.h.copy_from_slice(c);
        Squash::Tanh.apply(at.h);
        at.h.iter_mut().zip(&gates[3 * hidden..]).for_each(|(h, o)| *h *= o);
    }

    /// What is carried is the gradient of `c`.
    fn back(at: Reversal<'_>) {
        let hidden = at.dh.len();
        let (gates, c) = at.kept.split_at(4 * hidden);
        let c_before = &at.kept_before[4 * hidden..];
        let squashed = &mut at.dgates[3 * hidden..];
        squashed.copy_from_slice(c);
        Squash::Tanh.apply(squashed);
        for j in 0..hidden {
            let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates[gate * hidden + j]);
            let (tanh, dh) = (at.dgates[3 * hidden + j], at.dh[j]);
            let dc = at.carried[j] + dh * o * (1.0 - tanh * tanh);
            at.carried[j] = dc * f;
            at.dgates[j] = dc * g * slope(i);
            at.dgates[hidden + j] = dc * c_before[j] * slope(f);
            at.dgates[2 * hidden + j] = dc * i * (1.0 - g * g);
            at.dgates[3 * hidden + j] = dh * tanh * slope(o);
        }
    }

    /// Both halves of a gate are only added.
    fn of_input(_kept: &[Scalar], _dgates: &mut [Scalar]) {}
}

/// The derivative of the logistic function where it is `y`.
fn slope(y: Scalar) -> Scalar {
    y * (1.0 - y)
}
