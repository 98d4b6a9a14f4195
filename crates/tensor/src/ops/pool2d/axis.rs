//! Which taps of a window lie inside the input, along one axis.

use super::Divisor;
use crate::{Window, Windows};

/// The taps of every output along one axis, where every output has one inside the input.
pub(super) struct Axis {
    /// For every output its first tap inside.
    pub(super) first: Vec<usize>,
    /// For every output how many taps lie inside the input, and inside the padded input.
    counts: Vec<[usize; 2]>,
}

impl Axis {
    /// `None` where a window lies wholly in the padding.
    pub(super) fn new(at: &Windows, axis: usize) -> Option<Self> {
        let Window { kernel, stride, before, after, dilation, .. } = at.window();
        let (kernel, stride, dilation) = (kernel[axis], stride[axis], dilation[axis]);
        let (before, size, outputs) = (before[axis], at.input()[axis], at.output()[axis]);
        let padded = before + size + after[axis];
        let mut first = Vec::with_capacity(outputs);
        let mut counts = Vec::with_capacity(outputs);
        for o in 0..outputs {
            let inside = at.taps(axis, o).map(|(tap, _)| tap);
            first.push(inside.clone().next()?);
            let in_padding = |tap: &usize| o * stride + tap * dilation < padded;
            counts.push([inside.count(), (0..kernel).filter(in_padding).count()]);
        }
        Some(Self { first, counts })
    }

    /// This axis's factor of the divisor of every output.
    pub(super) fn divisors(&self, divisor: Divisor) -> Vec<f32> {
        let factor = |&[inside, in_padding]: &[usize; 2]| match divisor {
            Divisor::CountPadding => in_padding as f32,
            Divisor::RealCells => inside as f32,
            Divisor::Fixed(_) => 1.0,
        };
        self.counts.iter().map(factor).collect()
    }
}

/// Both axes; `None` where a window lies wholly in the padding.
pub(super) fn axes(at: &Windows) -> Option<[Axis; 2]> {
    Some([Axis::new(at, 0)?, Axis::new(at, 1)?])
}

/// Whether windows of 2x2 cells tile the input without padding.
pub(super) fn is_quarter(at: &Windows) -> bool {
    let Window { rounding, .. } = at.window();
    let ([rows, columns], [height, width]) = (at.output(), at.input());
    at.window() == Window::square(2).rounded(rounding) && 2 * rows <= height && 2 * columns <= width
}
