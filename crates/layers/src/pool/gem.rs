//! Generalised-mean pooling: the power mean of a window or of the whole map, with a learned power.
//!
//! ```text
//! t_k  = max(x_k, ε)
//! y    = ( (1/K) Σ t_k^p )^(1/p)
//! dx_k = dy · (1/K) (t_k / y)^(p−1)                                     0 where x_k < ε
//! dp   = Σ dy · y/p² · ( p (Σ t^p ln t) / (Σ t^p) − ln((1/K) Σ t^p) )
//! ```
//!
//! `p = 1` is the mean of what exceeds `ε`, `p → ∞` the maximum. Without `kernel_size` the window is
//! the whole map and the output `(N, C)`, as in the paper; it is then pooled one axis after the other,
//! which gives the same mean. The layer learns `log_p`, so that no step makes `p` negative; the authors
//! learn `p` as it is. `learned = false` keeps it where it starts.
//!
//! Cells outside the input do not count in `K`. The largest cell is factored out, so no power
//! overflows; NaN gives NaN. Training and use are the same. Per output: `K` powers (a logarithm and an
//! exponential each), a root and `4K + 4` other operations. Kept for the backward pass: the input, and
//! `p` per channel.
//!
//! Windows that overlap share the powers of their cells; a plane with a cell whose power would be too large or
//! too small for that goes window by window, as described.
//!
//! After Radenović, Tolias and Chum (2018), arXiv:1711.02512; reference implementation
//! filipradenovic/cnnimageretrieval-pytorch. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{
    Cells, Gradient, Number, Scalar, Shape, SumFunction, Tensor, Window, WindowFunction, Windows,
};
use serde::Deserialize;

use super::formula::{Formula, window};
use super::parameters::{EXP, PER, Per, positive, rows};
use super::power::LN_2;
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use super::windowed::check_padding;
use crate::layer::maps;
use crate::{Cost, Error, Init, Layer, LayerSpec, Pair, ParamSpec, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "power mean of the window or the map, with a learned power",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = (mean over the window of max(x, eps)^p)^(1/p)",
        cost: "K powers, 1 root and 4K + 4 other operations per output; keeps the input and p",
        reference: "Radenović, Tolias and Chum (2018), arXiv:1711.02512",
        random: Random::No,
        settings: &[
            Setting {
                default: "the whole map",
                about: "sides of the window: n, or [rows, columns]",
                ..KERNEL_SIZE
            },
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "p",
                default: "3.0",
                about: "power at the start",
                values: &["1.0", "3.0", "4.5"],
            },
            Setting {
                name: "eps",
                default: "1e-6",
                about: "cells below it count as this much",
                values: &["1e-6", "0.1"],
            },
            Setting {
                name: "learned",
                default: "true",
                about: "whether training changes p",
                values: &["true", "false"],
            },
            PER,
        ],
    }),
    parse: |table| Ok(Box::new(params::<GemPool>(NAME, table)?)),
};

const NAME: &str = "gem_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GemPool {
    kernel_size: Option<Pair>,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "three")]
    p: f64,
    #[serde(default = "tiny")]
    eps: f64,
    #[serde(default = "learned")]
    learned: bool,
    #[serde(default)]
    per: Per,
}

fn three() -> f64 {
    3.0
}

fn tiny() -> f64 {
    1e-6
}

fn learned() -> bool {
    true
}

impl LayerSpec for GemPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        positive(NAME, "p", self.p)?;
        positive(NAME, "eps", self.eps)?;
        let [channels, rows, columns] = maps(NAME, input)?;
        let size = [rows, columns];
        let steps = if let Some(kernel_size) = self.kernel_size {
            let window = window(kernel_size, self.stride, self.padding, self.ceil_mode);
            let windows = window.fit(NAME, size)?;
            check_padding(NAME, window)?;
            vec![windows]
        } else {
            let alone = self.stride.is_none() && self.padding == Pair::zero() && !self.ceil_mode;
            if !alone {
                return Err(Error::Setting {
                    kind: NAME,
                    name: "kernel_size",
                    got: "absent".into(),
                    expected: "a kernel_size where stride, padding or ceil_mode is given".into(),
                });
            }
            whole(size)?
        };
        let global = self.kernel_size.is_none();
        Ok(Box::new(Fitted { spec: self.clone(), channels, size, steps, global }))
    }
}

