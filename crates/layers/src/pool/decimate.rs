//! Decimation: every `stride`-th row and column, and nothing of the cells between.
//!
//! ```text
//! y[i,j]  = x[s·i, s·j]
//! dx      = dy at the kept cells, 0 elsewhere
//! ```
//!
//! It makes a map smaller without combining anything: the control arm that tells the effect of fewer
//! positions from the effect of summarising them. A window of one cell has no mean or maximum but the
//! cell itself, so this is pooling with a 1x1 kernel, and it runs as that.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Divisor, Shape, Tensor, Window, Windows, avg_pool, avg_pool_backward};
use serde::Deserialize;

use crate::layer::maps;
use crate::{Cost, Error, Layer, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "keep every stride-th row and column, drop the rest",
    example: "stride = [2, 3]",
    parse: |table| Ok(Box::new(params::<Decimate>(NAME, table)?)),
};

const NAME: &str = "decimate";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decimate {
    stride: Pair,
}

impl LayerSpec for Decimate {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let windows = Window::new([1, 1], self.stride.0).fit(NAME, [rows, columns])?;
        Ok(Box::new(Fitted { channels, windows }))
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    windows: Windows,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.windows.output();
        [self.channels, rows, columns].into()
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let y = avg_pool(x.value(), &self.windows, Divisor::RealCells);
        x.tape().record(y, &[&x], || Backward { windows: self.windows })
    }
}

struct Backward {
    windows: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(avg_pool_backward(&dy, &self.windows, Divisor::RealCells))]
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
