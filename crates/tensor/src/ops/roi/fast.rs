//! The weights of a box, rows first: a box reads few columns of many rows.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::Axis;
use crate::ops::scratch;
use crate::simd::{Kernel, Vector, dispatch};

/// `y = R x Cᵀ` for the weights of one box.
pub(super) fn sample(axes: &[Axis; 2], x: &[f32], y: &mut [f32]) {
    scratch::with(axes[1].input(), |row| dispatch(Sample { axes, x, row, y }));
}

/// Adds `Rᵀ dy C` to `dx`.
pub(super) fn spread(axes: &[Axis; 2], dy: &[f32], dx: &mut [f32]) {
    scratch::with(axes[1].input(), |row| dispatch(Spread { axes, dy, row, dx }));
}

struct Sample<'a> {
    axes: &'a [Axis; 2],
    x: &'a [f32],
    row: &'a mut [f32],
    y: &'a mut [f32],
}

impl Kernel for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { axes: [rows, columns], x, row, y } = self;
        let (width, reach) = (columns.input(), columns.reach());
        for (i, y) in y.chunks_exact_mut(columns.output()).enumerate() {
            row[reach.clone()].fill(0.0);
            for tap in rows.taps(i) {
                let from = &x[tap.at * width..][reach.clone()];
                for (sum, x) in row[reach.clone()].iter_mut().zip(from) {
                    *sum += tap.weight * x;
                }
            }
            for (j, y) in y.iter_mut().enumerate() {
                *y = columns.taps(j).iter().map(|tap| tap.weight * row[tap.at]).sum();
            }
        }
    }
}

struct Spread<'a> {
    axes: &'a [Axis; 2],
    dy: &'a [f32],
    row: &'a mut [f32],
    dx: &'a mut [f32],
}

impl Kernel for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { axes: [rows, columns], dy, row, dx } = self;
        let (width, reach) = (columns.input(), columns.reach());
        for (i, dy) in dy.chunks_exact(columns.output()).enumerate() {
            row[reach.clone()].fill(0.0);
            for (j, dy) in dy.iter().enumerate() {
                for tap in columns.taps(j) {
                    row[tap.at] += tap.weight * dy;
                }
            }
            for tap in rows.taps(i) {
                let into = &mut dx[tap.at * width..][reach.clone()];
                for (dx, share) in into.iter_mut().zip(&row[reach.clone()]) {
                    *dx += tap.weight * share;
                }
            }
        }
    }
}
