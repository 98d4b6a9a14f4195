//! Adaptive average pooling: the mean of windows that bring any map to a given size.
//!
//! ```text
//! y  = mean of x over the window            windows: see `adaptive.rs`
//! dx = Σ over the windows that hold the cell of dy / their own number of cells
//! ```
//!
//! As PyTorch's `AdaptiveAvgPool2d`. NaN and infinities spread to the windows that hold them. Training
//! and use are alike; nothing is kept. Every window is the product of a range of rows and one of
//! columns, so rows are averaged first: `W` multiply-adds per row of a window, then one per column of
//! it. After He et al. (2014), arXiv:1406.4729, whose pyramids it generalises.

use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Axis, Resampling, Shape};

use super::adaptive::{Adaptive, OUTPUT_SIZE};
use super::resampled::Resampled;
use crate::layer::maps;
use crate::{Change, Changed, Error, Layer, LayerSpec};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "means of windows that bring any map to one size",
    example: "output_size = [3, 4]",
    notes: Some(Notes {
        formula: "y[i,j] = mean of x over rows floor(iH/OH)..ceil((i+1)H/OH) and columns alike",
        cost: "about 1 + OH/H multiply-adds per input; keeps nothing",
        reference: "He et al. (2014), arXiv:1406.4729; torch AdaptiveAvgPool2d",
        random: Random::No,
        settings: &[OUTPUT_SIZE],
    }),
    parse: |table| Ok(Box::new(AdaptiveAvgPool(params::<Adaptive>(NAME, table)?))),
};

const NAME: &str = "adaptive_avg_pool";

#[derive(Debug)]
struct AdaptiveAvgPool(Adaptive);

impl LayerSpec for AdaptiveAvgPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let [high, wide] = self.0.output(NAME)?;
        let means = Axis::adaptive_means;
        let map = Resampling::new(means(rows, high), means(columns, wide));
        Ok(Box::new(Resampled { kind: NAME, channels, map }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn overlapping_windows_share_their_cells() {
        // torch.nn.AdaptiveAvgPool2d((1, 2)) on columns 0, 1, 2: windows [0, 2) and [1, 3).
        let layer = fit("kind = 'adaptive_avg_pool'\noutput_size = [1, 2]", [1, 1, 3]);
        let x = Tensor::from_fn([1, 1, 1, 3], |i| i as Scalar);
        let (y, dx) = run(&layer.expect("fits"), x);
        assert_eq!((y.as_slice(), dx.as_slice()), (&[0.5, 1.5][..], &[0.5, 1.0, 0.5][..]));
    }

    #[test]
    fn a_map_of_its_own_size_stays_as_it_is() {
        let layer = fit("kind = 'adaptive_avg_pool'\noutput_size = [3, 4]", [1, 3, 4]);
        let x = Tensor::from_fn([1, 1, 3, 4], |i| 0.3 * i as Scalar - 1.0);
        assert_eq!(run(&layer.expect("fits"), x.clone()).0, x);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_gradient_matches_differences_for_any_size(
            size in (1_usize..7, 1_usize..9),
            output in (1_usize..9, 1_usize..9),
        ) {
            let text = format!("kind = 'adaptive_avg_pool'\noutput_size = [{}, {}]", output.0, output.1);
            check_gradient(&fit(&text, [2, size.0, size.1]).expect("any size fits"), 2)?;
        }
    }
}
