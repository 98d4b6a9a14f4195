//! The hyperbolic tangent.
//!
//! ```text
//! y = tanh(x)        dx = dy (1 − y²)
//! ```
//!
//! The squashing function of LeNet (LeCun et al. 1998).

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Scalar, Shape, Tensor};
use serde::Deserialize;

use crate::{Cost, Error, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "hyperbolic tangent",
    example: "",
    parse: |table| Ok(Box::new(params::<Tanh>(NAME, table)?)),
};

const NAME: &str = "tanh";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tanh {}

impl LayerSpec for Tanh {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        Ok(Box::new(Fitted { shape: input }))
    }
}

#[derive(Debug)]
struct Fitted {
    shape: Shape,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.shape
    }

    fn cost(&self) -> Cost {
        Cost { macs: 0, other: self.shape.len() as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        x.overwrite(|x| x.map(Scalar::tanh), |y| Backward { y: y.clone() })
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

    fn backward(self: Box<Self>, mut dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        dy.zip_assign(&self.y, |dy, y| dy * (1.0 - y * y));
        vec![Some(dy)]
    }
}
