//! The cells of a window, and room for their gradients.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::{Number, Scalar};

/// The cells of a window, or of one window per lane, in row-major order, from `MAPS` maps.
///
/// A formula visits them by a loop over the offsets, without closures: a closure that the compiler
/// leaves a function of its own loses the instructions of its path.
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

    /// Whether no cell lies outside the input, as far as that is known.
    #[inline(always)]
    pub fn all_inside(&self) -> bool {
        self.inside.is_none()
    }

    /// The values at offset `k` of the window: 0 outside the input.
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
}

impl<T: Number> Cells<'_, T> {
    /// The sum of the cells inside the input.
    #[inline(always)]
    pub fn sum(&self) -> T {
        let mut sum = T::of(0.0);
        for k in 0..self.area() {
            let [x] = self.at(k);
            sum = sum + x;
        }
        sum
    }

    /// The largest cell inside the input, and its offset: the first of equal ones, and the last NaN. A
    /// window of nothing but −∞ has the offset −1.
    #[inline(always)]
    pub fn largest(&self) -> [T; 2] {
        let (mut best, mut winner) = (T::of(Scalar::NEG_INFINITY), T::of(-1.0));
        for k in 0..self.area() {
            let [x] = self.at(k);
            let x = self.inside(k, x, T::of(Scalar::NEG_INFINITY));
            let wins = x.beats(best);
            best = T::select(wins, x, best);
            winner = T::select(wins, T::of(k as Scalar), winner);
        }
        [best, winner]
    }
}

/// Room for the gradients of a window, or of one window per lane.
#[derive(Debug)]
pub struct Gradient<'a, T, const MAPS: usize = 1> {
    /// Of the cells of every map, to be written at every offset; what is written outside the input is
    /// not looked at.
    pub cells: [&'a mut [T]; MAPS],
    /// Of the parameters, to be added to: what other windows gave may stand there.
    pub params: &'a mut [T],
}
