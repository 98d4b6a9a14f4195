//! Median pooling: the middle cell of a window, or the mean of the two middle ones.
//!
//! ```text
//! y      = x_(m)                          x_(1) ≥ x_(2) ≥ … ≥ x_(K) the cells, K = 2m − 1
//! y      = (x_(m) + x_(m+1)) / 2          K = 2m
//! dx_(j) = dy · the weight of rank j
//! ```
//!
//! The mean of two middle cells is NumPy's median; `torch.median` takes the lower. Equal cells are
//! ranked in row-major order, and the gradient goes to the cells of the middle ranks. Cells outside the
//! input are left out: the median is that of the cells there are. NaN gives NaN. Training and use are
//! the same. Per output: `K(K − 1)/2` comparisons and `5K + 2` other operations. Kept for the backward
//! pass: the input.
//!
//! A special case of rank-based pooling, Shi, Ye and Wu (2016), Neural Networks 83,
//! doi:10.1016/j.neunet.2016.07.003. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Number, Scalar, Window, Windows};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::ranked::{Ranked, Weights};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "median of the window",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = the middle of the cells of the window, or the mean of the two middle ones",
        cost: "K(K - 1)/2 comparisons and 5K + 2 other operations per output; keeps the input",
        reference: "Shi, Ye and Wu (2016), doi:10.1016/j.neunet.2016.07.003",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<MedianPool>(NAME, table)?))),
};

const NAME: &str = "median_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MedianPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl FormulaPool for MedianPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 0, other: area * (area - 1) / 2 + 5 * area + 2 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, _scope: &Scope<'_, 't>) -> Var<'t> {
        Formula { name: NAME, function: Ranked(Middle), windows: at }.of(&x)
    }
}

struct Middle;

impl Weights for Middle {
    #[inline(always)]
    fn weight<T: Number>(&self, _: &[T], rank: usize, count: T) -> T {
        self.weight_of(&[], T::of(rank as Scalar), count)
    }

    #[inline(always)]
    fn weight_of<T: Number>(&self, _: &[T], rank: T, count: T) -> T {
        // 1 at the middle rank, ½ at each of two.
        let distance = (rank + rank + T::of(1.0) - count).abs();
        (T::of(1.0) - distance * T::of(0.5)).positive()
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;

    use crate::laws::{fit, run};

    #[test]
    fn the_middle_cell_or_both_of_them_take_the_gradient() {
        let layer = fit("kind = 'median_pool'\nkernel_size = [1, 3]\nceil_mode = true", [1, 1, 5]);
        let x = Tensor::from_vec([1, 1, 1, 5], vec![4.0, 9.0, 1.0, 2.0, 8.0]).expect("5 values");
        let (y, dx) = run(&layer.expect("fits"), x);
        assert_eq!(y.as_slice(), [4.0, 5.0]);
        assert_eq!(dx.as_slice(), [1.0, 0.0, 0.0, 0.5, 0.5]);
    }
}
