//! What is done to a cell before its window looks at it.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::simd::Vector;

/// A function of one cell, the same in every lane.
pub(super) trait Map: Copy {
    fn lanes<V: Vector>(self, x: V) -> V;
    fn one(self, x: f32) -> f32;
}

/// The cell itself.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Map for Plain {
    #[inline(always)]
    fn lanes<V: Vector>(self, x: V) -> V {
        x
    }

    #[inline(always)]
    fn one(self, x: f32) -> f32 {
        x
    }
}

/// `max(x, 0)`; NaN stays NaN.
#[derive(Clone, Copy)]
pub(super) struct Rectified;

impl Map for Rectified {
    #[inline(always)]
    fn lanes<V: Vector>(self, x: V) -> V {
        V::splat(0.0).max(x)
    }

    #[inline(always)]
    fn one(self, x: f32) -> f32 {
        if x < 0.0 { 0.0 } else { x }
    }
}

/// `max(scale · x + shift, 0)`; NaN stays NaN.
#[derive(Clone, Copy)]
pub(super) struct Normalized {
    pub(super) scale: f32,
    pub(super) shift: f32,
}

impl Map for Normalized {
    #[inline(always)]
    fn lanes<V: Vector>(self, x: V) -> V {
        Rectified.lanes(x.mul(V::splat(self.scale)).add(V::splat(self.shift)))
    }

    #[inline(always)]
    fn one(self, x: f32) -> f32 {
        let Self { scale, shift } = self;
        Rectified.one(x * scale + shift)
    }
}

/// The maps of the channels of a tensor.
#[derive(Clone, Copy)]
pub(super) enum Maps<'a> {
    Plain,
    Rectified,
    /// One scale and one shift per channel.
    Normalized {
        scale: &'a [f32],
        shift: &'a [f32],
    },
}
