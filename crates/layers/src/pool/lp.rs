//! Lp pooling: the p-norm of a window.
//!
//! ```text
//! y    = (f Σ |x_k|^p)^(1/p)                              p ≥ 1
//! dx_k = dy · f sign(x_k) |x_k|^(p−1) y^(1−p)             0 where y = 0
//! ```
//!
//! | `scale` | `f` | |
//! |---|---|---|
//! | `'sum'` | 1 | the norm of the cells there are |
//! | `'mean'` | 1 / cells there are | the power mean |
//! | `'torch'` | K / cells there are | `PyTorch`'s `LPPool2d`, which averages and multiplies by `K` |
//!
//! `p = 1` adds magnitudes, `p = 2` is the Euclidean norm, `p → ∞` tends to the largest magnitude.
//! `'sum'` and `'torch'` differ only where a window hangs over the edge (`ceil_mode`, padding).
//! `PyTorch` takes `x^p` as it is: for negative cells and a `p` that is not even it gives a signed sum
//! or NaN, where this is the norm.
//!
//! Cells outside the input count as nothing; `LPPool2d` has no padding. The largest magnitude is
//! factored out, so no power overflows; NaN gives NaN, and so does an infinite cell. Training and use
//! are the same. Per output: `K` powers, a root and `3K + 2` other operations. Kept for the backward
//! pass: the input.
//!
//! Windows that overlap share the powers of their cells; a plane with a cell whose power would be too large or
//! too small for that goes window by window, as described.
//!
//! After Sermanet, Chintala and `LeCun` (2012), arXiv:1204.3968; as `PyTorch`'s `LPPool2d`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{
    Cells, Gradient, Number, Scalar, SumFunction, Window, WindowFunction, Windows,
};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::power::Power;
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "p-norm of the window; p moves it from sum towards max",
    example: "kernel_size = 3\nstride = 2\npadding = 1\np = 3.0",
    notes: Some(Notes {
        formula: "y = (f sum over the window of |x|^p)^(1/p), f = 1, 1/cells or K/cells",
        cost: "K powers, 1 root and 4K + 2 other operations per output; keeps the input",
        reference: "Sermanet, Chintala and LeCun (2012), arXiv:1204.3968",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "p",
                default: "2.0",
                about: "power of the norm, at least 1",
                values: &["1.0", "2.0", "3.0", "4.5"],
            },
            Setting {
                name: "scale",
                default: "'sum'",
                about: "what the sum of powers is scaled to: the sum, the mean, or K means as in PyTorch",
                values: &["'sum'", "'mean'", "'torch'"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<LpPool>(NAME, table)?))),
};

const NAME: &str = "lp_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LpPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "two")]
    p: f64,
    #[serde(default)]
    scale: Scale,
}

fn two() -> f64 {
    2.0
}

/// What the sum of powers is scaled to.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scale {
    #[default]
    Sum,
    Mean,
    Torch,
}

impl FormulaPool for LpPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        if !(self.p >= 1.0 && (self.p as Scalar).is_finite()) {
            return Err(Error::Setting {
                kind: NAME,
                name: "p",
                got: self.p.to_string(),
                expected: "a finite number of at least 1".into(),
            });
        }
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 0, other: 5 * area + 3 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, _scope: &Scope<'_, 't>) -> Var<'t> {
        let area = at.window().area() as Scalar;
        let function = Norm { power: Power::new(self.p), scale: self.scale, area };
        Formula { name: NAME, function, windows: at }.of_sums(&x)
    }
}

struct Norm {
    power: Power,
    scale: Scale,
    /// Cells of a window.
    area: Scalar,
}

impl Norm {
    /// The largest magnitude, and its inverse: 1 where it is 0, so that nothing is divided by it.
    #[inline(always)]
    fn largest<T: Number>(cells: &Cells<'_, T>) -> [T; 2] {
        let zero = T::of(0.0);
        let mut largest = zero;
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            largest = largest.max(x.abs());
        }
        [largest, T::of(1.0) / T::select(largest.equals(zero), T::of(1.0), largest)]
    }

    /// `f`.
    #[inline(always)]
    fn factor<T: Number>(&self, divisor: T) -> T {
        match self.scale {
            Scale::Sum => T::of(1.0),
            Scale::Mean => T::of(1.0) / divisor,
            Scale::Torch => T::of(self.area) / divisor,
        }
    }
}

impl WindowFunction for Norm {
    #[inline(always)]
    fn value<T: Number>(&self, _: &[T], cells: &Cells<'_, T>) -> T {
        let [largest, inverse] = Self::largest(cells);
        let mut sum = T::of(0.0);
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            sum = sum + self.power.of(x.abs() * inverse);
        }
        largest * self.power.root(sum * self.factor(cells.divisor()))
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        _: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let zero = T::of(0.0);
        let [largest, inverse] = Self::largest(cells);
        let mut sum = zero;
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let size = x.abs() * inverse;
            let below = self.power.below(size);
            into.cells[0][k] = T::select(zero.beats(x), -below, below);
            sum = size.mul_add(below, sum);
        }
        // With sizes relative to the largest, y^(1−p) is the scaled sum to the power 1/p − 1.
        let factor = self.factor(cells.divisor());
        let sum = sum * factor;
        let scale = dy * factor * self.power.root(sum) / sum;
        let scale = T::select(largest.equals(zero), zero, scale);
        for gradient in into.cells[0].iter_mut() {
            *gradient = *gradient * scale;
        }
    }
}

