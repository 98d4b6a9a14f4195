//! Pooling without branches in the inner loops.
//!
//! Windows of 2x2 cells that tile the input are a case of their own, and so are those of two or three rows
//! and columns; all others look at rows that are dealt out for them. Geometries with a window that lies
//! wholly in the padding, and maxima over more than 256 cells, go the way of the reference.

use super::axis::{Axis, axes, is_quarter};
use super::back::{Back, Way};
use super::few::{Few, MaxOfFew, MeanOfFew};
use super::gather::Gathering;
use super::map::Maps;
use super::spread::Share;
use super::tasks::{Max, Mean, Sizes};
use super::{Argmax, Divisor, max::Offsets, reference};
use crate::memory::Buffer;
use crate::ops::{parallel, scratch};
use crate::simd::{WIDEST, dispatch};
use crate::{Tensor, Windows};

/// Cells of the largest window whose offsets fit into a byte.
const LARGEST: usize = 256;
/// Numbers that one task reads or writes, whichever are more.
const BLOCK: usize = 1 << 16;
/// What moving a number costs, in operations.
const MOVE: usize = 12;

pub(super) fn max_pool(x: &Tensor, at: &Windows) -> (Tensor, Argmax) {
    mapped_max_pool(x, Maps::Plain, at).unwrap_or_else(|| reference::max_pool(x, at))
}

pub(super) fn relu_max_pool(x: &Tensor, at: &Windows) -> (Tensor, Argmax) {
    mapped_max_pool(x, Maps::Rectified, at)
        .unwrap_or_else(|| reference::max_pool(&crate::relu(x.clone()), at))
}

/// The maxima of `max(scale · x + shift, 0)`, with a scale and a shift per channel; `None` for
/// windows that only the reference knows.
pub(crate) fn normalized_max_pool(
    x: &Tensor,
    scale: &[f32],
    shift: &[f32],
    at: &Windows,
) -> Option<(Tensor, Argmax)> {
    mapped_max_pool(x, Maps::Normalized { scale, shift }, at)
}

fn mapped_max_pool(x: &Tensor, maps: Maps, at: &Windows) -> Option<(Tensor, Argmax)> {
    let axes = axes(at).filter(|_| at.window().area() <= LARGEST)?;
    let [batch, channels, height, width] = x.nchw();
    let [rows, columns] = at.output();
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let mut winners = Buffer::stale(y.len());
    let sizes = Sizes::of(at, channels);
    let (together, operations) = task([height, width], [rows, columns], at, rows);
    let outputs = (y.as_mut_slice(), &mut *winners);
    if let Some(few) = Few::of_mapped(at, maps) {
        parallel::pairs(outputs, [together * columns; 2], operations, |nth, y, winners| {
            let (x, first) = (x.as_slice(), nth * together);
            dispatch(MaxOfFew { x, maps, sizes, few, first, y, winners });
        });
        return Some((y, Argmax(Offsets::Narrow(winners))));
    }
    let gathering = (!is_quarter(at)).then(|| Gathering::new(at, &axes[1]));
    parallel::pairs(outputs, [together * columns; 2], operations, |nth, y, winners| {
        let (x, first, gathering) = (x.as_slice(), nth * together, gathering.as_ref());
        scratch::with(gathering.map_or(0, Gathering::ring), |numbers| {
            dispatch(Max { x, maps, sizes, gathering, numbers, first, y, winners });
        });
    });
    Some((y, Argmax(Offsets::Narrow(winners))))
}

/// Rows of planes of `rows` rows that one task takes, and what it costs.
pub(super) fn task(
    [height, width]: [usize; 2],
    output: [usize; 2],
    at: &Windows,
    rows: usize,
) -> (usize, u64) {
    let plane = height * width + output[0] * output[1];
    let per_row = plane.div_ceil(rows);
    // Whole planes, or an even number of rows of one: then tiles are whole.
    let together = if plane <= BLOCK {
        BLOCK / plane * rows
    } else {
        (BLOCK / per_row).next_multiple_of(2).max(2)
    };
    let folding = at.window().area() * output[0] * output[1] / rows.max(1);
    (together, (together * (per_row * MOVE + folding)) as u64)
}

