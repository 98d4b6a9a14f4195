//! A register as a [`Number`].

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{Vector, functions};
use crate::Number;

/// As many numbers as a register of the path has lanes.
#[derive(Clone, Copy)]
pub(crate) struct Many<V>(pub(crate) V);

impl<V: Vector> Add for Many<V> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }
}

impl<V: Vector> Sub for Many<V> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0.sub(other.0))
    }
}

impl<V: Vector> Mul for Many<V> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0.mul(other.0))
    }
}

impl<V: Vector> Div for Many<V> {
    type Output = Self;

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        Self(self.0.div(other.0))
    }
}

impl<V: Vector> Neg for Many<V> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        // Not a difference from 0, which has the wrong sign at 0.
        Self(self.0.mul(V::splat(-1.0)))
    }
}

impl<V: Vector> Number for Many<V> {
    type Truth = V::Mask;

    #[inline(always)]
    fn of(value: f32) -> Self {
        Self(V::splat(value))
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(self.0.mul_add(factor.0, addend.0))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs())
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }

    #[inline(always)]
    fn exp(self) -> Self {
        Self(functions::exp(self.0))
    }

    #[inline(always)]
    fn ln(self) -> Self {
        Self(functions::ln(self.0))
    }

    #[inline(always)]
    fn tanh(self) -> Self {
        Self(functions::tanh(self.0))
    }

    #[inline(always)]
    fn beats(self, other: Self) -> V::Mask {
        self.0.beats(other.0)
    }

    #[inline(always)]
    fn exceeds(self, other: Self) -> V::Mask {
        self.0.exceeds(other.0)
    }

    #[inline(always)]
    fn equals(self, other: Self) -> V::Mask {
        self.0.equals(other.0)
    }

    #[inline(always)]
    fn select(truth: V::Mask, yes: Self, no: Self) -> Self {
        Self(V::select(truth, yes.0, no.0))
    }
}
