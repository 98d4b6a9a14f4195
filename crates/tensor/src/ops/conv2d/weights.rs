//! The weight gradient, by one of two forms.
//!
//! - From sixteen output channels on, `∂y` is turned so that the channels of one pixel are a vector,
//!   and every tap of `x`, read where it lies in the sheets, is spread and multiplied with it.
//! - For fewer, the lanes are pixels: dot products of the rows of `∂y` with shifted rows of `x`.
//!
//! The work is split over input channels, which share no sum, and where these are few over chunks of
//! images whose size depends on the shapes only; the chunks are added in order.

use std::ops::Range;

use super::Conv2d;
use super::reading::Reading;
use super::sheets::{Sheets, whole};
use crate::Tensor;
use crate::ops::{parallel, scratch};
use crate::simd::{Ahead, Area, Dots, Outer, Rows, Turn};

/// Output channels of a group from which they are the lanes.
const LANES: usize = 16;
/// Images whose weight gradients are summed before they are added: at most this many chunks.
const CHUNKS: usize = 16;
/// Numbers in the partial sums of all chunks, where more than two chunks would exceed it.
const PARTIAL: usize = 1 << 20;
/// Numbers in the sheets of images that are worked on together, where this leaves the next.
const TOGETHER: usize = 1 << 16;
/// Terms of every sum that are added before its lanes are: fewer, and adding lanes takes longer.
const TERMS: usize = 2048;
/// Pixels of `∂y` that are turned together: two registers of each fit the first-level cache.
const PIXELS: usize = 256;
/// Taps of one task: enough to make up for turning `∂y` in each.
const TAPS: usize = 256;
/// Tasks to split into.
const TASKS: usize = 8;

pub(super) fn backward_weight(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Tensor {
    if conv.per_group().1 >= LANES { by_channels(conv, x, dy) } else { by_pixels(conv, x, dy) }
}

/// The work of one task of the form whose lanes are output channels.
struct Task<'a> {
    conv: &'a Conv2d,
    reading: &'a Reading,
    group: usize,
    /// Input channels, counted over all groups.
    channels: Range<usize>,
}