pub(super) fn max_pool_backward(dy: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    match (axes(at), &argmax.0) {
        (Some(_), Offsets::Narrow(winners)) => backward(dy, Share::Winner(winners), at),
        _ => reference::max_pool_backward(dy, argmax, at),
    }
}

pub(super) fn backward(dy: &Tensor, share: Share, at: &Windows) -> Tensor {
    let [batch, channels, ..] = dy.nchw();
    let [height, width] = at.input();
    let mut dx = Tensor::stale([batch, channels, height, width]);
    let sizes = Sizes::of(at, channels);
    let way = Way::new(at, share);
    let (together, operations) = task([height, width], at.output(), at, height);
    let together = together.next_multiple_of(way.whole(height));
    parallel::chunks(dx.as_mut_slice(), together * width, operations, |nth, dx| {
        let (dy, first, way) = (dy.as_slice(), nth * together, &way);
        scratch::with(way.room(), |numbers| {
            dispatch(Back { dy, share, sizes, way, numbers, first, dx });
        });
    });
    dx
}

pub(super) fn avg_pool(x: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    let Some(axes) = axes(at) else { return reference::avg_pool(x, at, divisor) };
    let [batch, channels, height, width] = x.nchw();
    let [rows, columns] = at.output();
    let [of_rows, of_columns] = divisors(&axes, divisor);
    let divisors = [of_rows.as_slice(), &of_columns];
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let sizes = Sizes::of(at, channels);
    let (together, operations) = task([height, width], [rows, columns], at, rows);
    if let Some(few) = Few::of(at) {
        parallel::chunks(y.as_mut_slice(), together * columns, operations, |nth, y| {
            let (x, first) = (x.as_slice(), nth * together);
            dispatch(MeanOfFew { x, sizes, few, divisors, first, y });
        });
        return y;
    }
    let gathering = (!is_quarter(at)).then(|| Gathering::new(at, &axes[1]));
    parallel::chunks(y.as_mut_slice(), together * columns, operations, |nth, y| {
        let (x, first, gathering) = (x.as_slice(), nth * together, gathering.as_ref());
        scratch::with(gathering.map_or(0, Gathering::ring), |numbers| {
            dispatch(Mean { x, sizes, gathering, numbers, divisors, first, y });
        });
    });
    y
}

pub(super) fn avg_pool_backward(dy: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    let Some(axes) = axes(at) else { return reference::avg_pool_backward(dy, at, divisor) };
    let [of_rows, of_columns] = reciprocals(&axes, divisor);
    backward(dy, Share::Even([&of_rows, &of_columns]), at)
}

/// The factors of every divisor, those of the columns as far as registers are read.
pub(super) fn divisors(axes: &[Axis; 2], divisor: Divisor) -> [Vec<f32>; 2] {
    let [mut rows, mut columns] = [0, 1].map(|axis| axes[axis].divisors(divisor));
    if let Divisor::Fixed(count) = divisor {
        rows.fill(count as f32);
    }
    columns.resize(columns.len().next_multiple_of(WIDEST), 1.0);
    [rows, columns]
}

