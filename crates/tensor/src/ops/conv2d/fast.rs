//! Convolution as products with shifted sheets; see `sheets.rs` for the layout.
//!
//! - Forward: `y = w · shifts of x`. One image at a time, so its sheets stay in the cache.
//! - Input gradient: with stride `s` the input cells of one phase see only the taps of that phase,
//!   and `∂x = wᵀ · shifts of ∂y` with the taps in reverse.
//! - Weight gradient: dot products of the rows of `∂y` with shifted rows of `x`. Images are summed
//!   in chunks whose size depends on the shapes only, and the chunks are added in order.

use super::Conv2d;
use super::reading::Reading;
use super::scattering::Scattering;
use super::sheets::{Sheets, crop, whole};
use crate::Tensor;
use crate::ops::{parallel, scratch};
use crate::simd::{Dots, Panels, Product};

/// Images whose weight gradients are summed before they are added: at most this many chunks.
const CHUNKS: usize = 16;
/// Numbers in the partial sums of all chunks, where more than two chunks would exceed it.
const PARTIAL: usize = 1 << 20;
/// Numbers in the sheets of images that are worked on together, where this leaves the next.
const TOGETHER: usize = 1 << 16;
/// Terms of every sum that are added before its lanes are: fewer, and adding lanes takes longer.
const TERMS: usize = 2048;

pub(super) fn forward(conv: &Conv2d, x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let [batch, ..] = x.nchw();
    let (input, output) = (conv.windows.input(), conv.output());
    let reading = Reading::new(&conv.windows, conv.in_channels / conv.groups);
    let (per_group, out_per_group) = conv.per_group();
    let depth = reading.rows.len();
    let panels: Vec<Panels> = w
        .as_slice()
        .chunks_exact(out_per_group * depth)
        .map(|w| Panels::pack(out_per_group, depth, |o, k| w[o * depth + k]))
        .collect();
    let mut y = Tensor::stale([batch, conv.out_channels, output[0], output[1]]);
    let (sheets, width) = (&reading.sheets, reading.width);
    let direct = sheets.pitch == output[1];
    let plain = sheets.is_plain(input);
    let plane = pitch_of_planes(width);
    let (in_len, out_len) = (conv.in_channels * input[0] * input[1], y.len() / batch.max(1));
    parallel::chunks(y.as_mut_slice(), out_len, 2 * conv.macs(), |n, y| {
        let x = &x.as_slice()[n * in_len..][..in_len];
        let sheets_len = if plain { 0 } else { conv.in_channels * sheets.channel_len() };
        let computed_len = if direct { 0 } else { out_per_group * plane };
        scratch::with(sheets_len, |filled| {
            if !plain {
                sheets.fill(x, input, filled, 0.0);
            }
            let b = if plain { x } else { &*filled };
            scratch::with(computed_len, |computed| {
                for (group, y) in y.chunks_exact_mut(out_len / conv.groups).enumerate() {
                    let init =
                        bias.map(|bias| &bias.as_slice()[group * out_per_group..][..out_per_group]);
                    let b = &b[group * per_group * sheets.channel_len()..];
                    let product = |out, pitch| Product {
                        a: &panels[group],
                        b,
                        rows: &reading.rows,
                        init,
                        out,
                        pitch,
                        width,
                    };
                    if direct {
                        product(y, width).run();
                    } else {
                        product(&mut *computed, plane).run();
                        crop(computed, plane, sheets.pitch, output.map(whole), y, output);
                    }
                }
            });
        });
    });
    y
}

pub(super) fn backward_input(conv: &Conv2d, dy: &Tensor, w: &Tensor) -> Tensor {
    let [batch, ..] = dy.nchw();
    let (input, output) = (conv.windows.input(), conv.output());
    let (per_group, out_per_group) = conv.per_group();
    let scattering = Scattering::new(conv, w);
    let sheets = &scattering.sheets;
    let plain = sheets.is_plain(output);
    let area = input[0] * input[1];
    let mut dx = Tensor::stale([batch, conv.in_channels, input[0], input[1]]);
    let (in_len, out_len) = (conv.in_channels * area, conv.out_channels * output[0] * output[1]);
    let widest = scattering.phases.iter().map(|phase| pitch_of_planes(phase.width)).max();
    let computed_len = per_group * widest.unwrap_or(0);
    parallel::chunks(dx.as_mut_slice(), in_len, 2 * conv.macs(), |n, dx| {
        let dy = &dy.as_slice()[n * out_len..][..out_len];
        if scattering.leaves_gaps {
            dx.fill(0.0);
        }
        let sheets_len = if plain { 0 } else { conv.out_channels * sheets.channel_len() };
        scratch::with(sheets_len, |filled| {
            if !plain {
                sheets.fill(dy, output, filled, 0.0);
            }
            let b = if plain { dy } else { &*filled };
            scratch::with(computed_len, |computed| {
                for (group, dx) in dx.chunks_exact_mut(per_group * area).enumerate() {
                    let b = &b[group * out_per_group * sheets.channel_len()..];
                    for phase in &scattering.phases {
                        let width = phase.width;
                        let plane = pitch_of_planes(width);
                        let (a, rows) = (&phase.panels[group], &phase.rows);
                        let direct = phase.spans == input.map(whole) && sheets.pitch == input[1];
                        let product =
                            |out, pitch| Product { a, b, rows, init: None, out, pitch, width };
                        if direct {
                            product(dx, width).run();
                        } else {
                            product(&mut *computed, plane).run();
                            crop(computed, plane, sheets.pitch, phase.spans, dx, input);
                        }
                    }
                }
            });
        });
    });
    dx
}

