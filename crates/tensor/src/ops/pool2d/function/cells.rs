//! The cells of a window, and room for their gradients.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::Number;

/// The cells of a window, or of one window per lane, in row-major order, from `MAPS` maps.
#[derive(Debug)]
pub struct Cells<'a, T: Number, const MAPS: usize = 1> {
    pub(super) values: [&'a [T]; MAPS],
    /// Which cells lie inside the input; `None` where all do.
    pub(super) inside: Option<&'a [T::Truth]>,
    pub(super) divisor: T,
}

impl<T: Number, const MAPS: usize> Cells<'_, T, MAPS> {
    /// Cells of a window, those outside the input included.
    #[inline(always)]
    pub fn area(&self) -> usize {
        self.values[0].len()
    }

    /// The number of cells, counted as [`WindowFunction::divisor`](super::WindowFunction::divisor)
    /// asks.
    #[inline(always)]
    pub fn divisor(&self) -> T {
        self.divisor
    }

    /// The values at offset `k` of the window: some number outside the input.
    #[inline(always)]
    pub fn at(&self, k: usize) -> [T; MAPS] {
        self.values.map(|values| values[k])
    }

    /// `value` where offset `k` of the window lies inside the input, `other` elsewhere.
    #[inline(always)]
    pub fn inside(&self, k: usize, value: T, other: T) -> T {
        match self.inside {
            Some(inside) => T::select(inside[k], value, other),
            None => value,
        }
    }

    /// What `step` makes of `start` and the cells inside the input, one after the other: it is given
    /// the offset in the window as well.
    #[inline(always)]
    pub fn fold<const N: usize>(
        &self,
        start: [T; N],
        mut step: impl FnMut([T; N], usize, [T; MAPS]) -> [T; N],
    ) -> [T; N] {
        let mut state = start;
        for k in 0..self.area() {
            let next = step(state, k, self.at(k));
            for (state, next) in state.iter_mut().zip(next) {
                *state = self.inside(k, next, *state);
            }
        }
        state
    }

    /// The sum over the cells inside the input of what `term` makes of an offset and the values there.
    #[inline(always)]
    pub fn sum(&self, mut term: impl FnMut(usize, [T; MAPS]) -> T) -> T {
        self.fold([T::of(0.0)], |[sum], k, values| [sum + term(k, values)])[0]
    }

    /// The largest of the first map, and its offset: the first of equal ones, and the last NaN. A
    /// window of nothing but −∞ has the offset −1.
    #[inline(always)]
    pub fn largest(&self) -> [T; 2] {
        let start = [T::of(crate::Scalar::NEG_INFINITY), T::of(-1.0)];
        self.fold(start, |[best, winner], k, values| {
            let wins = values[0].beats(best);
            [T::select(wins, values[0], best), T::select(wins, T::of(k as crate::Scalar), winner)]
        })
    }
}

/// Room for the gradients of a window, or of one window per lane.
#[derive(Debug)]
pub struct Gradient<'a, T, const MAPS: usize = 1> {
    /// Of the cells of every map, to be written at every offset; what is written outside the input is
    /// not looked at.
    pub cells: [&'a mut [T]; MAPS],
    /// Of the parameters: zero, to be added to.
    pub params: &'a mut [T],
}
