//! Median pooling: the middle cell of a window, or the mean of the two middle ones.
//!
//! ```text
//! y    = x_(m)                          x_(1) ≥ x_(2) ≥ … ≥ x_(K) the cells, K = 2m − 1
//! y    = (x_(m) + x_(m+1)) / 2          K = 2m
//! dx_k = dy at the first cell that equals x_(m), or dy / 2 at that one and at the first that equals x_(m+1)
//! ```
//!
//! The mean of two middle cells is NumPy's median; `torch.median` takes the lower. "First" is in
//! row-major order, as for a maximum. Cells outside the input are left out: the median is that of the
//! cells there are. NaN gives NaN. Training and use are the same. Per output: `K(K − 1)/2` comparisons
//! and `5K + 2` other operations. Kept for the backward pass: two bytes per output.
//!
//! A special case of rank-based pooling, Shi, Ye and Wu (2016), Neural Networks 83,
//! doi:10.1016/j.neunet.2016.07.003. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{
    Argmax, Cells, Number, PairChoice, Scalar, Tensor, Window, Windows, choose_pair,
    choose_pair_backward,
};
use serde::Deserialize;

use super::formula::{FormulaPool, Summarised, window};
use super::ranked::{order, sort};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "median of the window",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = the middle of the cells of the window, or the mean of the two middle ones",
        cost: "K(K - 1)/2 comparisons and 5K + 2 other operations per output; keeps 2 bytes per output",
        reference: "Shi, Ye and Wu (2016), doi:10.1016/j.neunet.2016.07.003",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING, CEIL_MODE],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<MedianPool>(NAME, table)?))),
};

const NAME: &str = "median_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MedianPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl FormulaPool for MedianPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 0, other: area * (area - 1) / 2 + 5 * area + 2 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, _scope: &Scope<'_, 't>) -> Var<'t> {
        let (y, pair) = choose_pair(&Middle, x.value(), &at);
        x.tape().record(y, &[&x], || Backward { pair, windows: at })
    }
}

struct Backward {
    pair: [Argmax; 2],
    windows: Windows,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.pair.iter().map(Argmax::bytes).sum())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(choose_pair_backward(&dy, &self.pair, &self.windows))]
    }
}

struct Middle;

impl PairChoice for Middle {
    #[inline(always)]
    fn choose<T: Number>(&self, cells: &Cells<'_, T>) -> [T; 3] {
        let zero = T::of(0.0);
        match cells.area() {
            4 => choose_in(cells, &mut [zero; 4]),
            9 => choose_in(cells, &mut [zero; 9]),
            area => choose_in(cells, &mut vec![zero; area]),
        }
    }
}

/// The median, and the first cells that equal the upper and the lower of the middle ones.
#[inline(always)]
fn choose_in<T: Number>(cells: &Cells<'_, T>, sorted: &mut [T]) -> [T; 3] {
    let [upper, lower] = middles(cells, sorted);
    let mean = upper * T::of(0.5) + lower * T::of(0.5);
    let mut value = T::select(upper.equals(lower), upper, mean);
    let mut one = T::of(0.0);
    if !cells.all_inside() {
        for k in (0..cells.area()).rev() {
            one = cells.inside(k, T::of(k as Scalar), one);
        }
    }
    let mut other = one;
    for k in (0..cells.area()).rev() {
        let ([x], here) = (cells.at(k), T::of(k as Scalar));
        value = T::select(x.exceeds(x), x, value);
        one = T::select(x.equals(upper), cells.inside(k, here, one), one);
        other = T::select(x.equals(lower), cells.inside(k, here, other), other);
    }
    [value, one, other]
}

