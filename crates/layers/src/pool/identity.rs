//! Nothing at all: what remains when a pooling layer is removed.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use serde::Deserialize;

use crate::elementwise::{EachElement, Elementwise};
use crate::{LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "nothing: the layer is removed",
    example: "",
    notes: Some(Notes {
        formula: "y = x",
        cost: "no arithmetic; keeps nothing",
        reference: "the control arm: pooling removed",
        random: Random::No,
        settings: &[],
    }),
    parse: |table| Ok(Box::new(EachElement(params::<Identity>(NAME, table)?))),
};

const NAME: &str = "identity";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {}

impl Elementwise for Identity {
    const NAME: &'static str = NAME;
    const OPERATIONS: u64 = 0;

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        x
    }
}