fn by_channels(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Tensor {
    let [batch, ..] = x.nchw();
    let (per_group, out_per_group) = conv.per_group();
    let area = conv.windows.window().area();
    let blocks = per_group.div_ceil(TAPS.div_ceil(area));
    let block = per_group.div_ceil(blocks);
    let tasks = conv.groups * blocks;
    let lanes = out_per_group.next_multiple_of(LANES);
    // Partial sums of a task: taps by output channels.
    let len = block * area * lanes;
    let chunks = TASKS.div_ceil(tasks).min((PARTIAL / (tasks * len)).max(2));
    let images = batch.div_ceil(chunks).max(PIXELS.div_ceil(conv.output().iter().product())).max(1);
    let chunks = batch.div_ceil(images).max(1);
    let reading = Reading::new(&conv.windows, block);
    let operations = 2 * conv.macs() * images as u64 / tasks as u64;
    let mut dw = Tensor::stale(conv.weight_shape());
    scratch::with(chunks * tasks * len, |partial| {
        parallel::chunks(partial, len, operations, |i, partial| {
            partial.fill(0.0);
            let (chunk, task) = (i / tasks, i % tasks);
            let (group, first) = (task / blocks, task % blocks * block);
            let channels =
                group * per_group + first..group * per_group + per_group.min(first + block);
            let images = chunk * images..batch.min((chunk + 1) * images);
            Task { conv, reading: &reading, group, channels }.add(x, dy, images, lanes, partial);
        });
        let (sum, others) = partial.split_at_mut(tasks * len);
        for partial in others.chunks_exact(tasks * len) {
            sum.iter_mut().zip(partial).for_each(|(sum, partial)| *sum += partial);
        }
        let groups = dw.as_mut_slice().chunks_exact_mut(out_per_group * per_group * area);
        for (into, from) in groups.zip(sum.chunks_exact(blocks * len)) {
            let (rows, columns) = (per_group * area, out_per_group);
            Turn { from, from_pitch: lanes, rows, columns, into, into_pitch: rows }.copy();
        }
    });
    dw
}

impl Task<'_> {
    /// Adds the gradient of these channels over some images to `out`: taps by `lanes` channels.
    fn add(&self, x: &Tensor, dy: &Tensor, images: Range<usize>, lanes: usize, out: &mut [f32]) {
        let Reading { sheets, rows, .. } = self.reading;
        let (input, output) = (self.conv.windows.input(), self.conv.output());
        let (out_per_group, plane) = (self.conv.per_group().1, output[0] * output[1]);
        let plain = sheets.is_plain(input);
        let x_len = self.conv.in_channels * input[0] * input[1];
        let (count, map) = (self.channels.len(), input[0] * input[1]);
        let taps = count * self.conv.windows.window().area();
        let rows = Rows::new(rows.starts()[..taps].to_vec());
        let together = (PIXELS / plane).max(1).min(images.len().max(1));
        // Rows of one image that are turned together.
        let high = (PIXELS / output[1]).clamp(1, output[0]);
        let pixels = together * high * output[1];
        let (strip, image) =
            (Outer::strip(), if plain { x_len } else { count * sheets.channel_len() });
        let strips = out_per_group.div_ceil(strip);
        let sheets_len = if plain { 0 } else { together * image };
        scratch::with(sheets_len, |filled| {
            scratch::with(strips * pixels * strip, |turned| {
                for first in images.clone().step_by(together) {
                    let some = first..images.end.min(first + together);
                    let x = &x.as_slice()[first * x_len + self.channels.start * map..];
                    if !plain {
                        let filled = filled.chunks_exact_mut(image).take(some.len());
                        for (n, filled) in filled.enumerate() {
                            sheets.fill(&x[n * x_len..][..count * map], input, filled, 0.0);
                        }
                    }
                    let a = if plain { x } else { &*filled };
                    // The same channels of the next image, and its ∂y.
                    let next = some.end..images.end.min(some.end + 1);
                    let dy_len = self.conv.out_channels * plane;
                    let ahead = next.fold(Ahead::default(), |ahead, n| {
                        let x = &x[(n - first) * x_len..][..count * map];
                        let o = self.group * out_per_group * plane;
                        ahead.and(x).and(&dy.as_slice()[n * dy_len + o..][..out_per_group * plane])
                    });
                    for row in (0..output[0]).step_by(high) {
                        let high = high.min(output[0] - row);
                        for s in 0..strips {
                            let into = &mut turned[s * pixels * strip..][..pixels * strip];
                            let o = self.group * out_per_group + s * strip;
                            let rows = strip.min(out_per_group - s * strip);
                            let columns = high * output[1];
                            for (n, into) in some.clone().zip(into.chunks_mut(columns * strip)) {
                                let from = &dy.as_slice()
                                    [(n * self.conv.out_channels + o) * plane + row * output[1]..];
                                Turn {
                                    from,
                                    from_pitch: plane,
                                    rows,
                                    columns,
                                    into,
                                    into_pitch: strip,
                                }
                                .copy();
                            }
                        }
                        let (lines, length) = if sheets.pitch == output[1] {
                            (1, high * output[1])
                        } else {
                            (high, output[1])
                        };
                        let starts = (0..some.len()).flat_map(|n| {
                            (row..row + lines).map(move |line| n * image + line * sheets.pitch)
                        });
                        Outer {
                            a,
                            rows: &rows,
                            lines: &Rows::new(starts.collect()),
                            length,
                            cell: 1,
                            b: turned,
                            pitch: strip,
                            strip: pixels * strip,
                            resume: true,
                            out: Area::new(out, taps, out_per_group, lanes),
                            ahead: if row == 0 { ahead.clone() } else { Ahead::default() },
                        }
                        .run();
                    }
                }
            });
        });
    }
}

