//! Gated pooling: between maximum and average, in a proportion that each window decides.
//!
//! ```text
//! a    = 1 / (1 + e^(−Σ w_k x_k))                 over the cells of the window
//! y    = a · max x + (1 − a) · (1/D) Σ x
//! s    = dy · (max − mean) · a (1 − a)
//! dx_k = dy · ( a [k wins] + (1 − a)/D ) + s w_k
//! dw_k = Σ s x_k
//! ```
//!
//! The mask `w` has one number per offset of the window; the layer has one or, with `per = 'channel'`,
//! each channel. It starts at 0, with `a = ½`. Cells outside the input are left out of the sums; `D`
//! counts padded cells unless `count_include_pad = false`. The first of equal maxima wins; NaN gives
//! NaN. Training and use are the same. Per output: `K` multiply-adds, `K − 1` comparisons, `K`
//! additions, a logistic function and 3 multiplications. Kept for the backward pass: the input, and the
//! masks per channel.
//!
//! After Lee, Gallagher and Tu (2016), arXiv:1509.08985; reference implementation
//! tbrsun/general-pooling. Its authors' university registered the generalised pooling functions as an
//! invention (UCSD docket SD2016-053); whether a patent is in force we do not know, and who sells a
//! product with this operator should find out. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Cells, Divisor, Gradient, Number, Scalar, Window, WindowFunction, Windows};
use serde::Deserialize;

use super::blend::counting;
use super::formula::{Formula, FormulaPool, Summarised, window};
use super::max_avg::{COUNT_INCLUDE_PAD, counted};
use super::parameters::{PER, Per, rows};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, Init, LayerSpec, Pair, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "between maximum and mean of the window, as a learned mask of the window says",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = a max x + (1 - a) (1/D) sum of x, a = 1 / (1 + e^-(sum of w x)), over the window",
        cost: "K MACs, 1 exponential and 2K + 4 other operations per output; keeps the input and w",
        reference: "Lee, Gallagher and Tu (2016), arXiv:1509.08985; may be patented (UCSD SD2016-053)",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE, COUNT_INCLUDE_PAD, PER],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<GatedPool>(NAME, table)?))),
};

const NAME: &str = "gated_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GatedPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "counted")]
    count_include_pad: bool,
    #[serde(default)]
    per: Per,
}

impl FormulaPool for GatedPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn params(&self, channels: usize, area: usize) -> Vec<ParamSpec> {
        vec![self.per.param("mask", channels, area, Init::Zeros)]
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: area, other: 2 * area + 5 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        let masks = rows(NAME, [scope.param(0)], x.value().nchw()[1]);
        let function = Gated { divisor: counting(self.count_include_pad) };
        Formula { name: NAME, function, windows: at }.with([&x], &masks)
    }
}

struct Gated {
    divisor: Divisor,
}

/// The sum over the cells of what a filter says.
#[inline(always)]
pub(super) fn filtered<T: Number>(filter: &[T], cells: &Cells<'_, T>) -> T {
    let mut sum = T::of(0.0);
    for (k, &weight) in filter[..cells.area()].iter().enumerate() {
        let [x] = cells.at(k);
        sum = weight.mul_add(x, sum);
    }
    sum
}

/// Adds to the gradient of a filter of the cells, under a gradient `dy` of [`filtered`].
#[inline(always)]
pub(super) fn add_filter_gradient<T: Number>(dy: T, cells: &Cells<'_, T>, into: &mut [T]) {
    for (k, into) in into[..cells.area()].iter_mut().enumerate() {
        let [x] = cells.at(k);
        *into = dy.mul_add(x, *into);
    }
}

/// The maximum, its offset, and the mean. A NaN makes both of them NaN.
#[inline(always)]
fn maximum_and_mean<T: Number>(cells: &Cells<'_, T>) -> [T; 3] {
    let [largest, winner] = cells.largest();
    let mean = cells.sum() / cells.divisor();
    [largest, winner, mean]
}

/// `yes` at the offset `k` of the winner, else 0.
#[inline(always)]
fn at_winner<T: Number>(winner: T, k: usize, yes: T) -> T {
    T::select(winner.equals(T::of(k as Scalar)), yes, T::of(0.0))
}

impl WindowFunction for Gated {
    fn divisor(&self) -> Divisor {
        self.divisor
    }

    #[inline(always)]
    fn value<T: Number>(&self, mask: &[T], cells: &Cells<'_, T>) -> T {
        let [maximum, _, mean] = maximum_and_mean(cells);
        let a = filtered(mask, cells).sigmoid();
        a * maximum + (T::of(1.0) - a) * mean
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        mask: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let [maximum, winner, mean] = maximum_and_mean(cells);
        let a = filtered(mask, cells).sigmoid();
        let rest = T::of(1.0) - a;
        let (all, share) = (dy * a, dy * rest / cells.divisor());
        let slope = all * rest * (maximum - mean);
        for (k, gradient) in into.cells[0].iter_mut().enumerate() {
            *gradient = mask[k].mul_add(slope, share) + at_winner(winner, k, all);
        }
        add_filter_gradient(slope, cells, into.params);
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn without_training_it_is_half_maximum_and_half_mean() {
        let layer = fit("kind = 'gated_pool'\nkernel_size = [1, 4]", [1, 1, 4]).expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 4], vec![1.0, 2.0, 3.0, 6.0]).expect("4 values");
        assert_eq!(run(&layer, x).0.as_slice(), [4.5]);
    }

    #[test]
    fn the_gradients_match_differences_for_masks_of_layers_and_channels() {
        for per in ["layer", "channel"] {
            for window in
                ["kernel_size = 2", "kernel_size = 3\nstride = 2\npadding = 1\nceil_mode = true"]
            {
                let text = format!("kind = 'gated_pool'\n{window}\nper = '{per}'");
                check_gradient(&fit(&text, [2, 4, 6]).expect("fits"), 2).expect(per);
            }
        }
    }
}