impl SumFunction<1, 1, 1> for Norm {
    fn range(&self, _: &[Scalar]) -> [[Scalar; 2]; 1] {
        [self.power.range()]
    }

    #[inline(always)]
    fn terms<T: Number>(&self, _: &[T], [x]: [T; 1]) -> [T; 1] {
        [self.power.of(x.abs())]
    }

    #[inline(always)]
    fn total<T: Number>(&self, _: &[T], [sum]: [T; 1], divisor: T) -> T {
        self.power.root(sum * self.factor(divisor))
    }

    #[inline(always)]
    fn pull<T: Number>(&self, _: &[T], [sum]: [T; 1], divisor: T, dy: T, _: &mut [T]) -> [T; 1] {
        let (factor, zero) = (self.factor(divisor), T::of(0.0));
        let scale = dy * self.power.root(sum * factor) / sum;
        [T::select(sum.equals(zero), zero, scale)]
    }

    #[inline(always)]
    fn cell<T: Number>(&self, _: &[T], [x]: [T; 1], _: [T; 1], [pulled]: [T; 1]) -> [T; 1] {
        let slope = pulled * self.power.below(x.abs());
        [T::select(T::of(0.0).beats(x), -slope, slope)]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};
    use proptest::prelude::*;

    use super::{Norm, Power, Scale};
    use crate::laws::{check_gradient, fit, run};
    use crate::pool::ways::{Pulls, check_ways};

    fn row(values: &[Scalar]) -> Tensor {
        Tensor::from_vec([1, 1, 1, values.len()], values.to_vec()).expect("a row")
    }

    #[test]
    fn p_2_is_the_euclidean_norm() {
        let layer = fit("kind = 'lp_pool'\nkernel_size = [1, 2]", [1, 1, 2]).expect("fits");
        let (y, dx) = run(&layer, row(&[3.0, -4.0]));
        let close = |a: Scalar, b: Scalar| assert!((a - b).abs() < 1e-6, "{a} is not {b}");
        close(y.as_slice()[0], 5.0);
        close(dx.as_slice()[0], 0.6);
        close(dx.as_slice()[1], -0.8);
    }

    #[test]
    fn nothing_passes_back_through_a_norm_of_zero() {
        for p in [1.0, 2.0, 3.5] {
            let text = format!("kind = 'lp_pool'\nkernel_size = [1, 2]\np = {p:?}");
            let (y, dx) = run(&fit(&text, [1, 1, 2]).expect("fits"), row(&[0.0, 0.0]));
            assert_eq!((y.as_slice(), dx.as_slice()), (&[0.0][..], &[0.0, 0.0][..]), "p = {p}");
        }
    }

    #[test]
    fn a_window_over_the_edge_is_scaled_up_as_pytorch_does_when_asked_to() {
        // PyTorch: LPPool2d(1, (1, 2), ceil_mode=True) on [1, 2, 3] gives [3, 6].
        let pooled = |scale: &str| {
            let text = format!(
                "kind = 'lp_pool'\nkernel_size = [1, 2]\nceil_mode = true\np = 1.0\nscale = '{scale}'"
            );
            run(&fit(&text, [1, 1, 3]).expect("fits"), row(&[1.0, 2.0, 3.0])).0.into_vec()
        };
        assert_eq!(pooled("sum"), [3.0, 3.0]);
        assert_eq!(pooled("mean"), [1.5, 3.0]);
        assert_eq!(pooled("torch"), [3.0, 6.0]);
    }

    #[test]
    fn large_powers_do_not_overflow() {
        let text = "kind = 'lp_pool'\nkernel_size = [1, 2]\np = 300.0";
        let (y, _) = run(&fit(text, [1, 1, 2]).expect("fits"), row(&[1e9, 2e9]));
        assert!((y.as_slice()[0] / 2e9 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn windows_give_what_shared_sums_give() {
        for scale in [Scale::Sum, Scale::Mean, Scale::Torch] {
            for p in [1.0, 1.5, 2.0, 3.0, 4.0, 6.5, 9.0] {
                // The area of 'torch' is a factor of both ways, whatever the windows are.
                let norm = Norm { power: Power::new(p), scale, area: 6.0 };
                check_ways(&norm, [[]; 2], Pulls::MapsAndParams);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_gradient_matches_differences_for_any_power_and_geometry(
            kernel in (1_usize..4, 1_usize..4),
            stride in (1_usize..5, 1_usize..5),
            padded: bool,
            ceil: bool,
            p in prop::sample::select(&[1.0, 1.5, 2.0, 3.0, 4.0, 6.5][..]),
            scale in prop::sample::select(&["sum", "mean", "torch"][..]),
            size in (1_usize..7, 1_usize..9),
        ) {
            let padding = if padded { [kernel.0 / 2, kernel.1 / 2] } else { [0, 0] };
            let text = format!(
                "kind = 'lp_pool'\nkernel_size = [{}, {}]\nstride = [{}, {}]\n\
                 padding = {padding:?}\nceil_mode = {ceil}\np = {p:?}\nscale = '{scale}'",
                kernel.0, kernel.1, stride.0, stride.1,
            );
            if let Ok(layer) = fit(&text, [2, size.0, size.1]) {
                check_gradient(&layer, 2)?;
            }
        }
    }
}