fn by_pixels(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Tensor {
    let [batch, ..] = x.nchw();
    let mut dw = Tensor::zeros(conv.weight_shape());
    let len = dw.len();
    let chunks = CHUNKS.min((PARTIAL / len).max(2));
    let images = batch.div_ceil(chunks).max(TERMS.div_ceil(conv.output().iter().product()));
    if images >= batch {
        add_weight_gradient(conv, x, dy, 0..batch, dw.as_mut_slice());
        return dw;
    }
    scratch::with(batch.div_ceil(images) * len, |partial| {
        let operations = 2 * conv.macs() * images as u64;
        parallel::chunks(partial, len, operations, |chunk, partial| {
            partial.fill(0.0);
            let images = chunk * images..batch.min((chunk + 1) * images);
            add_weight_gradient(conv, x, dy, images, partial);
        });
        for partial in partial.chunks_exact(len) {
            for (dw, partial) in dw.as_mut_slice().iter_mut().zip(partial) {
                *dw += partial;
            }
        }
    });
    dw
}

/// Adds the weight gradient of some images to `dw`.
fn add_weight_gradient(
    conv: &Conv2d,
    x: &Tensor,
    dy: &Tensor,
    images: Range<usize>,
    dw: &mut [f32],
) {
    let (input, output) = (conv.windows.input(), conv.output());
    let (per_group, out_per_group) = conv.per_group();
    let Reading { sheets, rows, width } =
        Reading::new(&conv.windows, conv.in_channels / conv.groups);
    // The rows of ∂y get the pitch of the sheets, with zeros in the columns that are no outputs.
    let spread = Sheets::new(vec![output.map(whole)], output, sheets.pitch);
    let (plain_x, plain_dy) = (sheets.is_plain(input), spread.is_plain(output));
    let x_len = conv.in_channels * input[0] * input[1];
    let dy_len = conv.out_channels * output[0] * output[1];
    let x_sheets = conv.in_channels * sheets.channel_len();
    let dy_sheets = conv.out_channels * spread.len;
    let together =
        (TOGETHER / (x_sheets + dy_sheets)).max(TERMS.div_ceil(width)).min(images.len().max(1));
    let x = &x.as_slice()[images.start * x_len..images.end * x_len];
    let dy = &dy.as_slice()[images.start * dy_len..images.end * dy_len];
    let held = |plain: bool, len: usize| if plain { 0 } else { together * len };
    scratch::with(held(plain_x, x_sheets), |x_filled| {
        scratch::with(held(plain_dy, dy_sheets), |dy_filled| {
            for (x, dy) in x.chunks(together * x_len).zip(dy.chunks(together * dy_len)) {
                if !plain_x {
                    for (x, filled) in x.chunks(x_len).zip(x_filled.chunks_mut(x_sheets)) {
                        sheets.fill(x, input, filled, 0.0);
                    }
                }
                if !plain_dy {
                    for (dy, filled) in dy.chunks(dy_len).zip(dy_filled.chunks_mut(dy_sheets)) {
                        spread.fill(dy, output, filled, 0.0);
                    }
                }
                let a = if plain_dy { dy } else { &*dy_filled };
                let b = if plain_x { x } else { &*x_filled };
                for (group, out) in dw.chunks_exact_mut(out_per_group * rows.len()).enumerate() {
                    let first = group * out_per_group;
                    let a_rows: Vec<usize> =
                        (first..first + out_per_group).map(|o| o * spread.len).collect();
                    Dots {
                        a,
                        a_rows: &a_rows,
                        a_step: dy_sheets,
                        b: &b[group * per_group * sheets.channel_len()..],
                        b_rows: &rows,
                        b_step: x_sheets,
                        segments: x.len() / x_len,
                        length: width,
                        out,
                    }
                    .run();
                }
            }
        });
    });
}