pub(super) fn backward_weight(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Tensor {
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
    images: std::ops::Range<usize>,
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

impl Conv2d {
    /// Input and output channels of one group.
    pub(super) fn per_group(&self) -> (usize, usize) {
        (self.in_channels / self.groups, self.out_channels / self.groups)
    }
}

/// Distance between computed planes of `width` numbers: not a multiple of 4 KB, where the rows of
/// a tile would compete for the same cache lines.
fn pitch_of_planes(width: usize) -> usize {
    let pitch = width.next_multiple_of(16);
    if pitch.is_multiple_of(256) { pitch + 16 } else { pitch }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Window;
    use crate::ops::conv2d::reference;

    /// Whole numbers from −4 to 4: with few of them every sum is exact in any order.
    fn numbers(shape: impl Into<crate::Shape>, salt: usize) -> Tensor {
        Tensor::from_fn(shape, |i| ((i * 7919 + salt * 31) % 9) as f32 - 4.0)
    }

    fn assert_fast_is_reference(conv: &Conv2d, batch: usize) {
        let [rows, columns] = conv.windows.input();
        let x = numbers([batch, conv.in_channels, rows, columns], 1);
        let w = numbers(conv.weight_shape(), 2);
        let bias = numbers([conv.out_channels], 3);
        let [rows, columns] = conv.output();
        let dy = numbers([batch, conv.out_channels, rows, columns], 4);
        let same = |fast: Tensor, expected: Tensor, pass: &str| {
            assert_eq!(fast.shape(), expected.shape());
            let mut pairs = fast.as_slice().iter().zip(expected.as_slice());
            let differing = pairs.position(|(fast, expected)| (fast - expected).abs() > 0.0);
            assert_eq!(differing, None, "{pass} of {conv:?}, batch {batch}");
        };
        let bias = Some(&bias);
        same(forward(conv, &x, &w, bias), reference::forward(conv, &x, &w, bias), "forward");
        same(forward(conv, &x, &w, None), reference::forward(conv, &x, &w, None), "no bias");
        let expected = reference::backward_input(conv, &dy, &w);
        same(backward_input(conv, &dy, &w), expected, "backward_input");
        let expected = reference::backward_weight(conv, &x, &dy);
        same(backward_weight(conv, &x, &dy), expected, "backward_weight");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]
        #[test]
        fn fast_is_reference(
            kernel in [1_usize..5, 1..5],
            stride in [1_usize..4, 1..4],
            dilation in [1_usize..4, 1..4],
            before in [0_usize..5, 0..5],
            after in [0_usize..4, 0..4],
            input in [1_usize..14, 1..14],
            groups in 1_usize..4,
            per_group in [1_usize..6, 1..6],
            batch in 1_usize..4,
        ) {
            let window = Window { before, after, dilation, ..Window::new(kernel, stride) };
            let [c, o] = per_group.map(|count| count * groups);
            if let Ok(conv) = Conv2d::fit(window, c, o, groups, input) {
                assert_fast_is_reference(&conv, batch);
            }
        }
    }

    #[test]
    fn fast_is_reference_on_layers_as_they_occur() {
        let same = |size: usize| Window::new([size; 2], [1; 2]).padded([size / 2; 2]);
        for (window, [c, o], groups, input, batch) in [
            (same(3), [1, 8], 1, [28, 28], 18),
            (same(3), [8, 17], 1, [14, 14], 9),
            (same(3), [67, 5], 1, [7, 9], 2),
            (same(5), [3, 20], 1, [14, 11], 2),
            (same(3), [12, 12], 12, [9, 16], 3),
            (Window::square(2), [20, 20], 1, [14, 14], 3),
            (Window::square(1), [33, 18], 1, [1, 19], 3),
            (Window::new([3, 3], [2, 2]).padded([1, 1]), [5, 7], 1, [15, 16], 2),
        ] {
            assert_fast_is_reference(
                &Conv2d::fit(window, c, o, groups, input).expect("fits"),
                batch,
            );
        }
    }

    #[test]
    fn an_empty_batch_has_empty_maps_and_no_weight_gradient() {
        let conv = Conv2d::fit(Window::square(2), 2, 3, 1, [4, 4]).expect("fits");
        let (x, dy) = (Tensor::zeros([0, 2, 4, 4]), Tensor::zeros([0, 3, 2, 2]));
        assert_eq!(forward(&conv, &x, &numbers(conv.weight_shape(), 0), None).dims(), [0, 3, 2, 2]);
        assert_eq!(backward_weight(&conv, &x, &dy), Tensor::zeros(conv.weight_shape()));
    }
}
