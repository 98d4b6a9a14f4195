//! Stochastic pooling: one cell of the window, drawn with odds in proportion to the values.
//!
//! ```text
//! p_k        = max(x_k, 0) / Σ max(x, 0)                    over the cells of the window
//! training   y = x_l,  l drawn with the odds p              dx = dy at l
//! use        y = Σ p_k x_k = Σ x² / Σ x  (x > 0)            dx_k = dy · (2 x_k − y) / Σ x,  0 where x_k ≤ 0
//! ```
//!
//! It was made for activations that are not negative; negative cells have no odds here. A window without
//! a positive cell gives 0 and passes nothing back. A NaN or infinite sum gives NaN. Cells outside the
//! input are never drawn. Draws come from the stream `stochastic_pool/PATH/stepK` of the run's seed, a
//! 32-bit word per output in row-major order, so they depend on neither threads nor other layers. Per
//! output: a draw and `4K + 1` other operations; in use `K` multiply-adds, `2K` other operations and a
//! division. Kept for the backward pass: the output and one byte per output; in use the input.
//!
//! After Zeiler and Fergus (2013), arXiv:1301.3557. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{
    Argmax, Cells, Choice, Gradient, Number, Scalar, SumFunction, Tensor, Window, WindowFunction,
    Windows, relu_max_pool_backward,
};
use serde::Deserialize;

use super::draws::chosen;
use super::formula::{Formula, FormulaPool, Summarised, window};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Mode, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "a cell of the window, drawn in proportion to the values; their weighted mean in use",
    example: "kernel_size = 2",
    notes: Some(Notes {
        formula: "y = one x of the window, drawn with odds max(x, 0); in use sum of x^2 / sum of x, where x > 0",
        cost: "1 draw and 4K + 1 other operations per output, K MACs in use; keeps the output and 1 byte of it",
        reference: "Zeiler and Fergus (2013), arXiv:1301.3557",
        random: Random::ByInput,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<StochasticPool>(NAME, table)?))),
};

const NAME: &str = "stochastic_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StochasticPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl FormulaPool for StochasticPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        // As in use.
        Cost { macs: area, other: 2 * area + 1 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        if scope.mode() == Mode::Eval {
            return Formula { name: NAME, function: Expected, windows: at }.of_sums(&x);
        }
        let (y, chosen) = chosen(NAME, &InProportion, x.value(), &at, scope);
        x.tape().record(y.clone(), &[&x], || Backward { y, chosen, at })
    }
}

struct InProportion;

impl Choice for InProportion {
    #[inline(always)]
    fn choose<T: Number>(&self, draw: T, cells: &Cells<'_, T>) -> [T; 2] {
        let zero = T::of(0.0);
        let mut total = zero;
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            total = total + x.positive();
        }
        // The last positive cell that has at most this share of the total before it.
        let share = draw * total;
        let [mut before, mut value, mut winner] = [zero; 3];
        // Without a positive cell it is the first of the input, with a NaN the last.
        for k in (0..cells.area()).rev() {
            winner = cells.inside(k, T::of(k as Scalar), winner);
        }
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let odds = x.positive();
            // Cells without odds, as those outside the input, lie beyond any share.
            let begins = T::select(odds.beats(zero), before, T::of(Scalar::INFINITY));
            let beyond = begins.beats(share);
            value = T::select(beyond, value, x);
            winner = cells.inside(k, T::select(beyond, winner, T::of(k as Scalar)), winner);
            before = before + odds;
        }
        // NaN where the total is not finite.
        [value + total * zero, winner]
    }
}

/// The output is positive wherever a cell was drawn.
struct Backward {
    y: Tensor,
    chosen: Argmax,
    at: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved { tensors: vec![&self.y], other_bytes: self.chosen.bytes() }
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(relu_max_pool_backward(dy, &self.y, &self.chosen, &self.at))]
    }
}

/// The expectation of the draw.
struct Expected;

impl Expected {
    /// The sums of the positive cells and of their squares.
    #[inline(always)]
    fn sums<T: Number>(cells: &Cells<'_, T>) -> [T; 2] {
        let [mut sum, mut squares] = [T::of(0.0); 2];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let odds = x.positive();
            sum = sum + odds;
            squares = odds.mul_add(odds, squares);
        }
        [sum, squares]
    }
}

impl WindowFunction for Expected {
    #[inline(always)]
    fn value<T: Number>(&self, _: &[T], cells: &Cells<'_, T>) -> T {
        let [sum, squares] = Self::sums(cells);
        T::select(sum.equals(T::of(0.0)), sum, squares / sum)
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
        let [sum, squares] = Self::sums(cells);
        let (y, scale) = (squares / sum, dy / sum);
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let gradient = (x + x - y) * scale;
            // Without a positive cell all are passed over.
            into.cells[0][k] = T::select(x.beats(zero), gradient, zero);
        }
    }
}

impl SumFunction<1, 2, 2> for Expected {
    fn range(&self, _: &[Scalar]) -> [[Scalar; 2]; 1] {
        [[1e-15, 1e15]]
    }

