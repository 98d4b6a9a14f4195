//! Pools that are a formula of sums over the window: every cell is mapped once, however many windows
//! hold it.
//!
//! ```text
//! S_j  = Σ φ_j(x_k)                 over the cells of the window
//! y    = ψ(S)
//! G_j  = Σ dy ∂ψ/∂S_j               over the windows that hold the cell
//! dx_k = Σ_j G_j φ_j'(x_k)
//! ```
//!
//! Overlapping windows share the exponentials and powers of their cells, and sums are taken down the
//! columns first, then along the rows. That needs terms that neither overflow nor vanish without
//! looking at the other cells of a window. So a function says for which magnitudes they do not; a plane
//! with a cell outside of these goes by the [`WindowFunction`] that the same function is.

#[cfg(not(cenote_f64))]
mod fast;
#[cfg(not(cenote_f64))]
mod halving;
#[cfg(not(cenote_f64))]
mod layout;
#[cfg(any(cenote_f64, test))]
mod reference;
#[cfg(all(test, not(cenote_f64)))]
mod tests;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

use super::{Pulled, WindowFunction, check, pulled};
use crate::{Number, Scalar, Tensor, Windows};

/// A [`WindowFunction`] that is a formula of sums of terms, of which each is of one cell.
///
/// All of the `SUMS` terms are added up in the backward pass; the output, and what the cells receive,
/// depend on the first `PULLS` of them. The others are for gradients of parameters.
///
/// The functions that are generic over [`Number`] have to be `#[inline(always)]`, as it says.
pub trait SumFunction<const MAPS: usize, const SUMS: usize, const PULLS: usize>:
    WindowFunction<MAPS>
{
    /// The smallest and the largest magnitude that a cell of each map may have: 0 is always fine.
    fn range(&self, params: &[Scalar]) -> [[Scalar; 2]; MAPS];

    /// `φ`, for one cell.
    fn terms<T: Number>(&self, params: &[T], cell: [T; MAPS]) -> [T; SUMS];

    /// `ψ`, for the sums of a window and its divisor.
    fn total<T: Number>(&self, params: &[T], sums: [T; PULLS], divisor: T) -> T;

    /// `dy ∂ψ/∂S`; the gradients of the parameters are added to `dparams`.
    fn pull<T: Number>(
        &self,
        params: &[T],
        sums: [T; SUMS],
        divisor: T,
        dy: T,
        dparams: &mut [T],
    ) -> [T; PULLS];

    /// `Σ_j G_j φ_j'`, for one cell whose terms are known.
    fn cell<T: Number>(
        &self,
        params: &[T],
        cell: [T; MAPS],
        terms: [T; SUMS],
        pulled: [T; PULLS],
    ) -> [T; MAPS];
}

/// As [`pool`](super::pool), for a formula of sums.
///
/// # Panics
/// When a shape does not fit the windows, or a window holds no cell of the input.
pub fn pool_sums<const MAPS: usize, const SUMS: usize, const PULLS: usize, F>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    at: &Windows,
) -> Tensor
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    check(maps, params, at);
    kernels::pool(function, maps, params, at)
}

/// The gradients of [`pool_sums`].
///
/// # Panics
/// When a shape does not fit the windows, or a window holds no cell of the input.
pub fn pool_sums_backward<const MAPS: usize, const SUMS: usize, const PULLS: usize, F>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    dy: &Tensor,
    at: &Windows,
) -> Pulled<MAPS>
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    check(maps, params, at);
    pulled(maps[0], params, dy, at, || kernels::pool_backward(function, maps, params, dy, at))
}
