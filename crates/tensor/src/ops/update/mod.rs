//! One pass over a parameter, its gradient and what an optimiser remembers of it.

#[cfg(not(cenote_f64))]
mod fast;
#[cfg(any(cenote_f64, test))]
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

use crate::Scalar;

/// Replaces every element `w` of `param` and its memories `m` by `rule(w, g, m)`, with `g` the
/// element of `gradient` at its place.
///
/// ```
/// use cenote_tensor::update_each;
///
/// let (mut w, mut v) = ([1.0, 2.0], [0.0, 1.0]);
/// update_each(&mut w, &[0.5, 0.5], [&mut v], |w, g, [v]| (w - g, [v + g]));
/// assert_eq!((w, v), ([0.5, 1.5], [0.5, 1.5]));
/// ```
///
/// # Panics
/// When the lengths differ.
pub fn update_each<const N: usize>(
    param: &mut [Scalar],
    gradient: &[Scalar],
    memories: [&mut [Scalar]; N],
    rule: impl Fn(Scalar, Scalar, [Scalar; N]) -> (Scalar, [Scalar; N]) + Copy + Send + Sync,
) {
    let lengths = memories.iter().map(|memory| memory.len()).chain([gradient.len()]);
    assert!(lengths.into_iter().all(|len| len == param.len()), "update: one of each per element");
    kernels::update_each(param, gradient, memories, rule);
}
