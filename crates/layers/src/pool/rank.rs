//! Rank-based average pooling: the mean of the `top` largest cells of a window.
//!
//! ```text
//! y      = (1/t) Σ_{j ≤ t} x_(j)          x_(1) ≥ x_(2) ≥ … the cells; t = top, or as many as there are
//! dx_(j) = dy / t  for j ≤ t, else 0
//! ```
//!
//! `top = 1` is the maximum, `top = K` the mean. Equal cells are ranked in row-major order. Cells
//! outside the input are left out. NaN gives NaN where it is ranked in the top, as it may be. Training
//! and use are the same. Per output: `K(K − 1)/2` comparisons and `2K + 2` other operations. Kept for
//! the backward pass: the input.
//!
//! After Shi, Ye and Wu (2016), Rank-based pooling for deep convolutional neural networks, Neural
//! Networks 83, doi:10.1016/j.neunet.2016.07.003 (their RAP). No operator of `PyTorch`; `torch.topk` of
//! the cells.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Number, Scalar, Window, Windows};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::ranked::{Ranked, Weights};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the largest cells of the window",
    example: "kernel_size = 3\nstride = 2\npadding = 1\ntop = 3",
    notes: Some(Notes {
        formula: "y = mean of the top largest cells of the window",
        cost: "K(K - 1)/2 comparisons and 2K + 2 other operations per output; keeps the input",
        reference: "Shi, Ye and Wu (2016), doi:10.1016/j.neunet.2016.07.003",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "top",
                default: "",
                about: "how many of the largest cells are averaged, at most those of a window",
                values: &["1", "2", "3"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<RankPool>(NAME, table)?))),
};

const NAME: &str = "rank_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RankPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    top: usize,
}

impl FormulaPool for RankPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        let [rows, columns] = self.kernel_size.0;
        let area = rows.saturating_mul(columns);
        if self.top == 0 || self.top > area {
            return Err(Error::Setting {
                kind: NAME,
                name: "top",
                got: self.top.to_string(),
                expected: format!("1 to {area}, the cells of a window"),
            });
        }
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 0, other: area * (area - 1) / 2 + 2 * area + 2 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, _scope: &Scope<'_, 't>) -> Var<'t> {
        Formula { name: NAME, function: Ranked(Top(self.top)), windows: at }.of(&x)
    }
}

struct Top(usize);

impl Weights for Top {
    #[inline(always)]
    fn weight<T: Number>(&self, _: &[T], rank: usize, _count: T) -> T {
        T::of(Scalar::from(u8::from(rank < self.0)))
    }

    #[inline(always)]
    fn weight_of<T: Number>(&self, _: &[T], rank: T, _count: T) -> T {
        let inside = T::of(self.0 as Scalar).beats(rank);
        T::select(inside, T::of(1.0), T::of(0.0))
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn the_top_cells_share_the_gradient() {
        let layer =
            fit("kind = 'rank_pool'\nkernel_size = [1, 4]\ntop = 3", [1, 1, 4]).expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 4], vec![4.0, 9.0, 1.0, 2.0]).expect("4 values");
        let (y, dx) = run(&layer, x);
        assert_eq!(y.as_slice(), [5.0]);
        for (dx, expected) in dx.as_slice().iter().zip([1.0, 1.0, 0.0, 1.0]) {
            assert!((dx - expected / 3.0 as Scalar).abs() < 1e-6, "{dx}");
        }
    }

    #[test]
    fn more_than_all_cells_are_refused() {
        let error =
            fit("kind = 'rank_pool'\nkernel_size = 2\ntop = 5", [1, 4, 6]).expect_err("5 of 4");
        assert_eq!(
            error.to_string(),
            "rank_pool: top is 5; expected 1 to 4, the cells of a window"
        );
    }
}
