//! Planes of numbers read at points between their values.

use crate::transform::{Border, Matrix};

/// Redraws a plane: the pixel in row `i` and column `j` shows what was at `source(j, i)`, bilinearly; pixels are points
/// here, the first at `(0, 0)`.
pub(super) fn warp(
    x: &[f64],
    [height, width]: [usize; 2],
    border: Border,
    source: impl Fn(f64, f64) -> [f64; 2],
) -> Vec<f64> {
    let value = |at: usize| {
        let [column, row] = source((at % width) as f64, (at / width) as f64);
        let (left, top) = (column.floor(), row.floor());
        let (u, v) = (column - left, row - top);
        let cell = |down: isize, right: isize| {
            let row = border.place(top as isize + down, height);
            let place = row.zip(border.place(left as isize + right, width));
            place.map_or(0.0, |(row, column)| x[row * width + column])
        };
        let along = |down| cell(down, 0) * (1.0 - u) + cell(down, 1) * u;
        along(0) * (1.0 - v) + along(1) * v
    };
    (0..x.len()).map(value).collect()
}

/// The linear map `[a, b, d, e]` around the centre of a plane.
pub(super) fn around_centre([height, width]: [usize; 2], linear: [f64; 4]) -> Matrix {
    Matrix::around([(width - 1) as f64 / 2.0, (height - 1) as f64 / 2.0], linear)
}
