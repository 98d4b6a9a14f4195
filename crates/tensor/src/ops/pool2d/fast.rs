//! Pooling without branches in the inner loops.
//!
//! - Windows of 2x2 cells that tile the input are a case of their own.
//! - Other maxima are taken over the sheets of a convolution, bordered with −∞, where all cells of
//!   a window are a fixed distance away.
//! - Other averages are a convolution of every channel with ones, divided.
//!
//! Geometries with a window that lies wholly in the padding, and maxima over more than 255 cells, go
//! the way of the reference.

use super::axis::{Axis, axes, is_quarter};
use super::planes::{
    Divide, Divisors, GROUP, Max, MaxBack, NOBODY, QuarterAvg, QuarterAvgBack, QuarterMax,
    QuarterMaxBack,
};
use super::{Argmax, Divisor, max::Offsets, reference};
use crate::memory::Buffer;
use crate::ops::conv2d::{self, Reading};
use crate::ops::{parallel, scratch};
use crate::simd::dispatch;
use crate::{Tensor, Windows};

/// Cells of the largest window whose offsets leave a byte free to say that nobody won.
const LARGEST: usize = 255;

pub(super) fn max_pool(x: &Tensor, at: &Windows) -> (Tensor, Argmax) {
    let (Some(axes), ..=LARGEST) = (axes(at), at.window().area()) else {
        return reference::max_pool(x, at);
    };
    let [batch, channels, height, width] = x.nchw();
    let [rows, columns] = at.output();
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let mut winners = Buffer::stale(y.len());
    let (image, out, area) = (channels * height * width, channels * rows * columns, rows * columns);
    let operations = (2 * out * at.window().area()) as u64;
    let quarter = is_quarter(at);
    let reading = Reading::new(at, 1);
    let outputs = (y.as_mut_slice(), &mut *winners);
    parallel::pairs(outputs, [out, out], operations, |n, y, winners| {
        let x = &x.as_slice()[n * image..][..image];
        if !quarter {
            return max_of_image(x, at, &axes, &reading, y, winners);
        }
        let planes = y.chunks_exact_mut(area).zip(winners.chunks_exact_mut(area));
        for (x, (y, winners)) in x.chunks_exact(height * width).zip(planes) {
            dispatch(QuarterMax { x, width, y, winners, columns });
        }
    });
    (y, Argmax(Offsets::Narrow(winners)))
}

/// The maxima of one image over its sheets, bordered with −∞.
fn max_of_image(
    x: &[f32],
    at: &Windows,
    axes: &[Axis; 2],
    reading: &Reading,
    y: &mut [f32],
    winners: &mut [u8],
) {
    let Reading { sheets, rows: taps, width } = reading;
    let [rows, columns] = at.output();
    let area = rows * columns;
    let (len, padded) = (sheets.channel_len(), width.next_multiple_of(GROUP));
    let mut of_sheet = vec![0; padded];
    scratch::with(y.len() / area * len + GROUP, |filled| {
        sheets.fill(x, at.input(), filled, f32::NEG_INFINITY);
        scratch::with(padded, |best| {
            let planes = y.chunks_exact_mut(area).zip(winners.chunks_exact_mut(area));
            for (channel, (y, winners)) in planes.enumerate() {
                let (sheet, starts) = (&filled[channel * len..], taps.starts());
                dispatch(Max { sheet, starts, best, winners: &mut of_sheet });
                let outputs = y.chunks_exact_mut(columns).zip(winners.chunks_exact_mut(columns));
                for (i, (y, winners)) in outputs.enumerate() {
                    y.copy_from_slice(&best[i * sheets.pitch..][..columns]);
                    winners.copy_from_slice(&of_sheet[i * sheets.pitch..][..columns]);
                    if winners.contains(&NOBODY) {
                        let above = axes[0].first[i] * axes[1].taps;
                        for (winner, first) in winners.iter_mut().zip(&axes[1].first) {
                            if *winner == NOBODY {
                                *winner = (above + first) as u8;
                            }
                        }
                    }
                }
            }
        });
    });
}