    #[inline(always)]
    fn terms<T: Number>(&self, _: &[T], [x]: [T; 1]) -> [T; 2] {
        let odds = x.positive();
        [odds, odds * odds]
    }

    #[inline(always)]
    fn total<T: Number>(&self, _: &[T], [sum, squares]: [T; 2], _: T) -> T {
        T::select(sum.equals(T::of(0.0)), sum, squares / sum)
    }

    #[inline(always)]
    fn pull<T: Number>(&self, _: &[T], sums: [T; 2], _: T, dy: T, _: &mut [T]) -> [T; 2] {
        let ([sum, squares], zero) = (sums, T::of(0.0));
        let scale = T::select(sum.equals(zero), zero, dy / sum);
        let share = T::select(sum.equals(zero), zero, squares / sum);
        [-scale * share, scale]
    }

    #[inline(always)]
    fn cell<T: Number>(&self, _: &[T], [x]: [T; 1], _: [T; 2], [sum, squares]: [T; 2]) -> [T; 1] {
        let zero = T::of(0.0);
        [T::select(x.beats(zero), (x + x).mul_add(squares, sum), zero)]
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values are copied or exact, and equality is what is tested")]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use super::Expected;
    use crate::laws::{fit, run};
    use crate::pool::ways::{Pulls, check_ways};
    use crate::{Mode, Step};

    #[test]
    fn cells_are_drawn_in_proportion_to_their_values() {
        let layer = fit("kind = 'stochastic_pool'\nkernel_size = 2", [1000, 2, 2]).expect("fits");
        let x = Tensor::from_fn([10, 1000, 2, 2], |i| [1.0, -5.0, 3.0, 4.0][i % 4]);
        let (y, dx) = run(&layer, x);
        let count = |value: Scalar| y.as_slice().iter().filter(|&&y| y == value).count() as i64;
        // Of 10,000 draws: standard deviations of 33, 48 and 50.
        for (value, expected) in [(1.0, 1250), (-5.0, 0), (3.0, 3750), (4.0, 5000)] {
            assert!((count(value) - expected).abs() < 200, "{value}: {}", count(value));
        }
        for (dx, y) in dx.as_slice().chunks(4).zip(y.as_slice()) {
            let expected = [1.0, -5.0, 3.0, 4.0].map(|x: Scalar| Scalar::from(u8::from(x == *y)));
            assert_eq!(dx, expected);
        }
    }

    #[test]
    fn a_window_without_a_positive_cell_gives_zero_and_passes_nothing_back() {
        let layer = fit("kind = 'stochastic_pool'\nkernel_size = 2", [1, 2, 2]).expect("fits");
        let x = Tensor::from_vec([1, 1, 2, 2], vec![-1.0, 0.0, -2.0, -0.5]).expect("4 values");
        let (y, dx) = run(&layer, x);
        assert_eq!((y.as_slice(), dx.as_slice()), (&[0.0][..], &[0.0; 4][..]));
    }

    #[test]
    fn no_cell_of_the_padding_is_ever_chosen() {
        let text = "kind = 'stochastic_pool'\nkernel_size = 2\nstride = 1\npadding = 1";
        let layer = fit(text, [1, 3, 4]).expect("fits");
        for value in [0.0, -1.0, 2.0, Scalar::NAN, Scalar::INFINITY] {
            let (y, dx) = run(&layer, Tensor::full([1, 1, 3, 4], value));
            assert_eq!(y.len(), 20);
            let passed = dx.as_slice().iter().sum::<Scalar>();
            assert_eq!(passed, if value == 2.0 { 20.0 } else { passed });
            assert!(dx.as_slice().iter().all(|dx| (0.0..=4.0).contains(dx)), "{value}: {dx:?}");
        }
    }

    #[test]
    fn windows_give_what_shared_sums_give() {
        check_ways(&Expected, [[]; 2], Pulls::MapsAndParams);
    }

    #[test]
    fn use_gives_the_mean_of_the_draw() {
        let model = fit("kind = 'stochastic_pool'\nkernel_size = 2", [1, 2, 4]).expect("fits");
        let params = model.init(Seed(1));
        let tape = Tape::new();
        let step = Step::new(&tape, &model, &params, Mode::Eval, Seed(1), 0);
        let x = vec![1.0, -5.0, -1.0, 0.0, 3.0, 4.0, -2.0, -3.0];
        let x = tape.leaf(Tensor::from_vec([1, 1, 2, 4], x).expect("8 values"));
        let y = step.forward(x.clone());
        assert_eq!(y.value().as_slice(), [26.0 / 8.0, 0.0]);
        let dx = y.sum().backward().take(&x).expect("used");
        let y = 26.0 / 8.0;
        let expected = [(2.0 - y) / 8.0, 0.0, 0.0, 0.0, (6.0 - y) / 8.0, (8.0 - y) / 8.0, 0.0, 0.0];
        for (dx, expected) in dx.as_slice().iter().zip(expected) {
            assert!((dx - expected).abs() < 1e-6, "{dx} is not {expected}");
        }
    }
}
