//! The mean of bilinear samples in every part of a box.
//!
//! A bilinear sample is a product of a weight per row and one per column, and samples lie on a grid:
//! so a part is a weighted sum of columns of a weighted sum of rows.

use super::{Roi, by_image, check, kernels};
use crate::ops::regions::fill_planes;
use crate::{Axis, Scalar, Tap, Tensor};

/// How [`roi_align`] samples its boxes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiAlign {
    /// Rows and columns of the grid.
    pub output: [usize; 2],
    /// Cells of the map for one unit of a box.
    pub scale: Scalar,
    /// Samples along each side of a part; `None` for about one per cell, `⌈length / parts⌉`.
    pub sampling_ratio: Option<usize>,
    /// Whether the centre of the first cell is at 0.5 instead of 0. Only then can a box be smaller
    /// than a cell.
    pub aligned: bool,
}

impl RoiAlign {
    /// Multiply-adds for one plane and one box: rows first, within the columns that the box reads.
    pub fn macs(&self, roi: &Roi, input: [usize; 2]) -> u64 {
        let [rows, columns] = [0, 1].map(|axis| self.axis(roi, axis, input[axis]));
        (rows.len() * columns.reach().len() + rows.output() * columns.len()) as u64
    }

    /// First coordinate, length of a part and samples of a part, along one axis of a box.
    pub(super) fn samples(&self, span: [Scalar; 2], axis: usize) -> (Scalar, Scalar, Scalar) {
        let shift = if self.aligned { 0.5 } else { 0.0 };
        let [start, end] = span.map(|x| x * self.scale - shift);
        let length = if self.aligned { end - start } else { (end - start).max(1.0) };
        let parts = self.output[axis] as Scalar;
        let grid = self.sampling_ratio.map_or((length / parts).ceil(), |ratio| ratio as Scalar);
        (start, length / parts, grid)
    }

    /// The weights of a box along one axis of a map.
    fn axis(&self, roi: &Roi, axis: usize, size: usize) -> Axis {
        let parts = self.output[axis];
        let Some(span) = roi.span(axis) else { return Axis::new(size, vec![Vec::new(); parts]) };
        let (start, part, grid) = self.samples(span, axis);
        let taps = |p: usize| {
            let base = start + p as Scalar * part;
            let mut taps: Vec<Tap> = Vec::new();
            let mut add = |at: usize, weight: Scalar| match taps.last_mut() {
                Some(tap) if tap.at == at => tap.weight += weight,
                _ => taps.push(Tap { at, weight }),
            };
            for s in inside(base, part, grid, size) {
                let position = base + (s as Scalar + 0.5) * part / grid;
                if let Some([(low, near), (high, far)]) = bilinear(position, size) {
                    add(low, near / grid);
                    add(high, far / grid);
                }
            }
            taps
        };
        Axis::new(size, (0..parts).map(taps))
    }
}

/// The samples that can lie inside the map or one cell around it.
fn inside(base: Scalar, part: Scalar, grid: Scalar, size: usize) -> std::ops::Range<usize> {
    if grid.is_nan() || grid < 1.0 {
        return 0..0;
    }
    let step = part / grid;
    if step <= 0.0 {
        return 0..grid as usize;
    }
    // One more on both sides than the exact bounds, which `bilinear` knows.
    let first = ((-1.0 - base) / step - 1.5).max(0.0);
    let end = ((size as Scalar - base) / step + 1.5).clamp(0.0, grid);
    first as usize..end as usize
}

/// The two cells around a position with their weights; `None` more than a cell outside the map.
pub(super) fn bilinear(position: Scalar, size: usize) -> Option<[(usize, Scalar); 2]> {
    if !(-1.0..=size as Scalar).contains(&position) {
        return None;
    }
    let position = position.max(0.0);
    let low = position as usize;
    if low + 1 >= size {
        return Some([(size - 1, 1.0), (size - 1, 0.0)]);
    }
    let far = position - low as Scalar;
    Some([(low, 1.0 - far), (low + 1, far)])
}

/// The mean of the samples in every part of every box: `x` `(N, C, H, W)` to `(boxes, C, OH, OW)`.
///
/// # Panics
/// When a box is in no image of `x`.
pub fn roi_align(x: &Tensor, rois: &[Roi], how: &RoiAlign) -> Tensor {
    check("roi_align", x, rois);
    let [_, channels, rows, columns] = x.nchw();
    let maps = maps(rois, how, [rows, columns]);
    let mut y = Tensor::stale([rois.len(), channels, how.output[0], how.output[1]]);
    let work = maps.iter().map(work).max().unwrap_or(0);
    fill_planes(&mut y, work, |plane, y| {
        let (roi, channel) = (plane / channels, plane % channels);
        let from = rois[roi].image * channels + channel;
        let area = rows * columns;
        kernels::sample(&maps[roi], &x.as_slice()[from * area..][..area], y);
    });
    y
}

