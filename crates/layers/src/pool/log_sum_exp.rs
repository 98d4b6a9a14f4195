//! Log-sum-exp pooling: a smooth maximum whose sharpness `r` may be learned.
//!
//! ```text
//! y    = (1/r) ln( (1/K) Σ e^(r x_k) )              K cells of the window, r > 0
//! w_k  = e^(r x_k) / Σ e^(r x)
//! dx_k = dy · w_k
//! dr   = Σ dy · (Σ w_k x_k − y) / r
//! ```
//!
//! `r → 0` tends to the mean, `r → ∞` to the maximum. The layer learns `log_r`, so that no step makes
//! `r` negative; `learned = false` keeps it where it starts.
//!
//! Cells outside the input do not count in `K`. The largest cell is subtracted before the exponential,
//! so large values do no harm. NaN gives NaN, +∞ gives +∞ and −∞ a weight of 0, as in
//! `torch.logsumexp`. Training and use are the same. Per output: `K` exponentials, a logarithm and
//! `4K + 2` other operations. Kept for the backward pass: the input, and `r` per channel.
//!
//! Windows that overlap share the exponentials of their cells; a plane with a cell whose exponential would be too large or
//! too small for that goes window by window, as described.
//!
//! After Pinheiro and Collobert (2015), arXiv:1411.6228. No operator of `PyTorch`; the formula is
//! `torch.logsumexp` over the cells of the window.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{
    Cells, Gradient, Number, Scalar, SumFunction, Tensor, Window, WindowFunction, Windows,
};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::parameters::{EXP, PER, Per, positive, rows};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use super::soft::largest;
use crate::{Cost, Error, Init, LayerSpec, Pair, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "smooth maximum of the window; r moves it from mean to max",
    example: "kernel_size = 3\nstride = 2\npadding = 1\nr = 2.0\nlearned = true",
    notes: Some(Notes {
        formula: "y = (1/r) ln(mean over the window of e^(r x))",
        cost: "K exponentials, 1 logarithm and 4K + 2 other operations per output; keeps the input and r",
        reference: "Pinheiro and Collobert (2015), arXiv:1411.6228",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "r",
                default: "5.0",
                about: "sharpness at the start: small is nearly the mean, large nearly the maximum",
                values: &["0.5", "5.0", "20.0"],
            },
            Setting {
                name: "learned",
                default: "false",
                about: "whether training changes r",
                values: &["true", "false"],
            },
            PER,
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<LogSumExpPool>(NAME, table)?))),
};

const NAME: &str = "log_sum_exp_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogSumExpPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "five")]
    r: f64,
    #[serde(default)]
    learned: bool,
    #[serde(default)]
    per: Per,
}

fn five() -> f64 {
    5.0
}

impl FormulaPool for LogSumExpPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        positive(NAME, "r", self.r)?;
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn params(&self, channels: usize, _area: usize) -> Vec<ParamSpec> {
        let init = Init::Constant(self.r.ln() as Scalar);
        self.learned.then(|| self.per.param("log_r", channels, 1, init)).into_iter().collect()
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 0, other: 5 * area + 3 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        let channels = x.value().nchw()[1];
        let formula = Formula { name: NAME, function: LogSumExp, windows: at };
        if self.learned {
            // The gradient of r is what two sums of nearly the same size leave, so every window looks
            // at its cells from its own largest one.
            let r = rows(NAME, [&EXP.of(scope.param(0))], channels);
            return formula.with_sums_forward([&x], &r);
        }
        let r = x.tape().constant(Tensor::full([channels, 1], self.r as Scalar));
        formula.with_sums([&x], &r)
    }
}

struct LogSumExp;

impl LogSumExp {
    /// What is subtracted before the exponential: the largest cell, if that is finite.
    #[inline(always)]
    fn base<T: Number>(cells: &Cells<'_, T>) -> T {
        let largest = largest(cells);
        T::select(largest.abs().equals(T::of(Scalar::INFINITY)), T::of(0.0), largest)
    }
}

