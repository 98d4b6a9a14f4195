//! Pools that choose one cell of each window by a draw.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Argmax, Choice, Tensor, Windows, choose, max_pool_backward};

use crate::Scope;

/// The output of a choice of the layer of this name, and which cells it chose: a draw for every output.
pub(super) fn chosen(
    name: &str,
    choice: &impl Choice,
    x: &Tensor,
    at: &Windows,
    scope: &Scope<'_, '_>,
) -> (Tensor, Argmax) {
    let ([batch, channels, ..], [rows, columns]) = (x.nchw(), at.output());
    let mut stream = scope.stream_of_examples(name, channels * rows * columns);
    let draws = Tensor::shares([batch, channels, rows, columns], &mut stream);
    choose(choice, x, draws.as_slice(), at)
}

/// Records a choice: all of the gradient goes to the chosen cells.
pub(super) fn record_chosen<'t>(
    name: &'static str,
    x: &Var<'t>,
    (y, chosen): (Tensor, Argmax),
    at: Windows,
) -> Var<'t> {
    x.tape().record(y, &[x], || Backward { name, chosen, at })
}

struct Backward {
    name: &'static str,
    chosen: Argmax,
    at: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.chosen.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(max_pool_backward(&dy, &self.chosen, &self.at))]
    }
}
