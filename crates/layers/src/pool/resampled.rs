//! What all linear resamplings share: the record on the tape, and the fitted layer.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{
    Argmax, Resampling, Shape, Tensor, Windows, max_resampled, max_resampled_backward,
};

use crate::{Cost, Layer, Reach, Scope};

/// Records a resampling of every plane on behalf of the layer `name`. Nothing is kept but the map.
pub(crate) fn resampled<'t>(name: &'static str, x: &Var<'t>, map: &Resampling) -> Var<'t> {
    let y = map.forward(x.value());
    x.tape().record(y, &[x], || Backward { name, map: map.clone() })
}

struct Backward {
    name: &'static str,
    map: Resampling,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(self.map.backward(&dy))]
    }
}

/// Records what `map` makes of the maxima of all windows, on behalf of the layer `name`.
pub(super) fn resampled_maximum<'t>(
    name: &'static str,
    x: &Var<'t>,
    windows: Windows,
    map: &Resampling,
) -> Var<'t> {
    let (y, argmax) = max_resampled(x.value(), &windows, map);
    x.tape().record(y, &[x], || BackwardOfMaximum { name, windows, argmax, map: map.clone() })
}

struct BackwardOfMaximum {
    name: &'static str,
    windows: Windows,
    argmax: Argmax,
    map: Resampling,
}

impl Function for BackwardOfMaximum {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.argmax.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(max_resampled_backward(&dy, &self.argmax, &self.windows, &self.map))]
    }
}

/// A layer that is one resampling.
#[derive(Debug)]
pub(super) struct Resampled {
    pub(super) kind: &'static str,
    pub(super) channels: usize,
    pub(super) map: Resampling,
}

impl Layer for Resampled {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.map.output();
        [self.channels, rows, columns].into()
    }

    fn cost(&self) -> Cost {
        Cost { macs: self.channels as u64 * self.map.macs(), other: 0 }
    }

    fn reach(&self) -> Reach {
        Reach::of_resampling(&self.map)
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        resampled(self.kind, &x, &self.map)
    }
}