impl WindowFunction for LogSumExp {
    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T>) -> T {
        let (r, base) = (params[0], Self::base(cells));
        let mut sum = T::of(0.0);
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            sum = sum + cells.inside(k, ((x - base) * r).exp(), T::of(0.0));
        }
        base + (sum / cells.divisor()).ln() / r
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let (r, base) = (params[0], Self::base(cells));
        let [mut sum, mut above] = [T::of(0.0); 2];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let e = cells.inside(k, ((x - base) * r).exp(), T::of(0.0));
            into.cells[0][k] = e;
            sum = sum + e;
            above = e.mul_add(x - base, above);
        }
        let scale = dy / sum;
        for gradient in into.cells[0].iter_mut() {
            *gradient = *gradient * scale;
        }
        // Both the weighted mean and y, less the base.
        let y = (sum / cells.divisor()).ln() / r;
        into.params[0] = into.params[0] + dy * (above / sum - y) / r;
    }
}

impl SumFunction<1, 1, 1> for LogSumExp {
    fn range(&self, params: &[Scalar]) -> [[Scalar; 2]; 1] {
        // A product with r is then rounded to less than 2e-6.
        [[0.0, 32.0 / params[0]]]
    }

    #[inline(always)]
    fn terms<T: Number>(&self, params: &[T], [x]: [T; 1]) -> [T; 1] {
        [(x * params[0]).exp()]
    }

    #[inline(always)]
    fn total<T: Number>(&self, params: &[T], [sum]: [T; 1], divisor: T) -> T {
        (sum / divisor).ln() / params[0]
    }

    #[inline(always)]
    fn pull<T: Number>(&self, _: &[T], [sum]: [T; 1], _: T, dy: T, _: &mut [T]) -> [T; 1] {
        [dy / sum]
    }

    #[inline(always)]
    fn cell<T: Number>(&self, _: &[T], _: [T; 1], [e]: [T; 1], [pulled]: [T; 1]) -> [T; 1] {
        [pulled * e]
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values are copied or exact, and equality is what is tested")]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use super::LogSumExp;
    use crate::laws::{fit, run};
    use crate::pool::ways::{Pulls, check_ways};

    fn pooled(r: &str, x: [Scalar; 3]) -> Scalar {
        let text = format!("kind = 'log_sum_exp_pool'\nkernel_size = [1, 3]\nr = {r}");
        let x = Tensor::from_vec([1, 1, 1, 3], x.to_vec()).expect("3 values");
        run(&fit(&text, [1, 1, 3]).expect("fits"), x).0.as_slice()[0]
    }

    #[test]
    fn a_small_r_gives_the_mean_and_a_large_one_the_maximum() {
        assert!((pooled("1e-3", [1.0, 2.0, 6.0]) - 3.0).abs() < 1e-2);
        assert!((pooled("1e3", [1.0, 2.0, 6.0]) - 6.0).abs() < 1e-2);
    }

    #[test]
    fn infinite_cells_are_the_limits_of_large_ones() {
        assert_eq!(pooled("1.0", [0.0, Scalar::INFINITY, 1.0]), Scalar::INFINITY);
        assert_eq!(pooled("1.0", [Scalar::NEG_INFINITY; 3]), Scalar::NEG_INFINITY);
        assert!(
            (pooled("1.0", [2.0, Scalar::NEG_INFINITY, 2.0]) - 2.0 + Scalar::ln(1.5)).abs() < 1e-6
        );
        assert!(pooled("1.0", [0.0, Scalar::NAN, 1.0]).is_nan());
    }

    #[test]
    fn windows_give_what_shared_sums_give() {
        check_ways(&LogSumExp, [[0.5], [5.0]], Pulls::Maps);
        check_ways(&LogSumExp, [[1.0], [12.0]], Pulls::Maps);
    }

    #[test]
    fn an_r_that_is_not_above_zero_is_refused() {
        let text = "kind = 'log_sum_exp_pool'\nkernel_size = 2\nr = 0.0";
        let error = fit(text, [1, 5, 7]).expect_err("r is 0");
        assert_eq!(error.to_string(), "log_sum_exp_pool: r is 0; expected a finite number above 0");
    }
}
