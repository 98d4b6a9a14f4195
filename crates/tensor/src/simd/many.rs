//! A register as a [`Number`].

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::{Vector, functions};
use crate::Number;
use crate::number::compare_positions;

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
    fn powf(self, p: Self) -> Self {
        Self(functions::powf(self.0, p.0))
    }

    #[inline(always)]
    fn log2(self) -> Self {
        Self(functions::log2(self.0))
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
    fn add_where(self, truth: V::Mask, other: Self) -> Self {
        Self(self.0.add_where(truth, other.0))
    }

    #[inline(always)]
    fn look_up(self, table: &[Self]) -> Self {
        match self.0.look_up(table) {
            Some(found) => Self(found),
            None => compare_positions(self, table),
        }
    }

    #[inline(always)]
    fn select(truth: V::Mask, yes: Self, no: Self) -> Self {
        Self(V::select(truth, yes.0, no.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kernel, Path, Vector, load, store};
    use super::*;

    /// The squares of the numbers below `1`, looked up at the positions `0`.
    struct Squares<'a>(&'a [f32], usize);

    impl Kernel for Squares<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<V: Vector>(self) -> Vec<f32> {
            let table: Vec<_> = (0..self.1).map(|i| Many(V::splat((i * i) as f32))).collect();
            let mut out = vec![0.0; self.0.len()];
            for at in (0..self.0.len()).step_by(V::LANES) {
                store(Many(load::<V>(self.0, at)).look_up(&table).0, &mut out, at);
            }
            out
        }
    }

    #[test]
    fn every_lane_finds_its_number_in_tables_of_any_length() {
        for len in [1, 4, 9, 16, 17, 25] {
            let positions: Vec<usize> = (0..64).map(|i| i * 7 % len).collect();
            let expected: Vec<f32> = positions.iter().map(|&i| (i * i) as f32).collect();
            let positions: Vec<f32> = positions.iter().map(|&i| i as f32).collect();
            for (path, name) in Path::available() {
                assert_eq!(path.run(Squares(&positions, len)), expected, "{name}: {len}");
            }
        }
    }
}
