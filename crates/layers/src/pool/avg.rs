//! Average pooling: the mean of a window.
//!
//! ```text
//! y  = (1/D) Σ over the window of x
//! dx = Σ over the windows that hold the cell of dy / D
//! ```
//!
//! The divisor `D` follows PyTorch's `AvgPool2d`: `divisor_override` if given; else, with
//! `count_include_pad` (the default), the cells of the window inside the padded input; else only the
//! real ones.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Divisor, Rounding, Tensor, Window, Windows, avg_pool, avg_pool_backward};
use serde::Deserialize;

use super::Pool;
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use super::windowed::Windowed;
use crate::{Error, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the window",
    example: "kernel_size = 3\nstride = 2\npadding = 1\ncount_include_pad = false",
    notes: Some(Notes {
        formula: "y = (1/D) sum over the window of x",
        cost: "K - 1 additions and 1 multiplication per output; keeps nothing",
        reference: "LeCun et al. (1990), Handwritten digit recognition with a back-propagation network",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "count_include_pad",
                default: "true",
                about: "whether padded cells count in the divisor D",
                values: &["true", "false"],
            },
            Setting {
                name: "divisor_override",
                default: "none",
                about: "a fixed D in place of the number of cells",
                values: &["1", "3", "7"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(Windowed(params::<AvgPool>(NAME, table)?))),
};

const NAME: &str = "avg_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AvgPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "counted")]
    count_include_pad: bool,
    divisor_override: Option<usize>,
}

fn counted() -> bool {
    true
}

impl AvgPool {
    fn divisor(&self) -> Divisor {
        match self.divisor_override {
            Some(fixed) => Divisor::Fixed(fixed),
            None if self.count_include_pad => Divisor::CountPadding,
            None => Divisor::RealCells,
        }
    }
}

impl Pool for AvgPool {
    const NAME: &'static str = NAME;
    const DILATES: bool = true;

    fn window(&self) -> Result<Window, Error> {
        if self.divisor_override == Some(0) {
            return Err(Error::Setting {
                kind: NAME,
                name: "divisor_override",
                got: "0".into(),
                expected: "at least 1".into(),
            });
        }
        Ok(Window::new(self.kernel_size.0, self.stride.unwrap_or(self.kernel_size).0)
            .padded(self.padding.0)
            .rounded(if self.ceil_mode { Rounding::Ceil } else { Rounding::Floor }))
    }

    fn operations(&self, area: usize) -> usize {
        // One less add than cells, and one multiplication.
        area
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t> {
        average(NAME, &x, at, self.divisor())
    }
}

/// Records the mean of each window on behalf of the layer `name`.
pub(super) fn average<'t>(
    name: &'static str,
    x: &Var<'t>,
    at: Windows,
    divisor: Divisor,
) -> Var<'t> {
    let y = avg_pool(x.value(), &at, divisor);
    x.tape().record(y, &[x], || Backward { name, windows: at, divisor })
}

struct Backward {
    name: &'static str,
    windows: Windows,
    divisor: Divisor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(avg_pool_backward(&dy, &self.windows, self.divisor))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;
    use proptest::prelude::*;

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn padded_cells_count_unless_told_otherwise() {
        let x = || Tensor::full([1, 1, 2, 2], 4.0);
        let text = "kind = 'avg_pool'\nkernel_size = 2\npadding = 1";
        let counted = fit(text, [1, 2, 2]).expect("fits");
        assert_eq!(run(&counted, x()).0.as_slice(), [1.0; 4]);
        let text = format!("{text}\ncount_include_pad = false");
        let real = fit(&text, [1, 2, 2]).expect("fits");
        assert_eq!(run(&real, x()).0.as_slice(), [4.0; 4]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_gradient_matches_differences_for_any_geometry(
            kernel in (1_usize..4, 1_usize..4),
            stride in (1_usize..5, 1_usize..5),
            padding in (0_usize..2, 0_usize..2),
            ceil: bool,
            include: bool,
            divisor in prop::option::of(1_usize..7),
            size in (1_usize..7, 1_usize..9),
        ) {
            let divisor = divisor.map_or(String::new(), |d| format!("divisor_override = {d}"));
            let text = format!(
                "kind = 'avg_pool'\nkernel_size = [{}, {}]\nstride = [{}, {}]\n\
                 padding = [{}, {}]\nceil_mode = {ceil}\ncount_include_pad = {include}\n{divisor}",
                kernel.0, kernel.1, stride.0, stride.1, padding.0, padding.1,
            );
            if let Ok(layer) = fit(&text, [2, size.0, size.1]) {
                check_gradient(&layer, 2)?;
            }
        }
    }
}