/// `dx` of [`roi_align`] for `x` of this shape: its adjoint.
///
/// # Panics
/// When a box is in no image of `x`.
pub fn roi_align_backward(dy: &Tensor, rois: &[Roi], how: &RoiAlign, x: [usize; 4]) -> Tensor {
    let [_, channels, rows, columns] = dy.nchw();
    let outputs = rows * columns;
    let maps = maps(rois, how, [x[2], x[3]]);
    let of_image = by_image(rois, x[0]);
    let mut dx = Tensor::stale(x);
    let each = maps.iter().map(work).max().unwrap_or(0) * rois.len() / x[0].max(1);
    fill_planes(&mut dx, each, |plane, dx| {
        dx.fill(0.0);
        for &roi in &of_image[plane / channels] {
            let start = (roi * channels + plane % channels) * outputs;
            kernels::spread(&maps[roi], &dy.as_slice()[start..][..outputs], dx);
        }
    });
    dx
}

fn maps(rois: &[Roi], how: &RoiAlign, input: [usize; 2]) -> Vec<[Axis; 2]> {
    rois.iter().map(|roi| [0, 1].map(|axis| how.axis(roi, axis, input[axis]))).collect()
}

/// About how many numbers a box reads.
fn work([rows, columns]: &[Axis; 2]) -> usize {
    rows.len() * columns.input() + rows.output() * columns.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reference;
    use super::*;
    use crate::Seed;

    fn align(corners: [Scalar; 4], how: &RoiAlign) -> Vec<Scalar> {
        let x = Tensor::from_fn([1, 1, 4, 4], |i| i as Scalar);
        roi_align(&x, &[Roi { image: 0, corners }], how).into_vec()
    }

    #[test]
    fn a_sample_between_cells_is_their_bilinear_mean() {
        let how = RoiAlign { output: [1, 1], scale: 1.0, sampling_ratio: Some(1), aligned: false };
        // The middle of the box is (x, y) = (1.5, 2.0): between 9 and 10.
        assert_eq!(align([1.0, 1.0, 2.0, 3.0], &how), [9.5]);
        // Aligned, the cells' centres are at halves: (1.0, 1.5), between 5 and 9.
        assert_eq!(align([1.0, 1.0, 2.0, 3.0], &RoiAlign { aligned: true, ..how }), [7.0]);
    }

    #[test]
    fn boxes_that_lie_far_outside_cost_nothing_and_give_zero() {
        let how = RoiAlign { output: [1, 2], scale: 1.0, sampling_ratio: None, aligned: true };
        assert_eq!(align([1e20, 0.0, 2e20, 1.0], &how), [0.0, 0.0]);
        assert_eq!(align([0.0, 0.0, Scalar::INFINITY, 1.0], &how), [0.0, 0.0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn separable_sums_equal_samples_one_by_one_and_the_gradient_is_the_adjoint(
            size in (1_usize..8, 1_usize..20),
            output in (1_usize..4, 1_usize..4),
            boxes in prop::collection::vec(prop::array::uniform4(-4.0_f32..24.0), 1..4),
            ratio in prop::option::of(1_usize..4),
            aligned: bool,
            seed in 0_u64..100,
        ) {
            let mut stream = Seed(seed).stream("roi");
            let x = Tensor::normal([2, 2, size.0, size.1], 1.0, &mut stream);
            let rois: Vec<Roi> = boxes.iter().enumerate().map(|(i, corners)| {
                Roi { image: i % 2, corners: corners.map(Scalar::from) }
            }).collect();
            let output = [output.0, output.1];
            let how = RoiAlign { output, scale: 0.75, sampling_ratio: ratio, aligned };
            let y = roi_align(&x, &rois, &how);
            for (i, &y) in y.as_slice().iter().enumerate() {
                let expected = reference::one(&x, &rois, &how, i);
                prop_assert!((y - expected).abs() < 1e-4, "{y} {expected}");
            }
            let dy = Tensor::normal(y.shape(), 1.0, &mut stream);
            let dx = roi_align_backward(&dy, &rois, &how, x.nchw());
            let dot = |a: &Tensor, b: &Tensor| -> f64 {
                a.as_slice().iter().zip(b.as_slice()).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            };
            let [left, right] = [dot(&y, &dy), dot(&x, &dx)];
            prop_assert!((left - right).abs() < 1e-4 * left.abs().max(10.0), "{left} {right}");
        }
    }
}
