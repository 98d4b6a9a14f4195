//! A weighted sum of the maximum and the mean of a window.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_tensor::{Cells, Divisor, Gradient, Number, Scalar, WindowFunction};

/// `a · max + b · mean` with the parameters `[a, b]`.
pub(super) struct Blend {
    /// What the mean divides by.
    pub(super) divisor: Divisor,
}

/// What a mean divides by where padded cells count, or do not.
pub(super) fn counting(padding: bool) -> Divisor {
    if padding { Divisor::CountPadding } else { Divisor::RealCells }
}

/// The maximum, its offset, and the mean. A NaN makes both of them NaN.
#[inline(always)]
pub(super) fn maximum_and_mean<T: Number>(cells: &Cells<'_, T>) -> [T; 3] {
    let [largest, winner] = cells.largest();
    let mean = cells.sum() / cells.divisor();
    [largest, winner, mean]
}

/// `yes` at the offset `k` of the winner, else 0.
#[inline(always)]
pub(super) fn at_winner<T: Number>(winner: T, k: usize, yes: T) -> T {
    T::select(winner.equals(T::of(k as Scalar)), yes, T::of(0.0))
}

impl WindowFunction for Blend {
    fn divisor(&self) -> Divisor {
        self.divisor
    }

    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T>) -> T {
        let [maximum, _, mean] = maximum_and_mean(cells);
        params[0] * maximum + params[1] * mean
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let [maximum, winner, mean] = maximum_and_mean(cells);
        let (all, share) = (dy * params[0], dy * params[1] / cells.divisor());
        for (k, gradient) in into.cells[0].iter_mut().enumerate() {
            *gradient = share + at_winner(winner, k, all);
        }
        into.params[0] = into.params[0] + dy * maximum;
        into.params[1] = into.params[1] + dy * mean;
    }
}
