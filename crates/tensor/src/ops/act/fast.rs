//! The rectifier without branches, compiled for the vectors of the machine.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::ops::parallel;
use crate::simd::{Kernel, Vector, dispatch};

/// Elements that one task handles.
const BLOCK: usize = 1 << 15;
/// What a task costs, in operations: memory takes that long to move its elements.
const COST: u64 = 8 * BLOCK as u64;

struct InPlace<'a>(&'a mut [f32]);

impl Kernel for InPlace<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        for x in self.0 {
            *x = if *x < 0.0 { 0.0 } else { *x };
        }
    }
}

struct Forward<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y = if x < 0.0 { 0.0 } else { x };
        }
    }
}

struct Backward<'a> {
    y: &'a [f32],
    dy: &'a mut [f32],
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        for (dy, &y) in self.dy.iter_mut().zip(self.y) {
            *dy = if y <= 0.0 { 0.0 } else { *dy };
        }
    }
}

pub(super) fn relu_in_place(x: &mut [f32]) {
    parallel::chunks(x, BLOCK, COST, |_, x| dispatch(InPlace(x)));
}

pub(super) fn relu(x: &[f32], y: &mut [f32]) {
    parallel::chunks(y, BLOCK, COST, |i, y| {
        dispatch(Forward { x: &x[i * BLOCK..][..y.len()], y });
    });
}

pub(super) fn relu_backward(y: &[f32], dy: &mut [f32]) {
    parallel::chunks(dy, BLOCK, COST, |i, dy| {
        dispatch(Backward { y: &y[i * BLOCK..][..dy.len()], dy });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::act::reference;

    #[test]
    fn fast_is_reference_to_the_bit() {
        let special = [0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.5, -1.5, 1e-40];
        let x: Vec<f32> = (0..2 * BLOCK + 5).map(|i| special[i * 5 % 8]).collect();
        let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let (mut fast, mut expected) = (vec![7.0; x.len()], vec![7.0; x.len()]);
        relu(&x, &mut fast);
        reference::relu(&x, &mut expected);
        assert_eq!(bits(&fast), bits(&expected));
        fast.copy_from_slice(&x);
        relu_in_place(&mut fast);
        assert_eq!(bits(&fast), bits(&expected));
        let y: Vec<f32> = x.iter().rev().copied().collect();
        relu_backward(&y, &mut fast);
        reference::relu_backward(&y, &mut expected);
        assert_eq!(bits(&fast), bits(&expected));
    }
}
