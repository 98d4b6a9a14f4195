//! What pools of the spectrum share: the record on the tape, and the fitted layer.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{BandLimit, Shape, Tensor};

use crate::{Cost, Layer, Scope};

/// A layer that is one band limit.
#[derive(Debug)]
pub(super) struct Spectral {
    pub(super) kind: &'static str,
    pub(super) output: [usize; 3],
    pub(super) limit: BandLimit,
}

impl Layer for Spectral {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn output(&self) -> Shape {
        self.output.into()
    }

    fn cost(&self) -> Cost {
        Cost { macs: self.output[0] as u64 * self.limit.macs(), other: 0 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let y = self.limit.forward(x.value());
        x.tape().record(y, &[&x], || Backward { kind: self.kind, limit: self.limit.clone() })
    }
}

struct Backward {
    kind: &'static str,
    limit: BandLimit,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.kind
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(self.limit.backward(&dy))]
    }
}