/// Windows that take a map of this size together, step by step: columns first, each window with as
/// many cells as there are kernels for.
fn whole(mut size: [usize; 2]) -> Result<Vec<Windows>, Error> {
    const MANY: usize = 64;
    let mut steps = Vec::new();
    for axis in [0, 1] {
        while size[axis] > 1 {
            let left = size[axis];
            let part = (2..=MANY).rev().find(|&part| left.is_multiple_of(part));
            let mut kernel = [1, 1];
            kernel[axis] = part.unwrap_or(left);
            let windows = Window::new(kernel, kernel).fit(NAME, size)?;
            size = windows.output();
            steps.push(windows);
        }
    }
    if steps.is_empty() {
        steps.push(Window::square(1).fit(NAME, size)?);
    }
    Ok(steps)
}

#[derive(Debug)]
struct Fitted {
    spec: GemPool,
    channels: usize,
    size: [usize; 2],
    /// One, or those that take the map together.
    steps: Vec<Windows>,
    global: bool,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        match self.steps.last() {
            Some(last) if !self.global => {
                let [rows, columns] = last.output();
                [self.channels, rows, columns].into()
            }
            _ => [self.channels].into(),
        }
    }

    fn params(&self) -> Vec<ParamSpec> {
        let init = Init::Constant(self.spec.p.ln() as Scalar);
        let log_p = || self.spec.per.param("log_p", self.channels, 1, init);
        self.spec.learned.then(log_p).into_iter().collect()
    }

    fn cost(&self) -> Cost {
        // A power is a logarithm and an exponential.
        let area = if self.global {
            self.size[0] * self.size[1]
        } else {
            self.steps.iter().map(|windows| windows.window().area()).product()
        };
        Cost { macs: 0, other: (self.output().len() * (6 * area + 6)) as u64 }
    }

    fn reach(&self) -> Reach {
        let each = self.steps.iter().map(Reach::of_windows);
        if self.global {
            Reach::Whole
        } else {
            each.fold(Reach::CELL, |first, next| next.after(first))
        }
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let p = if self.spec.learned {
            rows(NAME, [&EXP.of(at.param(0))], self.channels)
        } else {
            x.tape().constant(Tensor::full([self.channels, 1], self.spec.p as Scalar))
        };
        let batch = x.value().nchw()[0];
        let function = Gem { epsilon: self.spec.eps as Scalar };
        let y = self
            .steps
            .iter()
            .fold(x, |x, &windows| Formula { name: NAME, function, windows }.with_sums([&x], &p));
        if self.global { y.reshaped([batch, self.channels]) } else { y }
    }
}

#[derive(Clone, Copy)]
struct Gem {
    epsilon: Scalar,
}

impl Gem {
    /// The inverse of the largest cell, and the largest cell.
    #[inline(always)]
    fn largest<T: Number>(self, cells: &Cells<'_, T>) -> [T; 2] {
        let mut largest = T::of(self.epsilon);
        for k in 0..cells.area() {
            // Outside the input the cell is 0, which is less than ε.
            let [x] = cells.at(k);
            largest = largest.max(x);
        }
        [T::of(1.0) / largest, largest]
    }
}

impl WindowFunction for Gem {
    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T>) -> T {
        let (p, epsilon) = (params[0], T::of(self.epsilon));
        let [inverse, largest] = self.largest(cells);
        let mut sum = T::of(0.0);
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let power = (epsilon.max(x) * inverse).powf(p);
            sum = sum + cells.inside(k, power, T::of(0.0));
        }
        largest * (sum / cells.divisor()).powf(T::of(1.0) / p)
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let (p, epsilon, zero) = (params[0], T::of(self.epsilon), T::of(0.0));
        let [inverse, largest] = self.largest(cells);
        // Of t = u · largest: Σ u^p and Σ u^p log₂ u, with u^(p−1) put aside.
        let [mut sum, mut logs] = [zero; 2];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            // An ε that vanishes beside the largest cell would have the logarithm −∞.
            let u = T::of(Scalar::MIN_POSITIVE).max(epsilon.max(x) * inverse);
            let log = u.log2();
            let below = u.powf(p - T::of(1.0));
            into.cells[0][k] = T::select(epsilon.beats(x), zero, below);
            let power = cells.inside(k, below * u, zero);
            sum = sum + power;
            logs = power.mul_add(log, logs);
        }
        let mean = sum / cells.divisor();
        let (log, root) = (mean.log2() / p, mean.powf(T::of(1.0) / p));
        let scale = dy * root / sum;
        for gradient in into.cells[0].iter_mut() {
            *gradient = *gradient * scale;
        }
        let logs = (-log).mul_add(sum, logs);
        into.params[0] = into.params[0] + scale * largest * logs * T::of(LN_2) / p;
    }
}

