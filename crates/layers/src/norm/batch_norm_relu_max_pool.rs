//! Batch normalisation, rectifier and max pooling in one pass over memory.
//!
//! ```text
//! y = max over the window of max(γ x̂ + β, 0)
//! ```
//!
//! The activation at full size is never written: backward keeps the input and one byte per output.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Argmax, Shape, Tensor, Windows};

use super::batch_norm::{BETA, GAMMA};
use super::batch_norm_relu::BatchNormRelu;
use super::normalization::Normalization;
use crate::{Cost, Layer, ParamSpec, Scope};

/// What [`BatchNormRelu`] and a max pool grow into.
#[derive(Debug)]
pub(super) struct BatchNormReluMaxPool {
    pub(super) first: BatchNormRelu,
    pub(super) windows: Windows,
}

const NAME: &str = "batch_norm+relu+max_pool";

impl Layer for BatchNormReluMaxPool {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.windows.output();
        [self.first.output().dims()[0], rows, columns].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        self.first.params()
    }

    fn cost(&self) -> Cost {
        let comparisons = self.output().len() * (self.windows.window().area() - 1);
        self.first.cost() + Cost { macs: 0, other: comparisons as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let how = Normalization::of(&self.first.0, x.value(), at);
        let (y, argmax) = how.apply_relu_max_pool(&self.windows);
        let inputs = [&x, at.param(GAMMA), at.param(BETA)];
        x.tape().record(y, &inputs, || Backward { how, argmax, windows: self.windows })
    }
}

struct Backward {
    how: Normalization,
    argmax: Argmax,
    windows: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        let mut saved = self.how.saved();
        saved.other_bytes += self.argmax.bytes();
        saved
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        self.how.backward_relu_max_pool(&dy, &self.argmax, &self.windows).map(Some).into()
    }
}