pub(super) fn max_pool_backward(dy: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    let (Some(_), Offsets::Narrow(winners)) = (axes(at), &argmax.0) else {
        return reference::max_pool_backward(dy, argmax, at);
    };
    let [batch, channels, rows, columns] = dy.nchw();
    let [height, width] = at.input();
    let mut dx = Tensor::stale([batch, channels, height, width]);
    let (image, out) = (channels * height * width, channels * rows * columns);
    let window = at.window();
    let mut places = [0; 256];
    for (offset, place) in places.iter_mut().enumerate().take(window.area()) {
        let (u, v) = (offset / window.kernel[1], offset % window.kernel[1]);
        *place = u * window.dilation[0] * width + v * window.dilation[1];
    }
    let quarter = is_quarter(at);
    parallel::chunks(dx.as_mut_slice(), image, (image + 4 * out) as u64, |n, dx| {
        let area = rows * columns;
        let dy = dy.as_slice()[n * out..][..out].chunks_exact(area);
        let winners = winners[n * out..][..out].chunks_exact(area);
        for (dx, (dy, winners)) in dx.chunks_exact_mut(height * width).zip(dy.zip(winners)) {
            if quarter {
                dispatch(QuarterMaxBack { dy, winners, dx, width, columns });
            } else {
                dispatch(MaxBack { dy, winners, dx, at, places: &places });
            }
        }
    });
    dx
}

pub(super) fn avg_pool(x: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    let Some(axes) = axes(at) else { return reference::avg_pool(x, at, divisor) };
    let [batch, channels, height, width] = x.nchw();
    let [rows, columns] = at.output();
    let [of_rows, of_columns] = divisors(&axes, divisor);
    if !is_quarter(at) {
        let sums = conv2d::window_sums(x, at);
        return divided(&sums, Divisors { rows: &of_rows, columns: &of_columns });
    }
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let (image, out) = (channels * height * width, channels * rows * columns);
    parallel::chunks(y.as_mut_slice(), out, image as u64, |n, y| {
        let x = x.as_slice()[n * image..][..image].chunks_exact(height * width);
        for (x, y) in x.zip(y.chunks_exact_mut(rows * columns)) {
            // Every window is whole, so all divisors are the same.
            let divisor = of_rows[0] * of_columns[0];
            dispatch(QuarterAvg { x, width, y, columns, divisor });
        }
    });
    y
}

pub(super) fn avg_pool_backward(dy: &Tensor, at: &Windows, divisor: Divisor) -> Tensor {
    let Some(axes) = axes(at) else { return reference::avg_pool_backward(dy, at, divisor) };
    let [batch, channels, rows, columns] = dy.nchw();
    let [height, width] = at.input();
    let [of_rows, of_columns] = divisors(&axes, divisor);
    if !is_quarter(at) {
        let shares = divided(dy, Divisors { rows: &of_rows, columns: &of_columns });
        return conv2d::window_sums_backward(&shares, at);
    }
    let mut dx = Tensor::stale([batch, channels, height, width]);
    let (image, out) = (channels * height * width, channels * rows * columns);
    parallel::chunks(dx.as_mut_slice(), image, image as u64, |n, dx| {
        let dy = dy.as_slice()[n * out..][..out].chunks_exact(rows * columns);
        for (dx, dy) in dx.chunks_exact_mut(height * width).zip(dy) {
            let divisor = of_rows[0] * of_columns[0];
            dispatch(QuarterAvgBack { dy, dx, width, columns, divisor });
        }
    });
    dx
}

/// Every plane of `from` divided.
fn divided(from: &Tensor, divisors: Divisors) -> Tensor {
    let mut into = Tensor::stale(from.shape());
    let area = divisors.rows.len() * divisors.columns.len();
    let planes = from.as_slice();
    parallel::chunks(into.as_mut_slice(), area, area as u64, |plane, into| {
        dispatch(Divide { from: &planes[plane * area..][..area], into, divisors });
    });
    into
}

/// The factors of every divisor.
fn divisors(axes: &[super::axis::Axis; 2], divisor: Divisor) -> [Vec<f32>; 2] {
    let [mut rows, columns] = [0, 1].map(|axis| axes[axis].divisors(divisor));
    if let Divisor::Fixed(count) = divisor {
        rows.fill(count as f32);
    }
    [rows, columns]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Rounding, Window};

    fn windows() -> impl Strategy<Value = Windows> {
        let geometry = (
            ([1_usize..5, 1..5], [1_usize..5, 1..5], [1_usize..3, 1..3]),
            ([0_usize..3, 0..3], [0_usize..3, 0..3], [1_usize..14, 1..24]),
            (any::<bool>(), 0_u8..4),
        );
        geometry.prop_filter_map("does not fit", |(steps, sizes, (ceil, quarter))| {
            let ((kernel, stride, dilation), (before, after, input)) = (steps, sizes);
            let rounding = if ceil { Rounding::Ceil } else { Rounding::Floor };
            let window = Window { kernel, stride, before, after, dilation, rounding };
            let window = if quarter == 0 { Window::square(2) } else { window };
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
}
