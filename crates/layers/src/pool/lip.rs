//! Local importance pooling: the mean of a window, weighted by an importance that a small network learns.
//!
//! ```text
//! h    = γ_c ĝ + β_c                g = 1x1 convolution of x (C → C), ĝ = g normalised over each plane
//! F    = e^(12 σ(h))                σ the logistic function: importances from 1 to e¹²
//! y    = Σ F x / Σ F                over the cells of the window
//! dx_k = dy · F_k / Σ F             and what comes back through h
//! dh_k = dy · F_k (x_k − y) / Σ F · 12 σ(h_k) (1 − σ(h_k))
//! ```
//!
//! The normalisation is that of each plane of each image by itself (mean, biased variance, `ε = 1e-5`),
//! so training and use are the same. The convolution starts at 0, as the authors' does: then the layer is
//! average pooling. `SoftPool` is the case `F = e^x`.
//!
//! Cells outside the input have no weight. NaN gives NaN. Per output: `K` times a logistic function, an
//! exponential and 2 multiply-adds, and a division; before it `C` multiply-adds and 4 other operations per
//! input. Kept for the backward pass: the input, `g`, `h`, and the statistics of the planes.
//!
//! After Gao, Wang and Wu (2019), arXiv:1908.04156; reference implementation sebgao/LIP. No operator of
//! `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params, parse};
use cenote_tensor::{
    Cells, Gradient, Number, Scalar, Shape, SumFunction, Tensor, WindowFunction, Windows,
};
use serde::Deserialize;

use super::formula::{Formula, of_quotient, window};
use super::planes::normalize_planes;
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use super::windowed::check_padding;
use crate::layer::maps;
use crate::{Cost, Error, Init, Layer, LayerSpec, Pair, ParamSpec, Reach, Role, Scope, conv};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of the window, weighted by a learned importance",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = sum of F x / sum of F over the window, F = e^(12 sigmoid(norm(conv1x1(x))))",
        cost: "C MACs per input, 2K exponentials and 2K MACs per output; keeps the input, the convolution's output and its norm",
        reference: "Gao, Wang and Wu (2019), arXiv:1908.04156",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE],
    }),
    parse: |table| Ok(Box::new(params::<LipPool>(NAME, table)?)),
};

const NAME: &str = "lip_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LipPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl LayerSpec for LipPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let window = window(self.kernel_size, self.stride, self.padding, self.ceil_mode);
        let windows = window.fit(NAME, [rows, columns])?;
        check_padding(NAME, window)?;
        let logits = format!(
            "kind = 'conv2d'\nout_channels = {channels}\nkernel_size = 1\nbias = false\ninit = 'zeros'"
        );
        let logits: toml::Table = logits.parse().expect("these settings are TOML");
        let logits = parse(&[conv::KINDS], logits)?.fit(input)?;
        Ok(Box::new(Fitted { input, windows, logits }))
    }
}

#[derive(Debug)]
struct Fitted {
    input: Shape,
    windows: Windows,
    /// The convolution.
    logits: Box<dyn Layer>,
}

/// Positions of the norm's parameters, behind the weight of the convolution.
const GAMMA: usize = 1;
const BETA: usize = 2;

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.windows.output();
        [self.input.dims()[0], rows, columns].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        let shape = Shape::from([self.input.dims()[0]]);
        let param = |name: &'static str, init| {
            let name = name.into();
            ParamSpec { name, shape, init, role: Role::Trained }
        };
        let mut all = self.logits.params();
        all.extend([param("gamma", Init::Ones), param("beta", Init::Zeros)]);
        all
    }

    fn cost(&self) -> Cost {
        let (area, outputs) = (self.windows.window().area() as u64, self.output().len() as u64);
        let norm = 4 * self.input.len() as u64;
        let pool = Cost { macs: 2 * area * outputs, other: (5 * area + 1) * outputs + norm };
        self.logits.cost() + pool
    }

    fn reach(&self) -> Reach {
        Reach::of_windows(&self.windows).after(self.logits.reach())
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let g = self.logits.forward(x.clone(), at);
        let h = normalize_planes(&g, at.param(GAMMA), at.param(BETA));
        drop(g);
        let none = x.tape().constant(Tensor::zeros([self.input.dims()[0], 0]));
        let formula = Formula { name: NAME, function: Importance, windows: self.windows };
        formula.with_sums([&x, &h], &none)
    }
}

