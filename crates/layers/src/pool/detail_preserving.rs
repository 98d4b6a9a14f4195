//! Detail-preserving pooling: cells that differ from the rest of their window weigh more.
//!
//! ```text
//! m    = Σ f_k x_k                              the guide: f = 1/K, or a learned filter
//! d_k  = x_k − m                                symmetric;   max(x_k − m, 0)  asymmetric
//! w_k  = α + (d_k² + ε²)^(λ/2)                  α, λ > 0 per channel
//! y    = Σ w_k x_k / Σ w_k
//! ```
//!
//! With `W = Σ w` and `e_k = (x_k − y) / W`, the gradient of `d_k` is `q_k = dy e_k λ d_k (d_k² +
//! ε²)^(λ/2 − 1)`, and
//!
//! ```text
//! dx_k = dy · w_k / W + q_k − f_k Σ q
//! dα   = Σ dy e_k        dλ = Σ dy e_k (d_k² + ε²)^(λ/2) ½ ln(d_k² + ε²)        df_k = −x_k Σ q
//! ```
//!
//! Large `α` tends to the mean; large `λ` picks details: of both signs, or only upwards where it is
//! asymmetric. The layer learns `log_alpha` and `log_lambda`, which start at 0, so no step makes them
//! negative. `guide = 'mean'` is the authors' lite form; with `'learned'` each channel has a filter that
//! starts as the mean. The authors smooth a down-scaled map; here the guide looks at the cells of its own
//! window.
//!
//! Cells outside the input are left out, also of the guide. NaN gives NaN, and so does an infinite cell.
//! Training and use are the same. Per output: `K` powers (a logarithm and an exponential each), `3K`
//! multiply-adds, `4K` other operations and a division. Kept for the backward pass: the input, and the
//! parameters per channel.
//!
//! After Saeedan, Weber, Goesele and Roth (2018), arXiv:1804.04076; reference implementation visinf/dpp.
//! No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Cells, Gradient, Number, Scalar, Window, WindowFunction, Windows};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::gated::{add_filter_gradient, filtered};
use super::parameters::{EXP, Per, positive, rows};
use super::power::LN_2;
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, Init, LayerSpec, Pair, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the window that favours cells unlike the others",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = sum of w x / sum of w, w = alpha + ((x - mean)^2 + eps^2)^(lambda/2), over the window",
        cost: "K powers, 3K MACs and 4K + 1 other operations per output; keeps the input, alpha and lambda",
        reference: "Saeedan, Weber, Goesele and Roth (2018), arXiv:1804.04076",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "symmetric",
                default: "true",
                about: "whether cells below the guide count like those above",
                values: &["true", "false"],
            },
            Setting {
                name: "guide",
                default: "'mean'",
                about: "what cells are compared with: the mean of the window, or a learned filter of it",
                values: &["'mean'", "'learned'"],
            },
            Setting {
                name: "eps",
                default: "1e-3",
                about: "rounds the weights off where a cell is as the guide",
                values: &["1e-3", "0.3"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<DetailPreservingPool>(NAME, table)?))),
};

const NAME: &str = "detail_preserving_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DetailPreservingPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "symmetric")]
    symmetric: bool,
    #[serde(default)]
    guide: Guide,
    #[serde(default = "small")]
    eps: f64,
}

fn symmetric() -> bool {
    true
}

fn small() -> f64 {
    1e-3
}

/// What cells are compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Guide {
    #[default]
    Mean,
    Learned,
}

impl FormulaPool for DetailPreservingPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        positive(NAME, "eps", self.eps)?;
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn params(&self, channels: usize, area: usize) -> Vec<ParamSpec> {
        let param = |name, each, init| Per::Channel.param(name, channels, each, init);
        let mut all = vec![param("log_alpha", 1, Init::Zeros), param("log_lambda", 1, Init::Zeros)];
        if self.guide == Guide::Learned {
            all.push(param("filter", area, Init::Constant(1.0 / area as Scalar)));
        }
        all
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 3 * area, other: 6 * area + 1 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        let channels = x.value().nchw()[1];
        let [alpha, lambda] = [0, 1].map(|i| EXP.of(scope.param(i)));
        let (symmetric, square) = (self.symmetric, (self.eps * self.eps) as Scalar);
        if self.guide == Guide::Learned {
            let all = rows(NAME, [&alpha, &lambda, scope.param(2)], channels);
            let function = Details::<true> { symmetric, square };
            Formula { name: NAME, function, windows: at }.with([&x], &all)
        } else {
            let both = rows(NAME, [&alpha, &lambda], channels);
            let function = Details::<false> { symmetric, square };
            Formula { name: NAME, function, windows: at }.with([&x], &both)
        }
    }
}

/// The weighted mean with the parameters `[α, λ, f…]`.
struct Details<const LEARNED: bool> {
    symmetric: bool,
    /// ε².
    square: Scalar,
}

impl<const LEARNED: bool> Details<LEARNED> {
    #[inline(always)]
    fn guide<T: Number>(params: &[T], cells: &Cells<'_, T>) -> T {
        if LEARNED { filtered(&params[2..], cells) } else { cells.sum() / cells.divisor() }
    }

    /// How much a cell differs.
    #[inline(always)]
    fn difference<T: Number>(&self, x: T, guide: T) -> T {
        if self.symmetric { x - guide } else { (x - guide).positive() }
    }

