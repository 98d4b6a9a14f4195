//! Pools of any formula: one number for the cells of a window, and its gradient.
//!
//! A [`WindowFunction`] says what becomes of one window. It is written once, over [`Number`]: with
//! scalars it is the reference, with registers it computes as many neighbouring windows as a register
//! has lanes. Where a window reaches over the edge, the cells outside are left out.

mod cells;
#[cfg(not(cenote_f64))]
mod fast;
mod pair;
#[cfg(not(cenote_f64))]
mod plan;
#[cfg(not(cenote_f64))]
mod pull;
mod reference;
mod sums;
#[cfg(all(test, not(cenote_f64)))]
mod tests;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use cells::{Cells, Gradient};
pub use pair::{PairChoice, choose_pair, choose_pair_backward};
pub use sums::{SumFunction, pool_sums, pool_sums_backward};

use super::{Argmax, Divisor};
use crate::{Number, Scalar, Tensor, Windows};

/// One number for the cells of a window, from `MAPS` feature maps of one size and from parameters
/// that belong to the channel.
///
/// Both functions have to be `#[inline(always)]`, as [`Number`] says.
pub trait WindowFunction<const MAPS: usize = 1>: Sync {
    /// What [`Cells::divisor`] counts.
    fn divisor(&self) -> Divisor {
        Divisor::RealCells
    }

    /// The output for one window.
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T, MAPS>) -> T;

    /// The gradients of a window's cells and of the parameters, under a gradient `dy` of its output.
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T, MAPS>,
        dy: T,
        into: &mut Gradient<'_, T, MAPS>,
    );
}

/// The choice of one cell of a window.
pub trait Choice: Sync {
    /// The output for one window and the offset of the cell in it that takes the gradient, from a
    /// number that was drawn evenly from 0 to less than 1. `#[inline(always)]`, as [`Number`] says.
    fn choose<T: Number>(&self, draw: T, cells: &Cells<'_, T>) -> [T; 2];
}

/// The gradients that [`pool_backward`] computes.
#[derive(Debug)]
pub struct Pulled<const MAPS: usize> {
    /// Of every map.
    pub maps: [Tensor; MAPS],
    /// Of the parameters, summed over the batch and the positions: `(C, P)`.
    pub params: Tensor,
}

/// A function of every window: maps `(N, C, H, W)` and parameters `(C, P)` to `y` `(N, C, OH, OW)`.
///
/// # Panics
/// When a shape does not fit the windows, or a window holds no cell of the input.
pub fn pool<const MAPS: usize, F: WindowFunction<MAPS>>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    at: &Windows,
) -> Tensor {
    check(maps, params, at);
    kernels::pool(function, maps, params, at)
}

/// The gradients of [`pool`].
///
/// # Panics
/// When a shape does not fit the windows, or a window holds no cell of the input.
pub fn pool_backward<const MAPS: usize, F: WindowFunction<MAPS>>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    dy: &Tensor,
    at: &Windows,
) -> Pulled<MAPS> {
    check(maps, params, at);
    pulled(maps[0], params, dy, at, || kernels::pool_backward(function, maps, params, dy, at))
}

/// What `backward` gives: gradients of maps, and of parameters for every plane, which are added up.
fn pulled<const MAPS: usize>(
    map: &Tensor,
    params: &Tensor,
    dy: &Tensor,
    at: &Windows,
    backward: impl FnOnce() -> ([Tensor; MAPS], Vec<f64>),
) -> Pulled<MAPS> {
    let [batch, channels, ..] = map.nchw();
    let [rows, columns] = at.output();
    assert_eq!(dy.nchw(), [batch, channels, rows, columns], "pool: dy as fitted");
    let (maps, sums) = backward();
    let each = params.dims()[1];
    let mut total = vec![0.0; channels * each];
    for image in sums.chunks_exact((channels * each).max(1)) {
        total.iter_mut().zip(image).for_each(|(total, sum)| *total += sum);
    }
    let params = Tensor::from_fn([channels, each], |i| total[i] as Scalar);
    Pulled { maps, params }
}

/// A cell chosen in every window of `x` `(N, C, H, W)` by one draw per output, in row-major order.
///
/// The gradient is that of a maximum with these winners: [`max_pool_backward`](super::max_pool_backward).
///
/// # Panics
/// When a shape does not fit the windows, or a window holds no cell of the input.
pub fn choose<C: Choice>(
    choice: &C,
    x: &Tensor,
    draws: &[Scalar],
    at: &Windows,
) -> (Tensor, Argmax) {
    let [batch, channels, ..] = x.nchw();
    check([x], &Tensor::zeros([channels, 0]), at);
    let [rows, columns] = at.output();
    assert_eq!(draws.len(), batch * channels * rows * columns, "choose: one draw per output");
    kernels::choose(choice, x, draws, at)
}

fn check<const MAPS: usize>(maps: [&Tensor; MAPS], params: &Tensor, at: &Windows) {
    let [batch, channels, ..] = maps[0].nchw();
    let [height, width] = at.input();
    for map in maps {
        assert_eq!(map.nchw(), [batch, channels, height, width], "pool: maps as fitted");
    }
    assert!(matches!(*params.dims(), [c, _] if c == channels), "pool: parameters of every channel");
    for (axis, outputs) in at.output().into_iter().enumerate() {
        let empty = (0..outputs).find(|&o| at.taps(axis, o).next().is_none());
        assert_eq!(empty, None, "pool: every window holds a cell of the input");
    }
}