/// `Σ F x / Σ F` of the maps `[x, h]`.
struct Importance;

/// What the logistic function is multiplied by.
const BOUND: Scalar = 12.0;

impl WindowFunction<2> for Importance {
    #[inline(always)]
    fn value<T: Number>(&self, _: &[T], cells: &Cells<'_, T, 2>) -> T {
        let [mut above, mut below] = [T::of(0.0); 2];
        for k in 0..cells.area() {
            let [x, h] = cells.at(k);
            let importance = (h.sigmoid() * T::of(BOUND)).exp();
            let importance = cells.inside(k, importance, T::of(0.0));
            above = importance.mul_add(x, above);
            below = below + importance;
        }
        above / below
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        _: &[T],
        cells: &Cells<'_, T, 2>,
        dy: T,
        into: &mut Gradient<'_, T, 2>,
    ) {
        let (one, bound) = (T::of(1.0), T::of(BOUND));
        let [mut above, mut below] = [T::of(0.0); 2];
        for k in 0..cells.area() {
            let [x, h] = cells.at(k);
            let gate = h.sigmoid();
            let importance = cells.inside(k, (gate * bound).exp(), T::of(0.0));
            into.cells[0][k] = importance;
            into.cells[1][k] = gate;
            above = importance.mul_add(x, above);
            below = below + importance;
        }
        let (y, scale) = (above / below, dy / below);
        for k in 0..cells.area() {
            let [x, _] = cells.at(k);
            let (share, gate) = (into.cells[0][k] * scale, into.cells[1][k]);
            into.cells[0][k] = share;
            into.cells[1][k] = share * (x - y) * bound * gate * (one - gate);
        }
    }
}

impl SumFunction<2, 2, 2> for Importance {
    fn range(&self, _: &[Scalar]) -> [[Scalar; 2]; 2] {
        [[0.0, 1e25], [0.0, Scalar::MAX]]
    }

    #[inline(always)]
    fn terms<T: Number>(&self, _: &[T], [x, h]: [T; 2]) -> [T; 2] {
        let importance = (h.sigmoid() * T::of(BOUND)).exp();
        [importance, importance * x]
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
        [x, h]: [T; 2],
        [importance, _]: [T; 2],
        [below, above]: [T; 2],
    ) -> [T; 2] {
        let gate = h.sigmoid();
        let slope = T::of(BOUND) * gate * (T::of(1.0) - gate);
        [importance * above, importance * above.mul_add(x, below) * slope]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor, Window};

    use super::Importance;
    use crate::laws::{fit, run};
    use crate::pool::ways::{Pulls, check_ways};

    #[test]
    fn without_training_it_is_average_pooling() {
        let x = Tensor::from_fn([2, 3, 7, 9], |i| (i * 37 % 101) as Scalar / 8.0 - 5.0);
        let window = "kernel_size = 3\nstride = 2\npadding = 1\nceil_mode = true";
        let pass = |kind: &str, more: &str| {
            let layer = fit(&format!("kind = '{kind}'\n{window}{more}"), [3, 7, 9]);
            run(&layer.expect("fits"), x.clone()).0
        };
        let (y, mean) = (pass("lip_pool", ""), pass("avg_pool", "\ncount_include_pad = false"));
        for (got, expected) in y.as_slice().iter().zip(mean.as_slice()) {
            assert!((got - expected).abs() < 1e-5, "{got} is not {expected}");
        }
    }

    #[test]
    fn windows_give_what_shared_sums_give() {
        check_ways(&Importance, [[]; 2], Pulls::MapsAndParams);
    }

    #[test]
    fn an_important_cell_is_nearly_all_there_is() {
        let at = Window::square(2).fit("lip_pool", [2, 2]).expect("fits");
        let plane = |values: [Scalar; 4]| {
            Tensor::from_vec([1, 1, 2, 2], values.to_vec()).expect("4 values")
        };
        let (x, h) = (plane([1.0, 2.0, 3.0, 4.0]), plane([-20.0, 20.0, -20.0, -20.0]));
        let y = cenote_tensor::pool(&Importance, [&x, &h], &Tensor::zeros([1, 0]), &at);
        // Importances 1, e¹², 1 and 1.
        assert!((y.as_slice()[0] - 2.0).abs() < 1e-4, "{y:?}");
    }
}