    /// `d² + ε²`.
    #[inline(always)]
    fn square<T: Number>(&self, x: T, guide: T) -> T {
        let difference = self.difference(x, guide);
        difference.mul_add(difference, T::of(self.square))
    }

    /// The power λ/2 of a square.
    #[inline(always)]
    fn power<T: Number>(square: T, lambda: T) -> T {
        square.powf(lambda * T::of(0.5))
    }
}

impl<const LEARNED: bool> WindowFunction for Details<LEARNED> {
    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T>) -> T {
        let (alpha, lambda, guide) = (params[0], params[1], Self::guide(params, cells));
        let [mut above, mut below] = [T::of(0.0); 2];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let power = Self::power(self.square(x, guide), lambda);
            let weight = cells.inside(k, alpha + power, T::of(0.0));
            above = weight.mul_add(x, above);
            below = below + weight;
        }
        above / below
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let (alpha, lambda, guide) = (params[0], params[1], Self::guide(params, cells));
        let zero = T::of(0.0);
        let [mut above, mut below] = [zero; 2];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let power = Self::power(self.square(x, guide), lambda);
            into.cells[0][k] = power;
            let weight = cells.inside(k, alpha + power, zero);
            above = weight.mul_add(x, above);
            below = below + weight;
        }
        let (y, scale) = (above / below, dy / below);
        let [mut of_guide, mut dalpha, mut dlambda] = [zero; 3];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let (power, square) = (into.cells[0][k], self.square(x, guide));
            let e = cells.inside(k, scale * (x - y), zero);
            let slope = e * lambda * self.difference(x, guide) * power / square;
            into.cells[0][k] = (alpha + power).mul_add(scale, slope);
            of_guide = of_guide + slope;
            dalpha = dalpha + e;
            dlambda = (e * power).mul_add(square.log2() * T::of(0.5 * LN_2), dlambda);
        }
        into.params[0] = into.params[0] + dalpha;
        into.params[1] = into.params[1] + dlambda;
        if LEARNED {
            for (gradient, &f) in into.cells[0].iter_mut().zip(&params[2..]) {
                *gradient = *gradient - of_guide * f;
            }
            add_filter_gradient(-of_guide, cells, &mut into.params[2..]);
        } else {
            let share = of_guide / cells.divisor();
            for gradient in into.cells[0].iter_mut() {
                *gradient = *gradient - share;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::gradcheck;
    use cenote_tensor::{Scalar, Tensor, Window};

    use super::{Details, Formula, NAME};
    use crate::laws::{check_gradient, fit, run};

    fn pooled(more: &str, x: [Scalar; 4]) -> Scalar {
        let text = format!("kind = 'detail_preserving_pool'\nkernel_size = 2\n{more}");
        let x = Tensor::from_vec([1, 1, 2, 2], x.to_vec()).expect("4 values");
        run(&fit(&text, [1, 2, 2]).expect("fits"), x).0.as_slice()[0]
    }

    #[test]
    fn a_cell_that_stands_out_weighs_more() {
        // Mean 2; differences −1, −1, −1, 3; with α = λ = 1 weights 2, 2, 2, 4.
        assert!((pooled("", [1.0, 1.0, 1.0, 5.0]) - 2.6).abs() < 1e-5);
        // Only upwards: weights 1, 1, 1, 4.
        assert!((pooled("symmetric = false", [1.0, 1.0, 1.0, 5.0]) - 23.0 / 7.0).abs() < 1e-2);
        assert!((pooled("", [3.0; 4]) - 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_guide_that_is_not_trained_is_the_mean() {
        let x = [0.5, -2.0, 1.0, 3.0];
        assert!((pooled("guide = 'learned'", x) - pooled("", x)).abs() < 1e-5);
    }

    #[test]
    fn the_gradients_match_differences_for_either_guide() {
        for guide in ["mean", "learned"] {
            for window in [
                "kernel_size = 2",
                "kernel_size = [2, 3]\nstride = 2\npadding = 1\nceil_mode = true",
            ] {
                let text = format!("kind = '{NAME}'\n{window}\nguide = '{guide}'\neps = 0.2");
                check_gradient(&fit(&text, [2, 4, 6]).expect("fits"), 2).expect(guide);
            }
        }
    }

    #[test]
    fn the_gradients_match_differences_where_only_larger_cells_count() {
        // The derivative bends where a cell is as large as the guide: none of these is.
        let x = Tensor::from_fn([2, 2, 4, 6], |i| (i as Scalar * 1.7).sin() * 2.0);
        let at = Window::new([2, 3], [2, 2]).padded([1, 1]).fit(NAME, [4, 6]).expect("fits");
        let mean = Tensor::from_vec([2, 2], vec![0.8, 1.3, 1.2, 0.7]).expect("4 values");
        let learned = Tensor::from_fn([2, 8], |i| 0.3 + (i as Scalar).sin() * 0.2);
        let (symmetric, square) = (false, 0.04);
        gradcheck(&[x.clone(), mean], |v| {
            let function = Details::<false> { symmetric, square };
            Formula { name: NAME, function, windows: at }.with([&v[0]], &v[1])
        })
        .expect("the gradient");
        gradcheck(&[x, learned], |v| {
            let function = Details::<true> { symmetric, square };
            Formula { name: NAME, function, windows: at }.with([&v[0]], &v[1])
        })
        .expect("the gradient");
    }
}
