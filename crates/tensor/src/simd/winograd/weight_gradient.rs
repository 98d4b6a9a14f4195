//! The gradient of the weights, summed over tiles.

use super::maps::{Maps, padded_len};
use super::products::OverTiles;
use super::transforms::{
    FourOfThree, Grid, Halving, Linear, ThreeOfFive, TwoOfFive, TwoOfThree, twice,
};
use super::{Band, Form, Geometry, lanes, pitch, weight, with_form};
use crate::simd::lanes::prefetch;
use crate::simd::{Kernel, Pitched, Vector, dispatch};

/// The sums over one band of tiles, for every frequency.
pub(crate) struct WeightGradient<'a> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) band: &'a Band,
    /// Output and input channels.
    pub(crate) shape: [usize; 2],
    /// The images of the band, whole.
    pub(crate) x: &'a [f32],
    pub(crate) dy: &'a [f32],
    /// Sums so far, [`WeightGradient::len`] numbers.
    pub(crate) sums: &'a mut [f32],
    /// Whether there are sums so far.
    pub(crate) add: bool,
    /// At least [`WeightGradient::scratch`] numbers.
    pub(crate) scratch: &'a mut [f32],
}

/// The most transformed weights of a form.
const MOST_WEIGHTS: usize = 49;

/// What is said of a form that no weight gradient is planned with.
#[cold]
fn unplanned(form: Form) -> ! {
    unreachable!("winograd: a weight gradient by {form:?}")
}

/// Distance between the frequencies of the sums.
#[inline(always)]
fn sums_pitch([outputs, channels]: [usize; 2], lanes: usize) -> usize {
    pitch(outputs.next_multiple_of(lanes), channels.div_ceil(lanes), lanes)
}

impl WeightGradient<'_> {
    /// Numbers in the sums.
    pub(crate) fn len(form: Form, shape: [usize; 2]) -> usize {
        form.weights() * sums_pitch(shape, lanes())
    }

    /// Numbers of scratch memory that a band takes.
    pub(crate) fn scratch(geometry: &Geometry, band: &Band, shape: [usize; 2]) -> usize {
        let (lanes, tiles) = (lanes(), band.tiles(geometry));
        let of_channels = |channels: usize| {
            geometry.form.frequencies() * pitch(channels.div_ceil(lanes), tiles, lanes)
        };
        let (step, window) = (geometry.form.step(), geometry.form.window());
        let columns = geometry.tiles()[1];
        shape.map(of_channels).iter().sum::<usize>()
            + padded_len(band.rows.len(), columns, step, window, lanes)
    }

    pub(crate) fn run(self) {
        dispatch(self);
    }
}

impl Kernel for WeightGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let form = self.geometry.form;
        with_form!(form, gradient::<V>(self), Form::Doubling => unplanned(form));
    }
}

#[inline(always)]
fn gradient<
    V: Vector,
    T: Linear<I, A> + Linear<M, A>,
    const I: usize,
    const A: usize,
    const M: usize,
    const R: usize,
    const W: usize,
>(
    WeightGradient { geometry, band, shape, x, dy, sums, add, scratch }: WeightGradient<'_>,
) {
    let [outputs, channels] = shape;
    let tiles = band.tiles(geometry);
    let [dy_pitch, x_pitch] = shape.map(|count| pitch(count.div_ceil(V::LANES), tiles, V::LANES));
    let (spread, scratch) = scratch.split_at_mut(A * A * dy_pitch);
    let (inputs, padded) = scratch.split_at_mut(A * A * x_pitch);
    let columns = geometry.tiles()[1];
    let x_maps = Maps {
        values: x,
        channels,
        size: geometry.input,
        before: geometry.before,
        step: geometry.form.step(),
        columns,
    };
    x_maps.transform::<V, T, I, A>(&band.rows, padded, inputs, x_pitch);
    let dy_maps = Maps {
        values: dy,
        channels: outputs,
        size: geometry.output,
        before: [0; 2],
        step: M,
        ..x_maps
    };
    dy_maps.transform::<V, T, M, A>(&band.rows, padded, spread, dy_pitch);

    let pitch = sums_pitch(shape, V::LANES);
    assert_eq!(sums.len(), W * W * pitch, "winograd: room for the sums");
    let row = channels.next_multiple_of(V::LANES);
    let all = channels.div_ceil(V::LANES);
    let [outer_rows, outer_blocks] = V::WINOGRAD_OUTER;
    let groups = all.div_ceil(outer_blocks);
    let mut begun = [add; MOST_WEIGHTS];
    for f in 0..A * A {
        let weight = weight::<A, W>(f);
        let add = std::mem::replace(&mut begun[weight], true);
        for group in 0..groups {
            let first = group * all / groups;
            let count = (group + 1) * all / groups - first;
            let b = &inputs[f * x_pitch + first * tiles * V::LANES..][..count * tiles * V::LANES];
            for output in (0..outputs).step_by(outer_rows) {
                let (block, lane) = (output / V::LANES, output % V::LANES);
                let a = &spread[f * dy_pitch + block * tiles * V::LANES..][..tiles * V::LANES];
                let at = weight * pitch + output * row + first * V::LANES;
                let end = at + (outer_rows - 1) * row + count * V::LANES;
                let product = OverTiles {
                    a: a[lane..].as_ptr(),
                    tiles,
                    b: b.as_ptr(),
                    b_block: tiles * V::LANES,
                    out: sums[at..end].as_mut_ptr(),
                    out_row: row,
                    add,
                };
                // SAFETY: the operands were sliced to their sizes, and the rows of a tile, a divisor
                // of the lanes, end within the registers of their block; so do the rows of `sums`,
                // which has a row for every lane of every block of outputs.
                unsafe { product.run::<V>(count) };
            }
        }
    }
}

