//! The columns of feature maps as a sequence, from left to right.
//!
//! ```text
//! (N, C, H, W) → (N, W, C·H)        y[n, w, c·H + h] = x[n, c, h, w]
//! ```
//!
//! After Shi, Bai and Yao (2015), arXiv:1507.05717, who call it map-to-sequence.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{Shape, Tensor};
use serde::Deserialize;

use crate::layer::maps;
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "the columns of feature maps as a sequence, from left to right",
    example: "",
    notes: None,
    parse: |table| Ok(Box::new(params::<Columns>(NAME, table)?)),
};

const NAME: &str = "columns";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Columns {}

impl LayerSpec for Columns {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        Ok(Box::new(Fitted { maps: maps(NAME, input)? }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    maps: [usize; 3],
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [channels, rows, columns] = self.maps;
        [columns, channels * rows].into()
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let [channels, rows, columns] = self.maps;
        let y = turned(x.value(), [channels * rows, columns], self.output());
        x.tape().record(y, &[&x], || Backward { maps: self.maps })
    }
}

/// Every example, a matrix of this size, with rows and columns changed over, as a batch of `shape`.
fn turned(x: &Tensor, [rows, columns]: [usize; 2], shape: Shape) -> Tensor {
    let mut y = Tensor::stale(shape.batched(x.dims()[0]));
    let area = (rows * columns).max(1);
    let examples = x.as_slice().chunks_exact(area).zip(y.as_mut_slice().chunks_exact_mut(area));
    for (x, y) in examples {
        for (column, y) in y.chunks_exact_mut(rows).enumerate() {
            for (row, y) in y.iter_mut().enumerate() {
                *y = x[row * columns + column];
            }
        }
    }
    y
}

struct Backward {
    maps: [usize; 3],
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let [channels, rows, columns] = self.maps;
        vec![Some(turned(&dy, [columns, channels * rows], self.maps.into()))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn each_step_holds_one_column_channel_after_channel() {
        let model = fit("kind = 'columns'", [2, 2, 3]).expect("maps");
        let (y, dx) = run(&model, Tensor::from_fn([1, 2, 2, 3], |i| i as Scalar));
        assert_eq!(y.dims(), [1, 3, 4]);
        assert_eq!(y.as_slice(), [0., 3., 6., 9., 1., 4., 7., 10., 2., 5., 8., 11.]);
        assert_eq!(dx, Tensor::full([1, 2, 2, 3], 1.0));
    }
}
