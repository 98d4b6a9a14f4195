//! Max pooling: the largest cell of a window.
//!
//! ```text
//! y  = max over the window of x
//! dx = dy at the winning cell, summed over the windows it wins
//! ```
//!
//! The winner of a tie is the first cell in row-major order. The backward pass keeps one byte per
//! output, the winner's offset in its window, and not the input.
//! After Riesenhuber and Poggio (1999) and Ranzato et al. (2007); as PyTorch's `MaxPool2d`.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Argmax, Rounding, Tensor, Window, Windows, max_pool, max_pool_backward};
use serde::Deserialize;

use super::Pool;
use super::settings::{CEIL_MODE, DILATION, KERNEL_SIZE, PADDING, STRIDE};
use super::windowed::{Windowed, windows_of};
use crate::{Error, Layer, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cell of the window",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = max over the window of x",
        cost: "K - 1 comparisons per output; keeps 1 byte per output",
        reference: "Riesenhuber and Poggio (1999), doi:10.1038/14819; Ranzato et al. (2007)",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, DILATION, CEIL_MODE],
    }),
    parse: |table| Ok(Box::new(Windowed(params::<MaxPool>(NAME, table)?))),
};

const NAME: &str = "max_pool";

/// The windows of a layer that is a max pool.
pub(crate) fn max_windows(layer: &dyn Layer) -> Option<Windows> {
    windows_of::<MaxPool>(layer)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaxPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default = "Pair::one")]
    dilation: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl Pool for MaxPool {
    const NAME: &'static str = NAME;
    const DILATES: bool = true;

    fn window(&self) -> Result<Window, Error> {
        Ok(Window::new(self.kernel_size.0, self.stride.unwrap_or(self.kernel_size).0)
            .padded(self.padding.0)
            .dilated(self.dilation.0)
            .rounded(if self.ceil_mode { Rounding::Ceil } else { Rounding::Floor }))
    }

    fn operations(&self, area: usize) -> usize {
        // Comparisons.
        area - 1
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t> {
        maximum(NAME, &x, at)
    }
}

/// Records the maximum of each window on behalf of the layer `name`.
pub(super) fn maximum<'t>(name: &'static str, x: &Var<'t>, at: Windows) -> Var<'t> {
    let (y, argmax) = max_pool(x.value(), &at);
    x.tape().record(y, &[x], || Backward { name, windows: at, argmax })
}

struct Backward {
    name: &'static str,
    windows: Windows,
    argmax: Argmax,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.argmax.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(max_pool_backward(&dy, &self.argmax, &self.windows))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn the_gradient_of_a_tie_goes_to_the_first_maximum() {
        let layer = fit("kind = 'max_pool'\nkernel_size = 2", [1, 2, 4]).expect("fits");
        let x = Tensor::from_vec([1, 1, 2, 4], vec![3.0, 3.0, 0.0, 0.0, 3.0, 1.0, 0.0, 2.0]);
        let (y, dx) = run(&layer, x.expect("8 values"));
        assert_eq!(y.as_slice(), [3.0, 2.0]);
        assert_eq!(dx.as_slice(), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn padding_never_wins_over_negative_cells() {
        let layer =
            fit("kind = 'max_pool'\nkernel_size = 3\npadding = 1", [1, 2, 2]).expect("fits");
        let x = Tensor::from_vec([1, 1, 2, 2], vec![-4.0, -3.0, -2.0, -1.0]).expect("4 values");
        assert_eq!(run(&layer, x).0.as_slice(), [-1.0]);
    }

    #[test]
    fn a_nan_in_the_window_is_its_maximum() {
        let layer = fit("kind = 'max_pool'\nkernel_size = 2", [1, 2, 2]).expect("fits");
        let x = Tensor::from_vec([1, 1, 2, 2], vec![5.0, Scalar::NAN, 1.0, 7.0]).expect("4 values");
        assert!(run(&layer, x).0.as_slice()[0].is_nan());
    }

    #[test]
    fn more_padding_than_half_a_window_is_refused() {
        let text = "kind = 'max_pool'\nkernel_size = 3\npadding = 2";
        let error = fit(text, [1, 5, 7]).expect_err("2 > 3 / 2");
        assert_eq!(
            error.to_string(),
            "max_pool: padding is 2; expected at most 1, half of the window's span 3"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_gradient_matches_differences_for_any_geometry(
            kernel in (1_usize..4, 1_usize..4),
            stride in (1_usize..5, 1_usize..5),
            padding in (0_usize..2, 0_usize..2),
            dilation in (1_usize..3, 1_usize..3),
            ceil: bool,
            size in (1_usize..7, 1_usize..9),
        ) {
            let text = format!(
                "kind = 'max_pool'\nkernel_size = [{}, {}]\nstride = [{}, {}]\n\
                 padding = [{}, {}]\ndilation = [{}, {}]\nceil_mode = {ceil}",
                kernel.0, kernel.1, stride.0, stride.1, padding.0, padding.1, dilation.0, dilation.1,
            );
            if let Ok(layer) = fit(&text, [2, size.0, size.1]) {
                // A dilated window can miss the input altogether; its maximum is −∞, as in PyTorch.
                let (y, _) = run(&layer, Tensor::zeros([1, 2, size.0, size.1]));
                prop_assume!(y.as_slice().iter().all(|y| y.is_finite()));
                check_gradient(&layer, 2)?;
            }
        }
    }
}