/// The two middle cells, or the one twice.
///
/// Half of the places outside the input get −∞ and half +∞, so that the middle stays in place; −∞ comes
/// first, and with an odd number of them the cells are one place nearer to the front.
#[inline(always)]
fn middles<T: Number>(cells: &Cells<'_, T>, sorted: &mut [T]) -> [T; 2] {
    let first = T::of(Scalar::NEG_INFINITY);
    let (area, mut next) = (sorted.len(), first);
    for (k, into) in sorted.iter_mut().enumerate() {
        let [x] = cells.at(k);
        *into = cells.inside(k, x, next);
        next = cells.inside(k, next, -next);
    }
    if cells.all_inside() && area == 9 {
        let middle = middle_of_nine(sorted);
        return [middle, middle];
    }
    sort(sorted);
    // Behind the middle, in it, and before it.
    let [behind, middle, before] = [area / 2, (area - 1) / 2, (area / 2).saturating_sub(1)];
    let even = next.equals(first);
    match area % 2 {
        0 => [sorted[middle], T::select(even, sorted[behind], sorted[middle])],
        _ => [T::select(even, sorted[middle], sorted[before]), sorted[middle]],
    }
}

/// By 19 comparisons: Devillard's `opt_med9`, after the network in Graphics Gems (1990).
#[inline(always)]
fn middle_of_nine<T: Number>(cells: &mut [T]) -> T {
    order(cells, 1, 2);
    order(cells, 4, 5);
    order(cells, 7, 8);
    order(cells, 0, 1);
    order(cells, 3, 4);
    order(cells, 6, 7);
    order(cells, 1, 2);
    order(cells, 4, 5);
    order(cells, 7, 8);
    order(cells, 0, 3);
    order(cells, 5, 8);
    order(cells, 4, 7);
    order(cells, 3, 6);
    order(cells, 1, 4);
    order(cells, 2, 5);
    order(cells, 4, 7);
    order(cells, 4, 2);
    order(cells, 6, 4);
    order(cells, 4, 2);
    cells[4]
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use super::middle_of_nine;
    use crate::laws::{fit, run};

    #[test]
    fn the_middle_cell_or_both_of_them_take_the_gradient() {
        let layer = fit("kind = 'median_pool'\nkernel_size = [1, 3]\nceil_mode = true", [1, 1, 5]);
        let x = Tensor::from_vec([1, 1, 1, 5], vec![4.0, 9.0, 1.0, 2.0, 8.0]).expect("5 values");
        let (y, dx) = run(&layer.expect("fits"), x);
        assert_eq!(y.as_slice(), [4.0, 5.0]);
        assert_eq!(dx.as_slice(), [1.0, 0.0, 0.0, 0.5, 0.5]);
    }

    #[test]
    fn the_network_finds_the_middle_of_every_pattern_of_zeros_and_ones() {
        // What finds these finds every middle.
        for pattern in 0..1_u32 << 9 {
            let mut cells = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|k| (pattern >> k & 1) as Scalar);
            let middle = middle_of_nine(&mut cells);
            assert!((middle > 0.5) == (pattern.count_ones() >= 5), "{pattern:b}");
        }
    }

    #[test]
    fn of_equal_cells_the_first_takes_the_gradient_and_infinities_are_cells_like_others() {
        let layer = fit("kind = 'median_pool'\nkernel_size = [1, 4]", [1, 1, 4]).expect("fits");
        let of = |cells: [Scalar; 4]| {
            let (y, dx) = run(&layer, Tensor::from_vec([1, 1, 1, 4], cells.to_vec()).expect("4"));
            (y.as_slice()[0], dx.as_slice().to_vec())
        };
        assert_eq!(of([5.0, 2.0, 2.0, 2.0]), (2.0, vec![0.0, 1.0, 0.0, 0.0]));
        let infinite = [Scalar::INFINITY, 1.0, Scalar::NEG_INFINITY, 3.0];
        assert_eq!(of(infinite), (2.0, vec![0.0, 0.5, 0.0, 0.5]));
        assert!(of([1.0, Scalar::NAN, 2.0, 3.0]).0.is_nan());
    }
}
