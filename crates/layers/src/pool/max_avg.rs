//! The sum of max and average pooling.
//!
//! ```text
//! y    = max x + (1/D) Σ x                    over the cells of the window
//! dx_k = dy · ( [k wins] + 1/D )
//! ```
//!
//! Its parts are those of `max_pool` and `avg_pool`: the first of equal maxima wins, and `D` counts
//! padded cells unless `count_include_pad = false`. NaN gives NaN. Training and use are the same. Per
//! output: `K − 1` comparisons, `K` additions and a multiplication. Kept for the backward pass: the
//! winners, one byte per output.
//!
//! The best pooling in the table of Mishkin, Sergievskiy and Matas (2017), arXiv:1606.02228; reference
//! implementation ducha-aiki/caffenet-benchmark. In `PyTorch` the sum of `max_pool2d` and `avg_pool2d`.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Tensor, Window, Windows};
use serde::Deserialize;

use super::blend::{self, counting};
use super::formula::{FormulaPool, Summarised, window};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "maximum of the window plus its mean",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = max over the window of x + (1/D) sum over the window of x",
        cost: "K - 1 comparisons, K additions and 1 multiplication per output; keeps 1 byte per output",
        reference: "Mishkin, Sergievskiy and Matas (2017), arXiv:1606.02228",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE, COUNT_INCLUDE_PAD],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<MaxAvgPool>(NAME, table)?))),
};

const NAME: &str = "max_avg_pool";

/// What the mean beside a maximum divides by.
pub(super) const COUNT_INCLUDE_PAD: Setting = Setting {
    name: "count_include_pad",
    default: "true",
    about: "whether padded cells count in the divisor of the mean",
    values: &["true", "false"],
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaxAvgPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "counted")]
    count_include_pad: bool,
}

/// The default of `count_include_pad`.
pub(super) fn counted() -> bool {
    true
}

impl FormulaPool for MaxAvgPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 0, other: 2 * area }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, _scope: &Scope<'_, 't>) -> Var<'t> {
        let ones = Tensor::full([2, x.value().nchw()[1]], 1.0);
        blend::fixed(NAME, &x, ones, at, counting(self.count_include_pad))
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;

    use crate::laws::{fit, run};

    #[test]
    fn it_is_the_sum_of_the_two_pools_it_names() {
        let x =
            Tensor::from_fn([2, 3, 7, 9], |i| (i * 37 % 101) as cenote_tensor::Scalar / 8.0 - 5.0);
        let window = "kernel_size = [3, 2]\nstride = 2\npadding = [1, 1]\nceil_mode = true";
        let pass = |kind: &str, more: &str| {
            let layer = fit(&format!("kind = '{kind}'\n{window}{more}"), [3, 7, 9]);
            run(&layer.expect("fits"), x.clone())
        };
        for more in ["", "\ncount_include_pad = false"] {
            let (both, max, avg) =
                (pass("max_avg_pool", more), pass("max_pool", ""), pass("avg_pool", more));
            let sum = |mut a: Tensor, b: &Tensor| {
                a.add_assign(b);
                a
            };
            for (got, expected) in [(both.0, sum(max.0, &avg.0)), (both.1, sum(max.1, &avg.1))] {
                for (got, expected) in got.as_slice().iter().zip(expected.as_slice()) {
                    assert!((got - expected).abs() < 1e-5, "{got} is not {expected}");
                }
            }
        }
    }
}
