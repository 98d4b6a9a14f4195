//! Nothing at all: what remains when a pooling layer is removed.

use cenote_autograd::Var;
use cenote_spec::{Kind, params};
use cenote_tensor::Shape;
use serde::Deserialize;

use crate::{Cost, Error, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "nothing: the layer is removed",
    example: "",
    parse: |table| Ok(Box::new(params::<Identity>(NAME, table)?)),
};

const NAME: &str = "identity";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {}

impl LayerSpec for Identity {
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
        Cost::default()
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        x
    }
}
