//! A fixed power of numbers that are not negative, and its root.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_tensor::{Number, Scalar};

/// What turns a logarithm to base 2 into the natural one.
pub(super) const LN_2: Scalar = std::f64::consts::LN_2 as Scalar;

/// `x^p` for `p ≥ 1`: by multiplication where `p` is a small whole number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Power {
    p: Scalar,
    /// `p`, if it is whole and small.
    whole: Option<u32>,
}

/// The largest power that is a chain of multiplications.
const CHAIN: u32 = 8;

impl Power {
    pub(super) fn new(p: f64) -> Self {
        let whole = (1..=CHAIN).find(|&whole| (p - f64::from(whole)).abs() < f64::EPSILON);
        Self { p: p as Scalar, whole }
    }

    /// `x^p`.
    #[inline(always)]
    pub(super) fn of<T: Number>(self, x: T) -> T {
        x * self.below(x)
    }

    /// `x^(p − 1)`; for `x = 0` and a fractional `p` it is 0.
    #[inline(always)]
    pub(super) fn below<T: Number>(self, x: T) -> T {
        match self.whole {
            Some(whole) => {
                let mut power = T::of(1.0);
                for _ in 1..whole {
                    power = power * x;
                }
                power
            }
            None => x.powf(T::of(self.p - 1.0)),
        }
    }

    /// The smallest and the largest number whose power is far from either end of what a number can be.
    pub(super) fn range(self) -> [Scalar; 2] {
        [1e-30, 1e30].map(|power: Scalar| power.powf(self.p.recip()))
    }

    /// `x^(1/p)`.
    #[inline(always)]
    pub(super) fn root<T: Number>(self, x: T) -> T {
        match self.whole {
            Some(1) => x,
            Some(2) => x.sqrt(),
            Some(4) => x.sqrt().sqrt(),
            _ => x.powf(T::of(self.p.recip())),
        }
    }
}
