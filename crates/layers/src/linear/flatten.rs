//! Every cell of every channel as one row of features.
//!
//! ```text
//! (N, C, H, W) → (N, C·H·W), in row-major order
//! ```

use cenote_autograd::Var;
use cenote_spec::{Kind, params};
use cenote_tensor::Shape;
use serde::Deserialize;

use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "every cell of every channel as one row of features",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<Flatten>(NAME, table)?)),
};

const NAME: &str = "flatten";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flatten {}

impl LayerSpec for Flatten {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        Ok(Box::new(Fitted { features: input.len() }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    features: usize,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        [self.features].into()
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let n = x.value().dims()[0];
        x.reshaped([n, self.features])
    }
}
