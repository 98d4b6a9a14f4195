//! The outputs of one band of tiles.

use std::ops::Range;

use super::maps::{Maps, padded_len};
use super::products::{LINES, OverChannels};
use super::transforms::{
    Doubling, FourOfThree, Grid, Halving, Linear, ThreeOfFive, TwoOfFive, TwoOfThree, twice,
};
use super::weights::{blocks, group_pitch};
use super::{Band, Form, Geometry, Weights, lanes, pitch, weight, with_form};
use crate::simd::{Ahead, Kernel, PartsOf, Vector, dispatch};

/// Numbers of the products that are held at once, where they are more than one group's.
const PRODUCTS: usize = 48 << 10;

/// The convolution of one band of tiles into some groups of output channels.
pub(crate) struct Forward<'a, 'y> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) weights: Weights<'a>,
    pub(crate) band: &'a Band,
    /// The images of the band, whole.
    pub(crate) x: &'a [f32],
    /// Groups of [`Weights`] to compute.
    pub(crate) groups: Range<usize>,
    /// The rows of the band in the output planes of these groups, image by image.
    pub(crate) y: &'a mut [&'y mut [f32]],
    /// One number per output channel of the convolution.
    pub(crate) bias: Option<&'a [f32]>,
    /// Whether negative outputs become zero.
    pub(crate) relu: bool,
    /// At least [`Forward::scratch`] numbers.
    pub(crate) scratch: &'a mut [f32],
}

/// How the scratch memory of a band is divided.
struct Division {
    tiles: usize,
    /// Blocks of outputs whose products are held at once.
    together: usize,
    inputs: usize,
    products: usize,
    padded: usize,
    outputs: usize,
}

impl Division {
    #[inline(always)]
    fn new(geometry: &Geometry, band: &Band, [outputs, depth]: [usize; 2], lanes: usize) -> Self {
        let (form, tile) = (geometry.form, geometry.form.tile());
        let (tiles, columns) = (band.tiles(geometry), geometry.tiles()[1]);
        let frequencies = form.frequencies();
        // A group may have two blocks.
        let together = (PRODUCTS / (frequencies * tiles * lanes)).max(2);
        let together = together.min(outputs.div_ceil(lanes));
        let cells = band.rows.len() * columns * tile * tile * lanes;
        Self {
            tiles,
            together,
            inputs: frequencies * pitch(depth.div_ceil(lanes), tiles, lanes),
            products: frequencies * pitch(together, tiles, lanes),
            padded: padded_len(band.rows.len(), columns, form.step(), form.window(), lanes),
            outputs: cells,
        }
    }

    fn len(&self) -> usize {
        self.inputs + self.products + self.padded.max(self.outputs)
    }
}

impl Forward<'_, '_> {
    /// Numbers of scratch memory that a band takes, for a convolution of `depth` into `outputs`.
    pub(crate) fn scratch(geometry: &Geometry, band: &Band, shape: [usize; 2]) -> usize {
        Division::new(geometry, band, shape, lanes()).len()
    }

    pub(crate) fn run(self) {
        dispatch(self);
    }
}

impl Kernel for Forward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let form = self.geometry.form;
        with_form!(form, forward::<V>(self));
    }
}

#[inline(always)]
fn forward<
    V: Vector,
    T: Linear<I, A> + Linear<A, M>,
    const I: usize,
    const A: usize,
    const M: usize,
    const R: usize,
    const W: usize,
