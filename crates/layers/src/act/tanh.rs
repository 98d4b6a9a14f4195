//! The hyperbolic tangent.
//!
//! ```text
//! y = tanh(x)        dx = dy (1 − y²)
//! ```
//!
//! The squashing function of LeNet (LeCun et al. 1998).

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Squash, Tensor};
use serde::Deserialize;

use crate::elementwise::{EachElement, Elementwise};
use crate::{LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "hyperbolic tangent",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(EachElement(params::<Tanh>(NAME, table)?))),
};

const NAME: &str = "tanh";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tanh {}

impl Elementwise for Tanh {
    const NAME: &'static str = NAME;
    const OPERATIONS: u64 = 1;

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        x.overwrite(|x| Squash::Tanh.forward(x), |y| Backward { y: y.clone() })
    }
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
        vec![Some(Squash::Tanh.backward(&self.y, dy))]
    }
}
