//! The rectified linear unit.
//!
//! ```text
//! y = max(x, 0)        dx = 0 where y = 0, else dy
//! ```
//!
//! A NaN stays NaN and passes its gradient, as in PyTorch. After Nair and Hinton (2010).

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Tensor, relu, relu_backward};
use serde::Deserialize;

use super::relu_max_pool::ReluMaxPool;
use crate::elementwise::{EachElement, Elementwise, is};
use crate::pool::max_windows;
use crate::{Cost, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "max(x, 0)",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(EachElement(params::<Relu>(NAME, table)?))),
};

const NAME: &str = "relu";

/// Whether a layer is a rectifier.
pub(crate) fn is_relu(layer: &dyn Layer) -> bool {
    is::<Relu>(layer)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Relu {}

impl Elementwise for Relu {
    const NAME: &'static str = NAME;
    const OPERATIONS: u64 = 1;

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        rectified(x)
    }

    fn absorb(&self, next: &dyn Layer) -> Option<Box<dyn Layer>> {
        let (windows, output) = (max_windows(next)?, next.output());
        let [rows, columns] = windows.input();
        let other = Self::OPERATIONS * (output.dims()[0] * rows * columns) as u64;
        let cost = Cost { macs: 0, other } + next.cost();
        Some(Box::new(ReluMaxPool { output, cost, windows }))
    }
}

/// Records `max(x, 0)`.
pub(crate) fn rectified(x: Var<'_>) -> Var<'_> {
    x.overwrite(relu, |y| Backward { y: y.clone() })
}

/// The output tells where and how much the gradient passes, so the input need not be kept.
struct Backward {
    y: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.y])
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(relu_backward(&self.y, dy))]
    }
}
