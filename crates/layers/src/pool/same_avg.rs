//! Average pooling that keeps the size of the map: the mean around every cell.
//!
//! ```text
//! y[i,j] = mean of x over rows i − ⌊(k−1)/2⌋ to i + ⌈(k−1)/2⌉ and columns alike      stride 1
//! dx     = Σ over the windows that hold the cell of dy / their own number of cells
//! ```
//!
//! It combines cells without dropping any: the other half of what an average pool does, beside
//! `decimate`. A window of even size reaches one cell farther down and right, and only cells of the
//! map count, as TensorFlow's `SAME` padding has it. Cost and what is kept are those of `avg_pool`.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Divisor, Window, Windows};
use serde::Deserialize;

use super::Pool;
use super::avg::average;
use super::settings::KERNEL_SIZE;
use super::windowed::Windowed;
use crate::{Error, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean around every cell; the map keeps its size",
    example: "kernel_size = [2, 3]",
    notes: Some(Notes {
        formula: "y[i,j] = mean of x over the k x k cells around (i, j), stride 1",
        cost: "K operations per output; keeps nothing",
        reference: "LeCun et al. (1989), doi:10.1162/neco.1989.1.4.541; TensorFlow padding SAME",
        random: Random::No,
        settings: &[KERNEL_SIZE],
    }),
    parse: |table| Ok(Box::new(Windowed(params::<SameAvgPool>(NAME, table)?))),
};

const NAME: &str = "same_avg_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SameAvgPool {
    kernel_size: Pair,
}

impl Pool for SameAvgPool {
    const NAME: &'static str = NAME;
    const DILATES: bool = true;

    fn window(&self) -> Result<Window, Error> {
        let kernel = self.kernel_size.0;
        let before = kernel.map(|size| size.saturating_sub(1) / 2);
        let after = kernel.map(|size| size / 2);
        Ok(Window { before, after, ..Window::new(kernel, [1, 1]) })
    }

    fn operations(&self, area: usize) -> usize {
        area
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t> {
        average(NAME, &x, at, Divisor::RealCells)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;

    use crate::laws::{fit, run};

    #[test]
    fn an_even_window_reaches_down_and_right() {
        let layer = fit("kind = 'same_avg_pool'\nkernel_size = [1, 2]", [1, 1, 3]).expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 3], vec![1.0, 5.0, 3.0]).expect("3 values");
        assert_eq!(run(&layer, x).0.as_slice(), [3.0, 4.0, 3.0]);
    }

    #[test]
    fn the_map_keeps_its_size_for_any_window() {
        for (rows, columns) in (1..6).flat_map(|rows| (1..6).map(move |columns| (rows, columns))) {
            let text = format!("kind = 'same_avg_pool'\nkernel_size = [{rows}, {columns}]");
            let layer = fit(&text, [1, 5, 7]).expect("fits");
            assert_eq!(layer.output(), layer.input(), "{text}");
        }
    }
}
