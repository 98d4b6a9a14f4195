//! Random pooling: one cell of the window, drawn evenly; in use their mean.
//!
//! ```text
//! training   y = x_l,  l drawn evenly from the cells of the window      dx = dy at l
//! use        y = (1/K) Σ x                                              dx = dy / K
//! ```
//!
//! What stochastic pooling is without looking at the values: it tells the effect of the noise from that
//! of favouring large cells. Cells outside the input are never drawn and do not count in `K`. Draws come
//! from the stream `random_pool/PATH/stepK` of the run's seed, a 32-bit word per output in row-major
//! order, so they depend on neither threads nor other layers. NaN and infinities are cells like others.
//! Per output: a draw and `2K` other operations; in use `K` additions and a multiplication. Kept for the
//! backward pass: one byte per output. No operator of `PyTorch`; the control of Zeiler and Fergus (2013),
//! arXiv:1301.3557.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Cells, Choice, Divisor, Number, Scalar, Window, Windows};
use serde::Deserialize;

use super::avg::average;
use super::draws::{chosen, record_chosen};
use super::formula::{FormulaPool, Summarised, window};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Mode, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "a cell of the window, drawn evenly; their mean in use",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = one x of the window, drawn evenly; in use (1/K) sum over the window of x",
        cost: "1 draw and 2K other operations per output; keeps 1 byte per output",
        reference: "the control of Zeiler and Fergus (2013), arXiv:1301.3557",
        random: Random::Free,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<RandomPool>(NAME, table)?))),
};

const NAME: &str = "random_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RandomPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl FormulaPool for RandomPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        // As in use.
        Cost { macs: 0, other: area + 1 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        if scope.mode() == Mode::Eval {
            return average(NAME, &x, at, Divisor::RealCells);
        }
        let drawn = chosen(NAME, &Evenly, x.value(), &at, scope);
        record_chosen(NAME, &x, drawn, at)
    }
}

struct Evenly;

impl Choice for Evenly {
    #[inline(always)]
    fn choose<T: Number>(&self, draw: T, cells: &Cells<'_, T>) -> [T; 2] {
        // The last cell that has at most so many before it.
        let place = draw * cells.divisor();
        let [mut before, mut value, mut winner] = [T::of(0.0); 3];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let beyond = cells.inside(k, before, T::of(Scalar::INFINITY)).beats(place);
            value = T::select(beyond, value, x);
            winner = T::select(beyond, winner, T::of(k as Scalar));
            before = cells.inside(k, before + T::of(1.0), before);
        }
        [value, winner]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn every_cell_is_drawn_equally_often_and_none_outside_the_input() {
        let layer =
            fit("kind = 'random_pool'\nkernel_size = 3\npadding = 1", [600, 2, 5]).expect("fits");
        let x = Tensor::from_fn([10, 600, 2, 5], |i| (i % 10) as Scalar);
        let (y, dx) = run(&layer, x);
        let mut counts = [0_i64; 10];
        y.as_slice().iter().for_each(|&y| counts[y as usize] += 1);
        // Of 6,000 windows each has 4, then 6 cells: a standard deviation of 34, then 29.
        for (cell, count) in counts.into_iter().enumerate() {
            let expected = if cell % 5 < 2 { 1500 } else { 1000 };
            assert!((count - expected).abs() < 140, "{counts:?}");
        }
        // All of the gradient arrives.
        assert!((dx.as_slice().iter().sum::<Scalar>() - y.len() as Scalar).abs() < 0.5);
    }

    #[test]
    fn the_gradient_goes_to_the_drawn_cell() {
        let layer = fit("kind = 'random_pool'\nkernel_size = 2", [40, 2, 6]).expect("fits");
        let x = Tensor::from_fn([1, 40, 2, 6], |i| i as Scalar);
        let (y, dx) = run(&layer, x.clone());
        let drawn: Vec<Scalar> =
            (0..x.len()).filter(|&i| dx.as_slice()[i] != 0.0).map(|i| x.as_slice()[i]).collect();
        let mut outputs = y.into_vec();
        outputs.sort_by(Scalar::total_cmp);
        assert_eq!(drawn, outputs);
    }
}
