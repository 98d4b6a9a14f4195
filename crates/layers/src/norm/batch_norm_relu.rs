//! Batch normalisation and the rectifier behind it in one pass over memory.
//!
//! ```text
//! y = max(γ x̂ + β, 0)
//! ```
//!
//! The backward pass keeps the input only and sees from it where the rectifier was open. For the same
//! reason nobody has to keep `y`: whoever reads it backward can have it made again.

use std::sync::Arc;

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Shape, Tensor};

use super::batch_norm::{BETA, Fitted, GAMMA};
use super::batch_norm_relu_max_pool::BatchNormReluMaxPool;
use super::normalization::Normalization;
use crate::pool::max_windows;
use crate::{Cost, Layer, ParamSpec, Scope};

/// What [`Fitted`] and a rectifier grow into.
#[derive(Clone, Debug)]
pub(super) struct BatchNormRelu(pub(super) Fitted);

const NAME: &str = "batch_norm+relu";

impl Layer for BatchNormRelu {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.0.shape
    }

    fn params(&self) -> Vec<ParamSpec> {
        self.0.params()
    }

    fn cost(&self) -> Cost {
        self.0.cost() + Cost { macs: 0, other: self.0.shape.len() as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let how = Arc::new(Normalization::of(&self.0, x.value(), at));
        let inputs = [&x, at.param(GAMMA), at.param(BETA)];
        let y = x.tape().record(how.apply_relu(), &inputs, || Backward(Arc::clone(&how)));
        y.remade_by(|| how)
    }

    fn absorb(&self, next: &dyn Layer) -> Option<Box<dyn Layer>> {
        let both = BatchNormReluMaxPool { first: self.clone(), windows: max_windows(next)? };
        Some(Box::new(both))
    }
}

struct Backward(Arc<Normalization>);

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        self.0.saved()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        self.0.backward_relu(dy).map(Some).into()
    }
}
