//! The maximum of every part of a box.

use std::borrow::Cow;

use super::{Roi, by_image, check};
use crate::ops::regions::{fill_planes, largest};
use crate::{Places, Regions, Scalar, Tensor};

/// How [`roi_pool`] cuts its boxes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiPool {
    /// Rows and columns of the grid.
    pub output: [usize; 2],
    /// Cells of the map for one unit of a box.
    pub scale: Scalar,
}

impl RoiPool {
    /// The parts of a box in a map of size `input`.
    ///
    /// ```text
    /// start = round(scale · x1)     length = max(round(scale · x2) − start + 1, 1)
    /// part p of P: cells from start + ⌊p · length / P⌋ to below start + ⌈(p + 1) · length / P⌉
    /// ```
    pub fn regions(&self, roi: &Roi, input: [usize; 2]) -> Regions {
        // Beyond any map, and small enough that nothing computed from it overflows.
        const FAR: Scalar = 1e9;
        let axis = |axis: usize| -> Vec<[usize; 2]> {
            let (size, count) = (input[axis], self.output[axis]);
            let Some(span) = roi.span(axis) else { return vec![[0, 0]; count] };
            let [start, end] = span.map(|x| (x * self.scale).round().clamp(-FAR, FAR) as i64);
            let part = (end - start + 1).max(1) as Scalar / count as Scalar;
            let inside = |cell: Scalar| (cell as i64 + start).clamp(0, size as i64) as usize;
            let range = |p: usize| {
                let first = inside((p as Scalar * part).floor());
                [first, inside(((p + 1) as Scalar * part).ceil()).max(first)]
            };
            (0..count).map(range).collect()
        };
        Regions::new(input, axis(0), axis(1))
    }
}

/// The maximum of every part of every box: `x` `(N, C, H, W)` to `(boxes, C, OH, OW)`, with the
/// winners.
///
/// # Panics
/// When a box is in no image of `x`.
pub fn roi_pool(x: &Tensor, rois: &[Roi], how: &RoiPool) -> (Tensor, Places) {
    check("roi_pool", x, rois);
    let [_, channels, rows, columns] = x.nchw();
    let regions: Vec<Regions> = rois.iter().map(|roi| how.regions(roi, [rows, columns])).collect();
    let source = |plane: usize| {
        let (roi, channel) = (plane / channels, plane % channels);
        (rois[roi].image * channels + channel, Cow::Borrowed(&regions[roi]))
    };
    largest(x, [rois.len(), channels, how.output[0], how.output[1]], source)
}

/// `dx` of [`roi_pool`] for `x` of this shape: every `dy` goes to its winner.
///
/// # Panics
/// When a box is in no image of `x`.
pub fn roi_pool_backward(dy: &Tensor, places: &Places, rois: &[Roi], x: [usize; 4]) -> Tensor {
    let [_, channels, rows, columns] = dy.nchw();
    let outputs = rows * columns;
    let of_image = by_image(rois, x[0]);
    let mut dx = Tensor::stale(x);
    fill_planes(&mut dx, outputs * rois.len() / x[0].max(1), |plane, dx| {
        dx.fill(0.0);
        for roi in &of_image[plane / channels] {
            let start = (roi * channels + plane % channels) * outputs;
            places.scatter_more(start..start + outputs, dy.as_slice(), dx);
        }
    });
    dx
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_rounded_to_whole_cells_with_both_ends() {
        let how = RoiPool { output: [2, 2], scale: 0.5 };
        // Columns 0.9 to 6.9 become 0 to 3 (0.45 and 3.45 rounded), rows 2 to 6 become 1 to 3.
        let roi = Roi { image: 0, corners: [0.9, 2.0, 6.9, 6.0] };
        let expected = Regions::new([5, 5], vec![[1, 3], [2, 4]], vec![[0, 2], [2, 4]]);
        assert_eq!(how.regions(&roi, [5, 5]), expected);
    }

    #[test]
    fn the_maximum_of_every_part_is_found_and_gets_the_gradient() {
        let x = Tensor::from_fn([2, 1, 3, 4], |i| i as Scalar);
        let rois = [
            Roi { image: 1, corners: [0.0, 0.0, 3.0, 1.0] },
            Roi { image: 1, corners: [1.0, 0.0, 3.0, 1.0] },
        ];
        let how = RoiPool { output: [1, 2], scale: 1.0 };
        let (y, places) = roi_pool(&x, &rois, &how);
        assert_eq!(y.as_slice(), [17.0, 19.0, 18.0, 19.0]);
        let dx = roi_pool_backward(&Tensor::full(y.shape(), 1.0), &places, &rois, [2, 1, 3, 4]);
        let expected = Tensor::from_fn([2, 1, 3, 4], |i| match i {
            17 | 18 => 1.0,
            19 => 2.0,
            _ => 0.0,
        });
        assert_eq!(dx, expected);
    }

    #[test]
    fn parts_outside_the_map_and_boxes_that_are_no_numbers_are_zero() {
        let x = Tensor::full([1, 1, 3, 4], -2.0);
        let how = RoiPool { output: [2, 1], scale: 1.0 };
        let of = |corners| roi_pool(&x, &[Roi { image: 0, corners }], &how).0;
        assert_eq!(of([0.0, -4.0, 3.0, 2.0]).as_slice(), [0.0, -2.0]);
        assert_eq!(of([1e30, 0.0, 1e30, 2.0]).as_slice(), [0.0, 0.0]);
        assert_eq!(of([Scalar::NAN, 0.0, 3.0, 2.0]).as_slice(), [0.0, 0.0]);
    }

    #[test]
    fn no_boxes_make_no_outputs_and_no_gradient() {
        let x = Tensor::full([1, 2, 3, 4], 1.0);
        let (y, places) = roi_pool(&x, &[], &RoiPool { output: [2, 2], scale: 1.0 });
        assert_eq!(y.dims(), [0, 2, 2, 2]);
        assert_eq!(roi_pool_backward(&y, &places, &[], [1, 2, 3, 4]), Tensor::zeros([1, 2, 3, 4]));
    }
}
