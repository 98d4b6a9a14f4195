//! Global max pooling: the largest cell of each channel.
//!
//! ```text
//! y[n,c] = max x[n,c,·,·]       (N, C, H, W) → (N, C)
//! dx     = dy at the winning cell, 0 elsewhere
//! ```
//!
//! The first maximum in row-major order wins a tie, a NaN makes the output NaN and the last NaN takes
//! the gradient, as in PyTorch's `AdaptiveMaxPool2d(1)`. Training and use are alike. `HW − 1`
//! comparisons per channel; four bytes per channel are kept. After Oquab et al. (2015), "Is object
//! localization for free?", doi:10.1109/CVPR.2015.7298668.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Regions, Shape};
use serde::Deserialize;

use super::regional::regional_maximum;
use crate::layer::maps;
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cell of each channel over the whole map",
    example: "",
    notes: Some(Notes {
        formula: "y[n,c] = max over the map of x",
        cost: "HW - 1 comparisons per channel; keeps 4 bytes per channel",
        reference: "Oquab et al. (2015), doi:10.1109/CVPR.2015.7298668; torch AdaptiveMaxPool2d(1)",
        random: Random::No,
        settings: &[],
    }),
    parse: |table| Ok(Box::new(params::<GlobalMaxPool>(NAME, table)?)),
};

const NAME: &str = "global_max_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlobalMaxPool {}

impl LayerSpec for GlobalMaxPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        Ok(Box::new(Fitted { channels, whole: Regions::adaptive([rows, columns], [1, 1]) }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    whole: Regions,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        [self.channels].into()
    }

    fn cost(&self) -> Cost {
        Cost { macs: 0, other: (self.channels * (self.whole.cells() - 1)) as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let shape = self.output().batched(x.value().dims()[0]);
        regional_maximum(NAME, &x, std::slice::from_ref(&self.whole), Some(shape))
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;

    use crate::laws::{fit, run};

    #[test]
    fn the_first_of_equal_maxima_gets_the_whole_gradient() {
        let layer = fit("kind = 'global_max_pool'", [2, 2, 3]).expect("fits");
        let values = [[1.0, 5.0, 2.0, 5.0, 5.0, 0.0], [-3.0, -2.0, -9.0, -4.0, -2.0, -7.0]];
        let x = Tensor::from_vec([1, 2, 2, 3], values.concat()).expect("12 values");
        let (y, dx) = run(&layer, x);
        assert_eq!((y.dims(), y.as_slice()), (&[1, 2][..], &[5.0, -2.0][..]));
        let first = [0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(dx.as_slice(), [first, first].concat());
    }
}
