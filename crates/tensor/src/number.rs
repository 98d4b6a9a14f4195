//! A number, or a register of them: what formulas are written over.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::Scalar;

/// Arithmetic that is the same for one [`Scalar`] and for every lane of a vector register.
///
/// A formula over `Number` is written once. It runs with scalars as the reference and in a build
/// with `--cfg cenote_f64`, and with the registers of the machine where it has to be fast. What is
/// generic over it should be `#[inline(always)]`: code that is not inlined into the entry of an
/// instruction set is compiled without its instructions.
///
/// ```
/// use cenote_tensor::{Number, Scalar};
///
/// fn logistic<T: Number>(x: T) -> T {
///     T::of(1.0) / (T::of(1.0) + (-x).exp())
/// }
/// assert_eq!(logistic::<Scalar>(0.0), 0.5);
/// ```
pub trait Number:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The outcome of a comparison, one per lane.
    type Truth: Copy;

    /// The same value in every lane.
    fn of(value: Scalar) -> Self;

    /// `self · factor + addend`, rounded once where the machine can.
    #[must_use]
    fn mul_add(self, factor: Self, addend: Self) -> Self;

    /// `self` where it is greater, else `other`: so a NaN in `other` stays.
    #[must_use]
    fn max(self, other: Self) -> Self;

    /// `self` where it is less, else `other`: so a NaN in `other` stays.
    #[must_use]
    fn min(self, other: Self) -> Self;

    /// `|self|`.
    #[must_use]
    fn abs(self) -> Self;

    /// The square root; NaN below 0.
    #[must_use]
    fn sqrt(self) -> Self;

    /// e to the power of `self`: 0 at −∞, +∞ at +∞ and where the result is too large.
    #[must_use]
    fn exp(self) -> Self;

    /// The natural logarithm: −∞ at 0, NaN below.
    #[must_use]
    fn ln(self) -> Self;

    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;

    /// The logarithm to base 2: −∞ at 0, NaN below.
    #[must_use]
    fn log2(self) -> Self;

    /// `self` to the power `p`, of numbers that are not negative.
    #[must_use]
    fn powf(self, p: Self) -> Self;

    /// Where `self` is greater than `other`, or NaN.
    fn beats(self, other: Self) -> Self::Truth;

    /// Where `self` is greater than `other`, or one of them is NaN.
    fn exceeds(self, other: Self) -> Self::Truth;

    /// Where both are equal: nowhere for a NaN.
    fn equals(self, other: Self) -> Self::Truth;

    /// `yes` where it is true, `no` elsewhere.
    #[must_use]
    fn select(truth: Self::Truth, yes: Self, no: Self) -> Self;

    /// `self + other` where it is true, `self` elsewhere; there −0 may become 0.
    #[must_use]
    #[inline(always)]
    fn add_where(self, truth: Self::Truth, other: Self) -> Self {
        self + Self::select(truth, other, Self::of(0.0))
    }

    /// The number in the table whose position `self` is: a whole number below the length of the table.
    #[must_use]
    #[inline(always)]
    fn look_up(self, table: &[Self]) -> Self {
        compare_positions(self, table)
    }

    /// The logistic function `1 / (1 + e^−x)`.
    #[must_use]
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self::of(1.0) / (Self::of(1.0) + (-self).exp())
    }

    /// `self` where it is positive or NaN, else 0.
    #[must_use]
    #[inline(always)]
    fn positive(self) -> Self {
        Self::of(0.0).max(self)
    }
}

/// [`Number::look_up`] by looking at every position.
#[inline(always)]
pub(crate) fn compare_positions<T: Number>(position: T, table: &[T]) -> T {
    let mut found = T::of(0.0);
    for (nth, &number) in table.iter().enumerate() {
        found = T::select(position.equals(T::of(nth as Scalar)), number, found);
    }
    found
}

impl Number for Scalar {
    type Truth = bool;

    fn of(value: Scalar) -> Self {
        value
    }

    #[expect(
        clippy::suboptimal_flops,
        reason = "a fused multiply-add is a slow function call on machines without the instruction"
    )]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self * factor + addend
    }

    fn max(self, other: Self) -> Self {
        if self > other { self } else { other }
    }

    fn min(self, other: Self) -> Self {
        if self < other { self } else { other }
    }

    fn abs(self) -> Self {
        Scalar::abs(self)
    }

    fn sqrt(self) -> Self {
        Scalar::sqrt(self)
    }

    fn exp(self) -> Self {
        Scalar::exp(self)
    }

    fn ln(self) -> Self {
        Scalar::ln(self)
    }

    fn tanh(self) -> Self {
        Scalar::tanh(self)
    }

    fn log2(self) -> Self {
        Scalar::log2(self)
    }

    fn powf(self, p: Self) -> Self {
        Scalar::powf(self, p)
    }

    fn beats(self, other: Self) -> bool {
        self > other || self.is_nan()
    }

    fn exceeds(self, other: Self) -> bool {
        self > other || self.is_nan() || other.is_nan()
    }

    #[expect(clippy::float_cmp, reason = "the numbers are the same or they are not")]
    fn equals(self, other: Self) -> bool {
        self == other
    }

    fn select(truth: bool, yes: Self, no: Self) -> Self {
        if truth { yes } else { no }
    }
}
