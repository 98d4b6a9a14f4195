//! `SoftPool`: the mean of a window, weighted by the exponentials of its cells.
//!
//! ```text
//! w_k  = e^x_k / Σ e^x                        over the cells of the window
//! y    = Σ w_k x_k
//! dx_k = dy · w_k (1 + x_k − y)               summed over the windows that hold the cell
//! ```
//!
//! It lies between the mean and the maximum, and follows a constant added to the input. This is the
//! true derivative: the weights depend on the input as well.
//!
//! Cells outside the input have no weight. Where a plane has a cell beyond ±60 the largest cell of each
//! window is subtracted before the exponential, so large values do no harm; elsewhere windows that
//! overlap share the exponentials of their cells. A cell that is NaN or infinite makes the output NaN.
//! Training and use are the same. Per output: `K` exponentials, `K` multiply-adds, `3K − 2` other operations and a
//! division, for `K` cells. Kept for the backward pass: the input.
//!
//! After Stergiou, Poppe and Kalliatakis (2021), arXiv:2101.00440; reference implementation
//! alexandrosstergiou/SoftPool. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{
    Cells, Gradient, Number, Scalar, SumFunction, Window, WindowFunction, Windows,
};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, of_quotient, window};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the window, weighted by exponentials",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = sum of e^x x / sum of e^x, over the window",
        cost: "K exponentials, K MACs and 3K - 1 other operations per output; keeps the input",
        reference: "Stergiou, Poppe and Kalliatakis (2021), arXiv:2101.00440",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<SoftPool>(NAME, table)?))),
};

const NAME: &str = "soft_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SoftPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl FormulaPool for SoftPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: area, other: 4 * area - 1 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, _scope: &Scope<'_, 't>) -> Var<'t> {
        Formula { name: NAME, function: Soft, windows: at }.of_sums(&x)
    }
}

struct Soft;

impl WindowFunction for Soft {
    #[inline(always)]
    fn value<T: Number>(&self, _: &[T], cells: &Cells<'_, T>) -> T {
        let (largest, zero) = (largest(cells), T::of(0.0));
        let [mut above, mut below] = [zero; 2];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let e = cells.inside(k, (x - largest).exp(), zero);
            above = e.mul_add(x, above);
            below = below + e;
        }
        above / below
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        _: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let (largest, zero) = (largest(cells), T::of(0.0));
        let [mut above, mut below] = [zero; 2];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let e = cells.inside(k, (x - largest).exp(), zero);
            into.cells[0][k] = e;
            above = e.mul_add(x, above);
            below = below + e;
        }
        let (rest, scale) = (T::of(1.0) - above / below, dy / below);
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            into.cells[0][k] = into.cells[0][k] * scale * (x + rest);
        }
    }
}

impl SumFunction<1, 2, 2> for Soft {
    fn range(&self, _: &[Scalar]) -> [[Scalar; 2]; 1] {
        [[0.0, 60.0]]
    }

    #[inline(always)]
    fn terms<T: Number>(&self, _: &[T], [x]: [T; 1]) -> [T; 2] {
        let e = x.exp();
        [e, e * x]
    }

    #[inline(always)]
    fn total<T: Number>(&self, _: &[T], [below, above]: [T; 2], _: T) -> T {
        above / below
    }

    #[inline(always)]
    fn pull<T: Number>(&self, _: &[T], sums: [T; 2], _: T, dy: T, _: &mut [T]) -> [T; 2] {
        of_quotient(sums, dy)
    }

    #[inline(always)]
    fn cell<T: Number>(
        &self,
        _: &[T],
        [x]: [T; 1],
        [e, _]: [T; 2],
        [below, above]: [T; 2],
    ) -> [T; 1] {
        [e * above.mul_add(x + T::of(1.0), below)]
    }
}

/// The largest cell; a NaN may be passed over.
#[inline(always)]
pub(super) fn largest<T: Number>(cells: &Cells<'_, T>) -> T {
    let mut largest = T::of(Scalar::NEG_INFINITY);
    for k in 0..cells.area() {
        let [x] = cells.at(k);
        largest = cells.inside(k, x, T::of(Scalar::NEG_INFINITY)).max(largest);
    }
    largest
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use super::Soft;
    use crate::laws::{fit, run};
    use crate::pool::ways::{Pulls, check_ways};

    #[test]
    fn two_cells_have_the_weights_of_a_logistic_function() {
        let layer = fit("kind = 'soft_pool'\nkernel_size = [1, 2]", [1, 1, 2]).expect("fits");
        let (y, dx) =
            run(&layer, Tensor::from_vec([1, 1, 1, 2], vec![1.0, 2.0]).expect("2 values"));
        let w = 1.0 / (1.0 + f64::exp(-1.0));
        let mean = 1.0 + w;
        let close = |a: Scalar, b: f64| assert!((f64::from(a) - b).abs() < 1e-6, "{a} is not {b}");
        close(y.as_slice()[0], mean);
        close(dx.as_slice()[0], (1.0 - w) * (2.0 - mean));
        close(dx.as_slice()[1], w * (3.0 - mean));
    }

    #[test]
    fn windows_give_what_shared_sums_give() {
        check_ways(&Soft, [[]; 2], Pulls::MapsAndParams);
    }

    #[test]
    fn values_whose_exponentials_overflow_do_no_harm() {
        let layer = fit("kind = 'soft_pool'\nkernel_size = [1, 2]", [1, 1, 4]).expect("fits");
        let x = vec![1e4, 1e4, -1e4, 1e4];
        let (y, dx) = run(&layer, Tensor::from_vec([1, 1, 1, 4], x).expect("4 values"));
        assert_eq!(y.as_slice(), [1e4, 1e4]);
        assert_eq!(dx.as_slice(), [0.5, 0.5, 0.0, 1.0]);
    }
}
