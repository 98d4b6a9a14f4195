//! Adaptive max pooling: the largest cell of windows that bring any map to a given size.
//!
//! ```text
//! y  = max over the window of x             windows: see `adaptive.rs`
//! dx = dy at the winning cell, summed over the windows it wins
//! ```
//!
//! As PyTorch's `AdaptiveMaxPool2d`: the first maximum in row-major order wins a tie, a NaN makes the
//! output NaN and the last NaN takes the gradient. Training and use are alike. `K − 1` comparisons for
//! a window of `K` cells; four bytes per output are kept.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Regions, Shape};

use super::adaptive::{Adaptive, OUTPUT_SIZE};
use super::regional::regional_maximum;
use crate::layer::maps;
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cells of windows that bring any map to one size",
    example: "output_size = [3, 4]",
    notes: Some(Notes {
        formula: "y[i,j] = max of x over rows floor(iH/OH)..ceil((i+1)H/OH) and columns alike",
        cost: "K - 1 comparisons per output; keeps 4 bytes per output",
        reference: "He et al. (2014), arXiv:1406.4729; torch AdaptiveMaxPool2d",
        random: Random::No,
        settings: &[OUTPUT_SIZE],
    }),
    parse: |table| Ok(Box::new(AdaptiveMaxPool(params::<Adaptive>(NAME, table)?))),
};

const NAME: &str = "adaptive_max_pool";

#[derive(Debug)]
struct AdaptiveMaxPool(Adaptive);

impl LayerSpec for AdaptiveMaxPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let regions = Regions::adaptive([rows, columns], self.0.output(NAME)?);
        Ok(Box::new(Fitted { channels, regions }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    regions: Regions,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.regions.output();
        [self.channels, rows, columns].into()
    }

    fn cost(&self) -> Cost {
        let outputs = self.regions.output().iter().product::<usize>();
        Cost { macs: 0, other: (self.channels * (self.regions.cells() - outputs)) as u64 }
    }

    fn reach(&self) -> Reach {
        Reach::of_regions(&self.regions)
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        regional_maximum(NAME, &x, std::slice::from_ref(&self.regions), None)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn a_cell_that_wins_two_windows_gets_both_gradients() {
        let layer = fit("kind = 'adaptive_max_pool'\noutput_size = [1, 2]", [1, 1, 3]);
        let x = Tensor::from_vec([1, 1, 1, 3], vec![1.0, 4.0, 2.0]).expect("3 values");
        let (y, dx) = run(&layer.expect("fits"), x);
        assert_eq!((y.as_slice(), dx.as_slice()), (&[4.0, 4.0][..], &[0.0, 2.0, 0.0][..]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_gradient_matches_differences_for_any_size(
            size in (1_usize..7, 1_usize..9),
            output in (1_usize..9, 1_usize..9),
        ) {
            let text = format!("kind = 'adaptive_max_pool'\noutput_size = [{}, {}]", output.0, output.1);
            check_gradient(&fit(&text, [2, size.0, size.1]).expect("any size fits"), 2)?;
        }
    }
}
