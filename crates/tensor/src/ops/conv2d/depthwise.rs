//! Convolution where every channel has its own kernel and nothing else: depthwise, at stride one.
//!
//! Such a convolution does so little with each number that it is bound by how often numbers are
//! moved; see `simd/sliding.rs` and `simd/rolling.rs` for what happens to a plane.
//!
//! - Forward: planes fall into chunks, whichever image they are of.
//! - Input gradient: the same with the taps in reverse and the border that is left.
//! - Weight gradient: channels fall into groups. Within one, images are added in order, a few of them
//!   in the lanes of registers, then in `f64`.

use super::Conv2d;
use crate::ops::{parallel, scratch};
use crate::simd::{Sliding, WIDEST};
use crate::{Tensor, Window};

/// Planes whose weight gradients are taken together: neighbours in memory for every image.
const CHANNELS: usize = 8;
/// Products that are added in `f32`, over all lanes, before the sum goes on in `f64`.
const IN_LANES: usize = 2048;

pub(super) fn forward(
    conv: &Conv2d,
    x: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
) -> Option<Tensor> {
    Some(convolve(conv, sliding(conv)?, x, w.as_slice(), bias.map(Tensor::as_slice)))
}

pub(super) fn backward_input(conv: &Conv2d, dy: &Tensor, w: &Tensor) -> Option<Tensor> {
    let Sliding { kernel, before, input, output } = sliding(conv)?;
    let before = [0, 1].map(|axis| kernel[axis] - 1 - before[axis]);
    let sliding = Sliding { kernel, before, input: output, output: input };
    let taps = w.as_slice().chunks_exact(kernel[0] * kernel[1]);
    let reversed: Vec<f32> = taps.flat_map(|taps| taps.iter().rev().copied()).collect();
    Some(convolve(conv, sliding, dy, &reversed, None))
}

