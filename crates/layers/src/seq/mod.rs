//! Layers on sequences: examples of shape `TxF`, `T` steps of `F` features each.
//!
//! [`columns`] makes a sequence of feature maps, [`lstm`] and [`gru`] read it in both directions, and
//! `dense` gives each step its scores.

use cenote_spec::Kind;
use cenote_tensor::Shape;

use crate::{Error, LayerSpec};

mod columns;
mod gru;
mod lstm;
mod recurrent;
mod scan;

/// The layers on sequences that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[columns::KIND, lstm::KIND, gru::KIND];

/// The `[T, F]` of an input that is a sequence, or an error of the layer of this kind.
fn sequence(kind: &'static str, input: Shape) -> Result<[usize; 2], Error> {
    let expected = "a sequence of shape TxF; put `columns` before";
    match input.dims() {
        &[steps, features] if steps > 0 && features > 0 => Ok([steps, features]),
        _ => Err(Error::Input { kind, got: input, expected }),
    }
}
