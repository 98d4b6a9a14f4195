//! The formula as loops.

#[cfg(cenote_f64)]
use crate::Axis;
use crate::Scalar;
#[cfg(test)]
use crate::{
    Tensor,
    ops::roi::{Roi, RoiAlign, align::bilinear},
};

/// `y = R x Cᵀ` for the weights of one box.
#[cfg(cenote_f64)]
pub(super) fn sample([rows, columns]: &[Axis; 2], x: &[Scalar], y: &mut [Scalar]) {
    let outputs = (0..rows.output()).flat_map(|i| (0..columns.output()).map(move |j| (i, j)));
    for ((i, j), y) in outputs.zip(y) {
        let of_row = |at: usize| -> Scalar {
            columns.taps(j).iter().map(|tap| tap.weight * x[at * columns.input() + tap.at]).sum()
        };
        *y = rows.taps(i).iter().map(|tap| tap.weight * of_row(tap.at)).sum();
    }
}

/// Adds `Rᵀ dy C` to `dx`.
#[cfg(cenote_f64)]
pub(super) fn spread([rows, columns]: &[Axis; 2], dy: &[Scalar], dx: &mut [Scalar]) {
    let outputs = (0..rows.output()).flat_map(|i| (0..columns.output()).map(move |j| (i, j)));
    for ((i, j), dy) in outputs.zip(dy) {
        for row in rows.taps(i) {
            for column in columns.taps(j) {
                dx[row.at * columns.input() + column.at] += row.weight * column.weight * dy;
            }
        }
    }
}

/// Output `i` of all boxes, sample by sample.
#[cfg(test)]
pub(super) fn one(x: &Tensor, rois: &[Roi], how: &RoiAlign, i: usize) -> Scalar {
    let [_, channels, height, width] = x.nchw();
    let [rows, columns] = how.output;
    let (part, plane) = (i % (rows * columns), i / (rows * columns));
    let (roi, channel) = (&rois[plane / channels], plane % channels);
    let axis = |axis: usize, p: usize, s: Scalar| {
        let (start, part, grid) = how.samples(roi.span(axis).expect("finite"), axis);
        start + p as Scalar * part + (s + 0.5) * part / grid
    };
    let grid = |axis| how.samples(roi.span(axis).expect("finite"), axis).2.max(0.0) as usize;
    let mut sum = 0.0;
    for s in (0..grid(0)).flat_map(|s| (0..grid(1)).map(move |t| [s, t])) {
        let y = bilinear(axis(0, part / columns, s[0] as Scalar), height);
        let x_ = bilinear(axis(1, part % columns, s[1] as Scalar), width);
        if let (Some(y), Some(x_)) = (y, x_) {
            for ((h, down), (w, right)) in y.into_iter().flat_map(|y| x_.map(|x| (y, x))) {
                let at = ((roi.image * channels + channel) * height + h) * width + w;
                sum += down * right * x.as_slice()[at];
            }
        }
    }
    sum / (grid(0) * grid(1)).max(1) as Scalar
}
