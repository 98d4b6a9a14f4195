//! Max pooling that keeps the size of the map: the largest cell around every cell.
//!
//! ```text
//! y[i,j] = max of x over rows i − ⌊(k−1)/2⌋ to i + ⌈(k−1)/2⌉ and columns alike      stride 1
//! dx     = dy at the winning cell, summed over the windows it wins
//! ```
//!
//! It combines cells without dropping any: the other half of what a max pool does, beside
//! `decimate`. A window of even size reaches one cell farther down and right, as TensorFlow's `SAME`
//! padding has it. Padding is −∞; ties, NaN, cost and what is kept are those of `max_pool`.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Window, Windows};
use serde::Deserialize;

use super::Pool;
use super::max::maximum;
use super::settings::KERNEL_SIZE;
use super::windowed::Windowed;
use crate::{Error, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cell around every cell; the map keeps its size",
    example: "kernel_size = [2, 3]",
    notes: Some(Notes {
        formula: "y[i,j] = max of x over the k x k cells around (i, j), stride 1",
        cost: "K - 1 comparisons per output; keeps 1 byte per output",
        reference: "Riesenhuber and Poggio (1999), doi:10.1038/14819; TensorFlow padding SAME",
        random: Random::No,
        settings: &[KERNEL_SIZE],
    }),
    parse: |table| Ok(Box::new(Windowed(params::<SameMaxPool>(NAME, table)?))),
};

const NAME: &str = "same_max_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SameMaxPool {
    kernel_size: Pair,
}

impl Pool for SameMaxPool {
    const NAME: &'static str = NAME;
    const DILATES: bool = true;

    fn window(&self) -> Result<Window, Error> {
        let kernel = self.kernel_size.0;
        let before = kernel.map(|size| size.saturating_sub(1) / 2);
        let after = kernel.map(|size| size / 2);
        Ok(Window { before, after, ..Window::new(kernel, [1, 1]) })
    }

    fn operations(&self, area: usize) -> usize {
        // Comparisons.
        area - 1
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t> {
        maximum(NAME, &x, at)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;

    use crate::laws::{fit, run};

    #[test]
    fn an_even_window_reaches_down_and_right() {
        let layer = fit("kind = 'same_max_pool'\nkernel_size = [1, 2]", [1, 1, 3]).expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 3], vec![1.0, 5.0, 3.0]).expect("3 values");
        assert_eq!(run(&layer, x).0.as_slice(), [5.0, 5.0, 3.0]);
    }

    #[test]
    fn the_map_keeps_its_size_for_any_window() {
        for (rows, columns) in (1..6).flat_map(|rows| (1..6).map(move |columns| (rows, columns))) {
            let text = format!("kind = 'same_max_pool'\nkernel_size = [{rows}, {columns}]");
            let layer = fit(&text, [1, 5, 7]).expect("fits");
            assert_eq!(layer.output(), layer.input(), "{text}");
        }
    }
}