/// The gradient of the weights of some outputs, from the sums of several groups of bands.
pub(crate) struct WeightSums<'a> {
    pub(crate) form: Form,
    /// Output and input channels.
    pub(crate) shape: [usize; 2],
    /// One or several [`WeightGradient::len`] of sums, added in order.
    pub(crate) sums: &'a [f32],
    /// First output of `dw`.
    pub(crate) first: usize,
    /// Gradients `(O, C, R, R)` of some outputs.
    pub(crate) dw: &'a mut [f32],
}

impl WeightSums<'_> {
    pub(crate) fn run(self) {
        dispatch(self);
    }
}

impl Kernel for WeightSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let form = self.form;
        with_form!(form, collect::<V>(self), Form::Doubling => unplanned(form));
    }
}

/// How far ahead sums are asked for: more frequencies are read at once than any machine follows.
const SOON: usize = 64;

#[inline(always)]
fn collect<
    V: Vector,
    T: Linear<W, R>,
    const I: usize,
    const A: usize,
    const M: usize,
    const R: usize,
    const W: usize,
>(
    WeightSums { shape, sums, first, dw, .. }: WeightSums<'_>,
) {
    let [outputs, channels] = shape;
    let (pitch, area) = (sums_pitch(shape, V::LANES), R * R);
    let row = channels.next_multiple_of(V::LANES);
    let (mut total, mut taps) = ([0.0; MOST_WEIGHTS * 16], [0.0; 25 * 16]);
    for (output, dw) in dw.chunks_exact_mut(channels * area).enumerate() {
        assert!(first + output < outputs, "winograd: an output of the convolution");
        for channel in (0..channels).step_by(V::LANES) {
            for f in 0..W * W {
                let mut sum = V::splat(0.0);
                for part in sums.chunks_exact(W * W * pitch) {
                    let at = f * pitch + (first + output) * row + channel;
                    // SAFETY: first + output < outputs, so this register lies in the pitch.
                    sum = sum.add(unsafe { V::load(part.as_ptr().add(at)) });
                    prefetch(part.as_ptr().wrapping_add(at + SOON));
                }
                // SAFETY: register f < W · W ≤ MOST_WEIGHTS of at most 16 lanes.
                unsafe { sum.store(total.as_mut_ptr().add(f * V::LANES)) };
            }
            let grid = |side: usize| ((side * V::LANES).cast_signed(), V::LANES.cast_signed());
            // SAFETY: W · W ≤ MOST_WEIGHTS registers of `total` and `area` ≤ 25 of `taps`.
            unsafe {
                let (row, column) = grid(W);
                let from = Grid { first: total.as_ptr(), row, column };
                let (row, column) = grid(R);
                let into = Grid { first: taps.as_mut_ptr(), row, column };
                twice::<T, V, W, R>(from, into);
            }
            let count = (channels - channel).min(V::LANES);
            for tap in (0..area).step_by(V::LANES) {
                let rows = (area - tap).min(V::LANES);
                // SAFETY: `dw` holds `area` numbers for each of the channels up to channel + count.
                unsafe {
                    V::transpose(
                        (taps.as_ptr().add(tap * V::LANES), V::LANES),
                        [rows, count],
                        &mut Pitched {
                            first: dw.as_mut_ptr().add(channel * area + tap),
                            pitch: area,
                        },
                        rows,
                    );
                }
            }
        }
    }
}