pub(super) fn backward_weight(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Option<Tensor> {
    let sliding = sliding(conv)?;
    let ([batch, channels, ..], [_, _, height, width]) = (x.nchw(), dy.nchw());
    let (area, inputs) = (sliding.kernel[0] * sliding.kernel[1], conv.windows.input());
    let (inputs, outputs) = (inputs[0] * inputs[1], height * width);
    let images = IN_LANES.div_ceil(outputs);
    let mut dw = Tensor::stale(conv.weight_shape());
    let operations = (2 * area * outputs * CHANNELS * batch) as u64;
    let (x, dy) = (x.as_slice(), dy.as_slice());
    parallel::chunks(dw.as_mut_slice(), CHANNELS * area, operations, |group, dw| {
        let (first, count) = (group * CHANNELS, dw.len() / area);
        let mut totals = vec![0.0; dw.len()];
        scratch::with(sliding.room(), |room| {
            scratch::with(count * sliding.sums(), |sums| {
                room.fill(0.0);
                sums.fill(0.0);
                for n in 0..batch {
                    let plane = n * channels + first;
                    let x = &x[plane * inputs..][..count * inputs];
                    let dy = &dy[plane * outputs..][..count * outputs];
                    sliding.correlate((x, dy), channels, sums, room);
                    if (n + 1) % images == 0 || n + 1 == batch {
                        fold(sums, &mut totals);
                    }
                }
            });
        });
        dw.iter_mut().zip(totals).for_each(|(dw, total)| *dw = total as f32);
    });
    Some(dw)
}

/// Adds the sum of each register of `sums` to its total, and clears it.
fn fold(sums: &mut [f32], totals: &mut [f64]) {
    for (lanes, total) in sums.chunks_exact_mut(WIDEST).zip(totals) {
        let mut half = WIDEST / 2;
        while half > 0 {
            let (low, high) = lanes.split_at_mut(half);
            low.iter_mut().zip(&*high).for_each(|(low, high)| *low += high);
            half /= 2;
        }
        *total += f64::from(lanes[0]);
        lanes.fill(0.0);
    }
}

/// The window of a convolution that is depthwise and small enough.
fn sliding(conv: &Conv2d) -> Option<Sliding> {
    let Window { kernel, stride, dilation, before, .. } = conv.windows.window();
    let plain = stride == [1; 2] && dilation == [1; 2];
    let depthwise = conv.groups == conv.in_channels && conv.groups == conv.out_channels;
    let small = (0..2).all(|axis| kernel[axis] <= Sliding::KERNEL && before[axis] < kernel[axis]);
    let (input, output) = (conv.windows.input(), conv.output());
    (plain && depthwise && small).then_some(Sliding { kernel, before, input, output })
}

/// All planes of outputs from all planes `x`.
fn convolve(
    conv: &Conv2d,
    sliding: Sliding,
    x: &Tensor,
    taps: &[f32],
    bias: Option<&[f32]>,
) -> Tensor {
    let [batch, channels, ..] = x.nchw();
    let [inputs, outputs] = [sliding.input, sliding.output].map(|[rows, columns]| rows * columns);
    let mut y = Tensor::stale([batch, channels, sliding.output[0], sliding.output[1]]);
    let planes = 8 * sliding.together();
    let operations = 2 * conv.macs() / channels as u64 * planes as u64;
    let x = x.as_slice();
    parallel::chunks(y.as_mut_slice(), planes * outputs, operations, |chunk, y| {
        let first = chunk * planes;
        let x = &x[first * inputs..][..y.len() / outputs * inputs];
        scratch::with(sliding.room(), |room| {
            room.fill(0.0);
            sliding.convolve((x, first), taps, bias, y, room);
        });
    });
    y
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Shape;
    use crate::ops::conv2d::reference;

    /// Whole numbers from −4 to 4: with few of them every sum is exact in any order.
    fn numbers(shape: impl Into<Shape>, salt: usize) -> Tensor {
        Tensor::from_fn(shape, |i| ((i * 7919 + salt * 31) % 9) as f32 - 4.0)
    }

    fn depthwise(window: Window, channels: usize, input: [usize; 2]) -> Option<Conv2d> {
        Conv2d::fit(window, channels, channels, channels, input).ok()
    }

    fn assert_is_reference(conv: &Conv2d, batch: usize) {
        let maps = |[rows, columns]: [usize; 2], salt| {
            numbers([batch, conv.in_channels, rows, columns], salt)
        };
        let (x, dy) = (maps(conv.windows.input(), 1), maps(conv.output(), 2));
        let (w, bias) = (numbers(conv.weight_shape(), 3), numbers([conv.in_channels], 4));
        for bias in [Some(&bias), None] {
            let expected = reference::forward(conv, &x, &w, bias);
            assert_eq!(forward(conv, &x, &w, bias), Some(expected), "forward of {conv:?}");
        }
        let expected = reference::backward_input(conv, &dy, &w);
        assert_eq!(backward_input(conv, &dy, &w), Some(expected), "backward_input of {conv:?}");
        let expected = reference::backward_weight(conv, &x, &dy);
        assert_eq!(backward_weight(conv, &x, &dy), Some(expected), "backward_weight of {conv:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]
        #[test]
        fn depthwise_is_reference(
            kernel in [1_usize..6, 1..6],
            square in any::<bool>(),
            before in [0_usize..5, 0..5],
            after in [0_usize..7, 0..7],
            input in [1_usize..12, 1..40],
            channels in 1_usize..68,
            batch in 1_usize..10,
        ) {
            let kernel = if square { [kernel[0] / 2 * 2 + 1; 2] } else { kernel };
            let before = [0, 1].map(|axis| before[axis] % kernel[axis]);
            let window = Window { before, after, ..Window::new(kernel, [1; 2]) };
            if let Some(conv) = depthwise(window, channels, input) {
                // The reference takes a microsecond for a thousand of these.
                if conv.macs() * (batch as u64) < 1_000_000 {
                    assert_is_reference(&conv, batch);
                }
            }
        }
    }

    #[test]
    fn depthwise_is_reference_on_planes_of_every_kind() {
        let same = |size: usize| Window::new([size; 2], [1; 2]).padded([size / 2; 2]);
        for (size, channels, input, batch) in [
            (3, 128, [16, 16], 2),
            (3, 9, [7, 7], 17),
            (3, 67, [1, 1], 9),
            (5, 3, [1, 33], 9),
            (3, 2, [31, 700], 1),
            (5, 2, [31, 700], 1),
            (3, 3, [210, 20], 1),
            (1, 70, [5, 31], 3),
            // One register wide, or one and a bit, on every path.
            (3, 5, [1, 16], 3),
            (3, 5, [2, 8], 3),
            (3, 5, [9, 4], 3),
            (3, 3, [6, 9], 2),
            (3, 3, [4, 17], 2),
        ] {
            assert_is_reference(&depthwise(same(size), channels, input).expect("fits"), batch);
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let window = Window::square(3).padded([1, 1]);
        let window = Window { stride: [1; 2], ..window };
        let conv = depthwise(window, 67, [20, 20]).expect("fits");
        let (maps, w) = ([25, 67, 20, 20], conv.weight_shape());
        let rough = |shape: Shape, salt| numbers(shape, salt).map(|x| (x + 0.3) / 7.0);
        let (x, dy, w) = (rough(maps.into(), 1), rough(maps.into(), 2), rough(w, 3));
        let passes = || {
            let y = forward(&conv, &x, &w, None);
            (y, backward_input(&conv, &dy, &w), backward_weight(&conv, &x, &dy))
        };
        let under = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("threads start").install(passes)
        };
        let alone = under(1);
        for threads in [2, 3, 8] {
            assert!(under(threads) == alone, "{threads} threads");
        }
    }

    #[test]
    fn what_is_not_depthwise_is_left_to_others() {
        let same = Window::new([3, 3], [1; 2]).padded([1, 1]);
        let fits = |window, [c, o, groups]: [usize; 3]| {
            sliding(&Conv2d::fit(window, c, o, groups, [9, 9]).expect("fits")).is_some()
        };
        assert!(fits(same, [4, 4, 4]));
        assert!(!fits(same, [4, 8, 4]), "two outputs of each channel");
        assert!(!fits(same, [4, 4, 2]));
        assert!(!fits(same.dilated([2, 1]), [4, 4, 4]));
        assert!(!fits(Window { stride: [1, 2], ..same }, [4, 4, 4]));
        assert!(!fits(same.padded([3, 0]), [4, 4, 4]), "windows that lie outside");
        assert!(!fits(Window::new([6, 1], [1; 2]), [4, 4, 4]));
    }
}
