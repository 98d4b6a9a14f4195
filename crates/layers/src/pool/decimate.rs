//! Decimation: every `stride`-th row and column, and nothing of the cells between.
//!
//! ```text
//! y[i,j]  = x[s·i, s·j]
//! dx      = dy at the kept cells, 0 elsewhere
//! ```
//!
//! It makes a map smaller without combining anything: the control arm that tells the effect of fewer
//! positions from the effect of summarising them. A window of one cell has no mean or maximum but the
//! cell itself, so this is pooling with a 1x1 kernel.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Tensor, Window, Windows, decimate, decimate_backward};
use serde::Deserialize;

use super::Pool;
use super::settings::STRIDE;
use super::windowed::Windowed;
use crate::{Error, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "keep every stride-th row and column, drop the rest",
    example: "stride = [2, 3]",
    notes: Some(Notes {
        formula: "y[i,j] = x[s i, s j]",
        cost: "no arithmetic; keeps nothing",
        reference: "the control arm: a smaller map without a summary",
        random: Random::No,
        settings: &[Setting { default: "", ..STRIDE }],
    }),
    parse: |table| Ok(Box::new(Windowed(params::<Decimate>(NAME, table)?))),
};

const NAME: &str = "decimate";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decimate {
    stride: Pair,
}

impl Pool for Decimate {
    const NAME: &'static str = NAME;
    const DILATES: bool = true;

    fn window(&self) -> Result<Window, Error> {
        Ok(Window::new([1, 1], self.stride.0))
    }

    fn operations(&self, _area: usize) -> usize {
        0
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t> {
        decimated(NAME, &x, at)
    }
}

/// Records the cells at the starts of windows on behalf of the layer `name`.
pub(super) fn decimated<'t>(name: &'static str, x: &Var<'t>, at: Windows) -> Var<'t> {
    let y = decimate(x.value(), at.window().stride);
    x.tape().record(y, &[x], || Backward { name, windows: at })
}

struct Backward {
    name: &'static str,
    windows: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(decimate_backward(&dy, self.windows.window().stride, self.windows.input()))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn only_every_stride_th_cell_is_kept() {
        let layer = fit("kind = 'decimate'\nstride = [2, 3]", [1, 3, 4]).expect("fits");
        let x = Tensor::from_fn([1, 1, 3, 4], |i| i as Scalar);
        let (y, dx) = run(&layer, x);
        assert_eq!(y.as_slice(), [0.0, 3.0, 8.0, 11.0]);
        let kept = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        assert_eq!(dx.as_slice(), kept);
    }
}
