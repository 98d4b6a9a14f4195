//! The small transforms of Winograd's algorithms, each on registers that hold one number of as many
//! tiles or channels as there are lanes.
//!
//! With points `pᵢ` and the sign-symmetric pairs `±p`, a polynomial takes the values `even ± odd`,
//! which halves the work. Matrices are those of Toom and Cook with the factors `1 / ∏ (pᵢ − pⱼ)` in
//! the kernel's transform; see S. Winograd (1980), *Arithmetic Complexity of Computations*, and
//! A. Lavin and S. Gray (2015), arXiv:1509.09308.

mod halving;
mod seven;
mod six;
mod two_of_three;

pub(super) use halving::{Doubling, Halving};
pub(super) use seven::ThreeOfFive;
pub(super) use six::{FourOfThree, TwoOfFive};
pub(super) use two_of_three::TwoOfThree;

use crate::simd::Vector;

/// One of the transforms of `F(M, R)`: `M` outputs of a kernel with `R` taps by `A = M + R − 1`
/// multiplications. A form has up to five of them, told apart by their sizes. With the matrices of the
/// literature, for vectors from the right:
///
/// | sizes | | of |
/// |---|---|---|
/// | `A → A` | `Bᵀ d` | the input |
/// | `A → M` | `Aᵀ m` | the products, to outputs |
/// | `M → A` | `A y` | the gradient of outputs |
/// | `R → A` | `G g` | the kernel |
/// | `A → R` | `Gᵀ m` | the products, to the gradient of the kernel |
///
/// At stride 2 there are other numbers of inputs than of multiplications, and fewer weights (`halving.rs`).
pub(super) trait Linear<const I: usize, const O: usize> {
    fn of<V: Vector>(x: [V; I]) -> [V; O];
}

#[inline(always)]
fn scaled<V: Vector>(x: V, factor: f32) -> V {
    x.mul_add(V::splat(factor), V::splat(0.0))
}

/// `addend + factor · x`.
#[inline(always)]
fn plus<V: Vector>(addend: V, factor: f32, x: V) -> V {
    x.mul_add(V::splat(factor), addend)
}

/// `(even + factor · odd, even − factor · odd)`.
#[inline(always)]
fn pair<V: Vector>(even: V, factor: f32, odd: V) -> (V, V) {
    (plus(even, factor, odd), plus(even, -factor, odd))
}

/// Registers in memory, in rows and columns.
#[derive(Clone, Copy)]
pub(super) struct Grid<P> {
    pub(super) first: P,
    /// Distance between rows.
    pub(super) row: isize,
    /// Distance between columns.
    pub(super) column: isize,
}

/// A transform along both axes: `T x Tᵀ`.
///
/// # Safety
/// `I · I` registers can be read from the one grid and `O · O` written to the other, and they do
/// not overlap.
#[inline(always)]
pub(super) unsafe fn twice<T: Linear<I, O>, V: Vector, const I: usize, const O: usize>(
    from: Grid<*const f32>,
    into: Grid<*mut f32>,
) {
    let zero = V::splat(0.0);
    let mut half = [[zero; I]; O];
    for column in 0..I {
        let mut numbers = [zero; I];
        for (row, number) in numbers.iter_mut().enumerate() {
            let at = row as isize * from.row + column as isize * from.column;
            // SAFETY: row and column are below I.
            *number = unsafe { V::load(from.first.offset(at)) };
        }
        let numbers = T::of(numbers);
        for (half, number) in half.iter_mut().zip(numbers) {
            half[column] = number;
        }
    }
    for (row, half) in half.into_iter().enumerate() {
        for (column, number) in T::of(half).into_iter().enumerate() {
            let at = row as isize * into.row + column as isize * into.column;
            // SAFETY: row and column are below O.
            unsafe { number.store(into.first.offset(at)) };
        }
    }
}
