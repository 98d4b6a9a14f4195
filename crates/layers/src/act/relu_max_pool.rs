//! The rectifier and the max pool behind it in one pass over memory.
//!
//! ```text
//! y = max over the window of max(x, 0)        dx = dy at the winning cell where y > 0
//! ```
//!
//! The backward pass keeps the pooled output and one byte per element of it.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Argmax, Shape, Tensor, Windows, relu_max_pool, relu_max_pool_backward};

use crate::{Cost, Layer, Scope};

/// What a rectifier and a max pool grow into.
#[derive(Debug)]
pub(super) struct ReluMaxPool {
    pub(super) output: Shape,
    pub(super) cost: Cost,
    pub(super) windows: Windows,
}

const NAME: &str = "relu+max_pool";

impl Layer for ReluMaxPool {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.output
    }

    fn cost(&self) -> Cost {
        self.cost
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let (y, argmax) = relu_max_pool(x.value(), &self.windows);
        let saved = || Backward { y: y.clone(), argmax, windows: self.windows };
        x.tape().record(y.clone(), &[&x], saved)
    }
}

struct Backward {
    y: Tensor,
    argmax: Argmax,
    windows: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved { other_bytes: self.argmax.bytes(), ..Saved::tensors([&self.y]) }
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(relu_max_pool_backward(dy, &self.y, &self.argmax, &self.windows))]
    }
}