/// One over each of the [`divisors`].
pub(super) fn reciprocals(axes: &[Axis; 2], divisor: Divisor) -> [Vec<f32>; 2] {
    divisors(axes, divisor).map(|factors| factors.into_iter().map(f32::recip).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Rounding, Window};

    fn windows() -> impl Strategy<Value = Windows> {
        let geometry = (
            ([1_usize..7, 1..7], [1_usize..5, 1..5], [1_usize..3, 1..3]),
            ([0_usize..3, 0..3], [0_usize..3, 0..3], [1_usize..14, 1..80]),
            (any::<bool>(), 0_u8..4),
        );
        geometry.prop_filter_map("does not fit", |(steps, sizes, (ceil, kind))| {
            let ((kernel, stride, dilation), (before, after, input)) = (steps, sizes);
            let rounding = if ceil { Rounding::Ceil } else { Rounding::Floor };
            let window = Window { kernel, stride, before, after, dilation, rounding };
            let window = match kind {
                0 => Window::square(2),
                1 => Window {
                    kernel: kernel.map(|side| 2 + side % 2),
                    stride: stride.map(|step| step.min(3)),
                    before: before.map(|before| before % 2),
                    after,
                    ..Window::square(3)
                },
                _ => window,
            };
            window.rounded(rounding).fit("pool", input).ok()
        })
    }

    /// Few values, so that there are ties, with the special ones among them.
    fn cells(shape: [usize; 4], special: bool) -> Tensor {
        Tensor::from_fn(shape, |i| match (i * 7919 + i / 7) % 11 {
            0 if special => f32::NAN,
            1 if special => f32::NEG_INFINITY,
            2 if special => f32::INFINITY,
            residue => residue as f32 - 5.0,
        })
    }

    fn bits(tensor: &Tensor) -> Vec<u32> {
        tensor.as_slice().iter().map(|x| if x.is_nan() { u32::MAX } else { x.to_bits() }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn fast_max_is_reference(
            at in windows(), batch in 1_usize..3, channels in 1_usize..4, special: bool,
        ) {
            let [[height, width], [rows, columns]] = [at.input(), at.output()];
            let x = cells([batch, channels, height, width], special);
            let (y, argmax) = max_pool(&x, &at);
            let (expected, winners) = reference::max_pool(&x, &at);
            prop_assert_eq!(bits(&y), bits(&expected));
            prop_assert_eq!(&argmax, &winners);
            let dy = cells([batch, channels, rows, columns], false);
            let dx = max_pool_backward(&dy, &argmax, &at);
            prop_assert_eq!(dx, reference::max_pool_backward(&dy, &argmax, &at));
        }

        #[test]
        fn fast_avg_is_reference(
            at in windows(), batch in 1_usize..3, channels in 1_usize..4, divisor in 0_usize..4,
        ) {
            let divisor = match divisor {
                0 => Divisor::CountPadding,
                1 => Divisor::RealCells,
                fixed => Divisor::Fixed(fixed),
            };
            let [[height, width], [rows, columns]] = [at.input(), at.output()];
            let x = cells([batch, channels, height, width], false);
            prop_assert_eq!(avg_pool(&x, &at, divisor), reference::avg_pool(&x, &at, divisor));
            let dy = cells([batch, channels, rows, columns], false);
            let fast = avg_pool_backward(&dy, &at, divisor);
            let expected = reference::avg_pool_backward(&dy, &at, divisor);
            // Shares are no whole numbers and are added in another order.
            for (fast, expected) in fast.as_slice().iter().zip(expected.as_slice()) {
                prop_assert!((fast - expected).abs() <= 1e-5, "{} {}", fast, expected);
            }
        }
    }

    #[test]
    fn fast_is_reference_on_planes_that_no_ring_holds_and_that_several_tasks_share() {
        for (window, input) in [
            (Window::square(2), [261, 301]),
            (Window::new([3, 3], [2, 2]).padded([1, 1]), [260, 303]),
            (Window::new([3, 3], [1, 1]).padded([0, 1]), [261, 270]),
            (Window::new([3, 5], [1, 3]).padded([1, 2]).dilated([2, 1]), [150, 300]),
        ] {
            let at = window.fit("pool", input).expect("fits");
            let x = cells([1, 2, input[0], input[1]], true);
            let (y, argmax) = max_pool(&x, &at);
            let (expected, winners) = reference::max_pool(&x, &at);
            assert_eq!((bits(&y), &argmax), (bits(&expected), &winners));
            let dy = cells([1, 2, at.output()[0], at.output()[1]], false);
            let dx = max_pool_backward(&dy, &argmax, &at);
            assert_eq!(dx, reference::max_pool_backward(&dy, &argmax, &at));
            let x = cells([1, 2, input[0], input[1]], false);
            let divisor = Divisor::Fixed(4);
            assert_eq!(avg_pool(&x, &at, divisor), reference::avg_pool(&x, &at, divisor));
            let dx = avg_pool_backward(&dy, &at, divisor);
            assert_eq!(dx, reference::avg_pool_backward(&dy, &at, divisor));
        }
    }
}
