//! Functions that squash every number into a bounded range.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::{Number, Scalar, Tensor};

/// A squashing function, whose derivative follows from its result.
///
/// ```
/// use cenote_tensor::{Squash, Tensor};
///
/// assert_eq!(Squash::Logistic.forward(Tensor::zeros([1])).as_slice(), [0.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Squash {
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + e^−x)`.
    Logistic,
}

impl Squash {
    /// `y` for every number. Reuses the buffer of `x` if nothing else does.
    #[must_use]
    pub fn forward(self, mut x: Tensor) -> Tensor {
        kernels::forward(self, x.as_mut_slice());
        x
    }

    /// Replaces every number by `y`.
    pub fn apply(self, x: &mut [Scalar]) {
        kernels::forward(self, x);
    }

    /// `dx` from the output. Reuses the buffer of `dy` if nothing else does.
    ///
    /// # Panics
    /// When the shapes differ.
    #[must_use]
    pub fn backward(self, y: &Tensor, mut dy: Tensor) -> Tensor {
        assert_eq!(y.shape(), dy.shape(), "squash: dy has the shape of y");
        kernels::backward(self, y.as_slice(), dy.as_mut_slice());
        dy
    }

    #[inline(always)]
    pub(crate) fn value<T: Number>(self, x: T) -> T {
        match self {
            Self::Tanh => x.tanh(),
            Self::Logistic => x.sigmoid(),
        }
    }

    #[inline(always)]
    pub(crate) fn slope<T: Number>(self, y: T) -> T {
        match self {
            Self::Tanh => T::of(1.0) - y * y,
            Self::Logistic => y * (T::of(1.0) - y),
        }
    }
}

#[cfg(cenote_f64)]
use reference as kernels;

/// Number by number.
#[cfg(any(cenote_f64, test))]
mod reference {
    use super::{Scalar, Squash};

    pub(super) fn forward(squash: Squash, x: &mut [Scalar]) {
        for x in x {
            *x = squash.value(*x);
        }
    }

    pub(super) fn backward(squash: Squash, y: &[Scalar], dy: &mut [Scalar]) {
        dy.iter_mut().zip(y).for_each(|(dy, &y)| *dy *= squash.slope(y));
    }
}

/// A register at a time.
#[cfg(not(cenote_f64))]
mod kernels {
    use super::{Scalar, Squash};
    use crate::ops::parallel;
    use crate::simd::{Kernel, Many, Vector, dispatch, load_up_to, store_up_to};

    /// Numbers that one task handles.
    const BLOCK: usize = 1 << 13;
    /// What one of them costs, in operations.
    const COST: u64 = 40;

    struct Forward<'a>(Squash, &'a mut [Scalar]);

    impl Kernel for Forward<'_> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self(squash, x) = self;
            for at in (0..x.len()).step_by(V::LANES) {
                let y = squash.value(Many(load_up_to::<V>(x, at)));
                store_up_to(y.0, x, at);
            }
        }
    }

    struct Backward<'a>(Squash, &'a [Scalar], &'a mut [Scalar]);

    impl Kernel for Backward<'_> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self(squash, y, dy) = self;
            for at in (0..y.len()).step_by(V::LANES) {
                let slope = squash.slope(Many(load_up_to::<V>(y, at)));
                store_up_to((slope * Many(load_up_to::<V>(dy, at))).0, dy, at);
            }
        }
    }

    pub(super) fn forward(squash: Squash, x: &mut [Scalar]) {
        parallel::chunks(x, BLOCK, COST * BLOCK as u64, |_, x| dispatch(Forward(squash, x)));
    }

    pub(super) fn backward(squash: Squash, y: &[Scalar], dy: &mut [Scalar]) {
        parallel::chunks(dy, BLOCK, COST * BLOCK as u64, |nth, dy| {
            dispatch(Backward(squash, &y[nth * BLOCK..][..dy.len()], dy));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_is_reference_and_nan_stays_nan() {
        let special = [0.0, Scalar::INFINITY, Scalar::NEG_INFINITY, Scalar::NAN, 1e-30, -90.0];
        let x = Tensor::from_fn([20_003], |i| match i % 50 {
            k @ 0..6 => special[k],
            _ => ((i * 7919) % 1000) as Scalar / 50.0 - 10.0,
        });
        let dy = Tensor::from_fn([20_003], |i| (i % 7) as Scalar - 3.0);
        let close = |got: &Tensor, expected: &Tensor| {
            for (got, expected) in got.as_slice().iter().zip(expected.as_slice()) {
                let same = got.is_nan() && expected.is_nan();
                let error = (got - expected).abs();
                assert!(same || error <= 1e-6 * expected.abs() + 1e-30, "{got} {expected}");
            }
        };
        for squash in [Squash::Tanh, Squash::Logistic] {
            let (y, mut expected) = (squash.forward(x.clone()), x.clone());
            reference::forward(squash, expected.as_mut_slice());
            close(&y, &expected);
            let (dx, mut expected) = (squash.backward(&y, dy.clone()), dy.clone());
            reference::backward(squash, y.as_slice(), expected.as_mut_slice());
            close(&dx, &expected);
        }
    }
}