>(
    this: Forward<'_, '_>,
) {
    let Forward { geometry, weights, band, x, groups, y, bias, relu, scratch } = this;
    let Weights { packed, outputs, depth, .. } = weights;
    let division = Division::new(geometry, band, [outputs, depth], V::LANES);
    let (inputs, scratch) = scratch.split_at_mut(division.inputs);
    let (products, scratch) = scratch.split_at_mut(division.products);
    let tiles = division.tiles;

    let input_pitch = pitch(depth.div_ceil(V::LANES), tiles, V::LANES);
    let maps = Maps {
        values: x,
        channels: depth,
        size: geometry.input,
        before: geometry.before,
        step: geometry.form.step(),
        columns: geometry.tiles()[1],
    };
    maps.transform::<V, T, I, A>(&band.rows, scratch, inputs, input_pitch);

    let all = outputs.div_ceil(V::LANES);
    let product_pitch = pitch(division.together, tiles, V::LANES);
    let first_block = blocks(all, groups.start).start;
    let planes = y.len() / band.images;
    let packed_len = |groups: Range<usize>| -> usize {
        groups.map(|group| W * W * group_pitch(blocks(all, group).len(), depth, V::LANES)).sum()
    };
    let mut packed_before = packed_len(0..groups.start);
    let mut group = groups.start;
    while group < groups.end {
        // As many groups as have room, at least one.
        let start = blocks(all, group).start;
        let mut end = group + 1;
        while end < groups.end && blocks(all, end).end - start <= division.together {
            end += 1;
        }
        let stop = blocks(all, end - 1).end;
        let inner = stop - start;
        assert!(
            inner <= division.together && products.len() >= A * A * product_pitch,
            "winograd: room for the products"
        );
        for f in 0..A * A {
            let (of_this, of_next) = (weight::<A, W>(f), weight::<A, W>(f + 1));
            let mut offset = packed_before;
            for group in group..end {
                let of_group = blocks(all, group);
                let (first, count) = (of_group.start, of_group.len());
                let b = offset + of_this * group_pitch(count, depth, V::LANES);
                let b = &packed[b..][..depth * count * V::LANES];
                // The weights that follow in this loop: of the next group, or of the next frequency.
                let each = group_pitch(count, depth, V::LANES);
                let next = if first + count < stop {
                    offset + (W * W + of_this) * each
                } else {
                    packed_before + of_next * each
                };
                let next = packed.get(next..).unwrap_or(&[]);
                let mut ahead = Ahead::default().and(&next[..next.len().min(b.len())]);
                let panels = tiles.div_ceil(V::WINOGRAD_ROWS);
                for panel in 0..panels {
                    let tile = panel * tiles / panels;
                    let rows = (panel + 1) * tiles / panels - tile;
                    let a = &inputs[f * input_pitch + tile * V::LANES..(f + 1) * input_pitch];
                    let out = f * product_pitch + ((first - start) * tiles + tile) * V::LANES;
                    let product = OverChannels {
                        a: a.as_ptr(),
                        a_block: tiles * V::LANES,
                        depth,
                        b: b.as_ptr(),
                        out: products[out..(f + 1) * product_pitch].as_mut_ptr(),
                        out_block: tiles * V::LANES,
                        ahead: ahead.lines(LINES * depth.div_ceil(V::LANES)),
                    };
                    // SAFETY: rows ≤ WINOGRAD_ROWS as the panels are dealt out evenly; tile + rows ≤
                    // tiles, so all blocks of channels of `inputs` (as `Maps` asserted) and of
                    // `products` (as asserted above) have these rows; `b` was sliced to its size.
                    unsafe { product.run::<V>(rows, count) };
                }
                offset += W * W * group_pitch(count, depth, V::LANES);
            }
        }
        packed_before += packed_len(group..end);
        for block in start..stop {
            let channel = block * V::LANES;
            let rows = geometry.output_rows(&band.rows);
            let outputs = Outputs {
                products: &products[(block - start) * tiles * V::LANES..],
                pitch: product_pitch,
                rows: band.rows.len(),
                columns: geometry.tiles()[1],
                size: [rows.len(), geometry.output[1]],
                bias: bias.map(|bias| &bias[channel..]),
                relu,
                channels: (outputs - channel).min(V::LANES),
            };
            let first = (block - first_block) * V::LANES;
            for image in 0..band.images {
                let y = &mut y[image * planes + first..][..outputs.channels];
                outputs.write::<V, T, A, M>(image, scratch, y);
            }
        }
        group = end;
    }
}

/// The products of one block of output channels.
struct Outputs<'a> {
    products: &'a [f32],
    pitch: usize,
    /// Rows and columns of tiles.
    rows: usize,
    columns: usize,
    /// Rows and columns of outputs.
    size: [usize; 2],
    bias: Option<&'a [f32]>,
    relu: bool,
    channels: usize,
}

impl Outputs<'_> {
    /// Transforms the tiles of one image and turns them into planes.
    #[inline(always)]
    fn write<V: Vector, T: Linear<A, M>, const A: usize, const M: usize>(
        &self,
        image: usize,
        cells: &mut [f32],
        y: &mut [&mut [f32]],
    ) {
        let [height, width] = self.size;
        let area = height * width;
        let pitch = self.columns * M;
        let first = image * self.rows * self.columns;
        let last = first + self.rows * self.columns - 1;
        assert!(
            self.products.len() >= (A * A - 1) * self.pitch + (last + 1) * V::LANES
                && self.rows * M >= height
                && pitch >= width
                && cells.len() >= self.rows * M * pitch * V::LANES
                && y.len() == self.channels
                && y.iter().all(|plane| plane.len() == area),
            "winograd: room for the outputs"
        );
        for row in 0..self.rows {
            for column in 0..self.columns {
                let tile = first + row * self.columns + column;
                // SAFETY: the assertion allows for the last tile of the last frequency; the tile's
                // outputs are in the rows · M by columns · M registers of `cells`.
                unsafe {
                    let from = Grid {
                        first: self.products.as_ptr().add(tile * V::LANES),
                        row: (A * self.pitch).cast_signed(),
                        column: self.pitch.cast_signed(),
                    };
                    let cell = (row * pitch + column) * M * V::LANES;
                    let into = Grid {
                        first: cells.as_mut_ptr().add(cell),
                        row: (pitch * V::LANES).cast_signed(),
                        column: V::LANES.cast_signed(),
                    };
                    twice::<T, V, A, M>(from, into);
                }
            }
        }
        // Rows that follow each other without a gap are turned as one.
        let (runs, length) = if pitch == width { (1, area) } else { (height, width) };
        for run in 0..runs {
            for at in (0..length).step_by(V::LANES) {
                let count = (length - at).min(V::LANES);
                let mut lines = PartsOf { slices: &mut *y, at: run * width + at };
                // SAFETY: the cells of a run are in `cells`, as rows · M ≥ height and pitch ≥ width;
                // every one of `channels` planes has `area` numbers.
                unsafe {
                    V::transpose(
                        (cells.as_ptr().add((run * pitch + at) * V::LANES), V::LANES),
                        [count, self.channels],
                        &mut lines,
                        count,
                    );
                }
            }
        }
        if self.bias.is_none() && !self.relu {
            return;
        }
        let floor = if self.relu { 0.0 } else { f32::NEG_INFINITY };
        for (channel, y) in y.iter_mut().enumerate() {
            let bias = self.bias.map_or(0.0, |bias| bias[channel]);
            for y in &mut **y {
                let value = *y + bias;
                *y = if value < floor { floor } else { value };
            }
        }
    }
}