impl SumFunction<1, 2, 1> for Gem {
    fn range(&self, params: &[Scalar]) -> [[Scalar; 2]; 1] {
        const SMALL: Scalar = 1e-32;
        let p = params[0];
        // No cell is less than ε, so its power is the one that may vanish.
        if self.epsilon.powf(p) > SMALL { [[0.0, SMALL.powf(-p.recip())]] } else { [[0.0, -1.0]] }
    }

    #[inline(always)]
    fn terms<T: Number>(&self, params: &[T], [x]: [T; 1]) -> [T; 2] {
        let x = T::of(self.epsilon).max(x);
        let power = x.powf(params[0]);
        [power, power * x.log2()]
    }

    #[inline(always)]
    fn total<T: Number>(&self, params: &[T], [sum]: [T; 1], divisor: T) -> T {
        (sum / divisor).powf(T::of(1.0) / params[0])
    }

    #[inline(always)]
    fn pull<T: Number>(
        &self,
        params: &[T],
        [sum, logs]: [T; 2],
        divisor: T,
        dy: T,
        dparams: &mut [T],
    ) -> [T; 1] {
        let p = params[0];
        let mean = sum / divisor;
        let (log, root) = (mean.log2() / p, mean.powf(T::of(1.0) / p));
        let scale = dy * root / sum;
        // Both sums of logarithms are nearly the same: their difference is rounded once.
        dparams[0] = scale * (-log).mul_add(sum, logs) * T::of(LN_2) / p;
        [scale]
    }

    #[inline(always)]
    fn cell<T: Number>(
        &self,
        _: &[T],
        [x]: [T; 1],
        [power, _]: [T; 2],
        [pulled]: [T; 1],
    ) -> [T; 1] {
        let epsilon = T::of(self.epsilon);
        let slope = power * pulled / epsilon.max(x);
        [T::select(epsilon.beats(x), T::of(0.0), slope)]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use super::Gem;
    use crate::laws::{check_gradient, fit, run};
    use crate::pool::ways::{Pulls, check_ways};

    #[test]
    fn p_1_is_the_mean_and_a_large_p_the_maximum() {
        let pooled = |p: &str| {
            let text = format!("kind = 'gem_pool'\nkernel_size = [1, 3]\np = {p}");
            let x = Tensor::from_vec([1, 1, 1, 3], vec![1.0, 2.0, 6.0]).expect("3 values");
            run(&fit(&text, [1, 1, 3]).expect("fits"), x).0.as_slice()[0]
        };
        assert!((pooled("1.0") - 3.0).abs() < 1e-5);
        assert!((pooled("1e4") - 6.0).abs() < 1e-2);
        // (1 + 8 + 216) / 3 = 75
        assert!((pooled("3.0") - Scalar::powf(75.0, 1.0 / 3.0)).abs() < 1e-5);
    }

    #[test]
    fn the_mean_of_a_map_is_that_of_a_window_of_its_size() {
        for [rows, columns] in [[5, 7], [1, 1], [1, 4], [6, 1], [67, 2]] {
            let x = Tensor::from_fn([2, 3, rows, columns], |i| (i * 7 % 11) as Scalar * 0.3);
            let text = format!("kind = 'gem_pool'\nkernel_size = [{rows}, {columns}]");
            let window = fit(&text, [3, rows, columns]).expect("fits");
            let global = fit("kind = 'gem_pool'", [3, rows, columns]).expect("any map fits");
            assert_eq!(global.output().dims(), [3]);
            let ((y, dx), (expected, gradient)) = (run(&global, x.clone()), run(&window, x));
            let pairs = y.as_slice().iter().zip(expected.as_slice());
            for (y, expected) in pairs.chain(dx.as_slice().iter().zip(gradient.as_slice())) {
                assert!((y - expected).abs() < 1e-5, "{y} is not {expected}");
            }
        }
    }

    #[test]
    fn the_gradients_of_a_global_mean_match_differences() {
        for per in ["layer", "channel"] {
            let text = format!("kind = 'gem_pool'\nper = '{per}'");
            check_gradient(&fit(&text, [2, 3, 5]).expect("fits"), 2).expect("the gradient");
        }
    }

    #[test]
    fn windows_give_what_shared_sums_give() {
        for epsilon in [1e-6, 0.5] {
            for powers in [[[1.0], [3.0]], [[4.5], [0.7]], [[2.0]; 2]] {
                check_ways(&Gem { epsilon }, powers, Pulls::MapsAndParams);
            }
        }
    }

    #[test]
    fn a_stride_without_a_window_is_refused() {
        let error = fit("kind = 'gem_pool'\nstride = 2", [1, 5, 7]).expect_err("stride of what?");
        assert!(error.to_string().contains("kernel_size"), "{error}");
    }
}
