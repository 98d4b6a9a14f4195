//! Transformed weights.

use std::ops::Range;

use super::transforms::{
    Doubling, FourOfThree, Grid, Halving, Linear, ThreeOfFive, TwoOfFive, TwoOfThree, twice,
};
use super::{Form, lanes, pitch, with_form};
use crate::simd::{Kernel, Pitched, Vector, dispatch};

/// Blocks of outputs in one group: registers of a tile of the product.
const GROUP: usize = 2;

/// The weights of a convolution for every frequency, packed in groups of one or two registers of
/// outputs: `[group][frequency][channel][output of the group]`, with a register between frequencies.
/// Frequencies with one weight in common have it once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights<'a> {
    pub(super) packed: &'a [f32],
    /// Channels that are produced and summed over.
    pub(super) outputs: usize,
    pub(super) depth: usize,
}

impl<'a> Weights<'a> {
    /// Numbers that packed weights of `outputs` by `depth` channels take.
    pub(crate) fn len(form: Form, outputs: usize, depth: usize) -> usize {
        (0..Self::groups(outputs)).map(|group| Self::group_len(form, outputs, depth, group)).sum()
    }

    /// Numbers that one group takes.
    pub(crate) fn group_len(form: Form, outputs: usize, depth: usize, group: usize) -> usize {
        form.weights() * group_pitch(Self::blocks(outputs, group).len(), depth, lanes())
    }

    /// What [`Pack`] left in `packed`.
    pub(crate) fn new(packed: &'a [f32], form: Form, outputs: usize, depth: usize) -> Self {
        assert_eq!(packed.len(), Self::len(form, outputs, depth), "winograd: packed weights");
        Self { packed, outputs, depth }
    }

    /// Number of groups.
    pub(crate) fn groups(outputs: usize) -> usize {
        outputs.div_ceil(lanes()).div_ceil(GROUP)
    }

    /// The blocks of outputs of a group.
    pub(crate) fn blocks(outputs: usize, group: usize) -> Range<usize> {
        blocks(outputs.div_ceil(lanes()), group)
    }
}

/// Distance between the frequencies of a group of `blocks` registers.
#[inline(always)]
pub(super) fn group_pitch(blocks: usize, depth: usize, lanes: usize) -> usize {
    pitch(blocks, depth, lanes)
}

/// The blocks of a group, `blocks` in all dealt out evenly.
#[inline(always)]
pub(super) fn blocks(blocks: usize, group: usize) -> Range<usize> {
    let groups = blocks.div_ceil(GROUP);
    group * blocks / groups..(group + 1) * blocks / groups
}

/// The transform of one group of weights.
pub(crate) struct Pack<'a> {
    pub(crate) form: Form,
    /// Weights `(O, C, R, R)`.
    pub(crate) w: &'a [f32],
    /// `O` and `C`.
    pub(crate) shape: [usize; 2],
    /// Whether the convolution is the transposed one: from `O` to `C` channels, taps in reverse.
    pub(crate) transposed: bool,
    pub(crate) group: usize,
    pub(crate) packed: &'a mut [f32],
}

impl Pack<'_> {
    pub(crate) fn run(self) {
        dispatch(self);
    }
}

impl Kernel for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let form = self.form;
        with_form!(form, pack::<V>(self));
    }
}

#[inline(always)]
fn pack<
    V: Vector,
    T: Linear<R, W>,
    const I: usize,
    const A: usize,
    const M: usize,
    const R: usize,
    const W: usize,
>(
    Pack { w, shape: [o, c], transposed, group, packed, .. }: Pack<'_>,
) {
    let area = R * R;
    let (outputs, depth) = if transposed { (c, o) } else { (o, c) };
    // Distance between the kernels of neighbouring outputs, and of neighbouring terms.
    let (row, term) = if transposed { (area, c * area) } else { (c * area, area) };
    let blocks = blocks(outputs.div_ceil(V::LANES), group);
    let width = blocks.len() * V::LANES;
    assert_eq!(w.len(), o * c * area, "winograd: whole kernels");
    let pitch = group_pitch(blocks.len(), depth, V::LANES);
    assert_eq!(packed.len(), W * W * pitch, "winograd: room for a group");
    // One kernel per lane: at most 25 taps of at most 16 lanes.
    let mut taps = [0.0; 25 * 16];
    for (s, block) in blocks.enumerate() {
        let first = block * V::LANES;
        let rows = (outputs - first).min(V::LANES);
        for k in 0..depth {
            let kernels = first * row + k * term;
            for tap in (0..area).step_by(V::LANES) {
                let columns = (area - tap).min(V::LANES);
                assert!(kernels + (rows - 1) * row + tap + columns <= w.len(), "winograd: taps");
                // SAFETY: the assertion bounds what is read; `taps` has room for area ≤ 25
                // registers of at most 16 lanes.
                unsafe {
                    V::transpose(
                        (w.as_ptr().add(kernels + tap), row),
                        [rows, columns],
                        &mut Pitched {
                            first: taps.as_mut_ptr().add(tap * V::LANES),
                            pitch: V::LANES,
                        },
                        V::LANES,
                    );
                }
            }
            let step = if transposed { -1 } else { 1 } * V::LANES.cast_signed();
            let first = if transposed { (area - 1) * V::LANES } else { 0 };
            // SAFETY: the first `area` registers of `taps`, forwards or backwards; k < depth and
            // s · LANES + LANES ≤ width, so a register ends within a frequency's pitch, and `packed`
            // has W · W of those.
            unsafe {
                let from = Grid {
                    first: taps.as_ptr().add(first),
                    row: R.cast_signed() * step,
                    column: step,
                };
                let into = Grid {
                    first: packed.as_mut_ptr().add(k * width + s * V::LANES),
                    row: (W * pitch).cast_signed(),
                    column: pitch.cast_signed(),
                };
                twice::<T, V, R, W>(from, into);
            }
        }
    }
}
