//! The median of a square around each pixel, which takes away specks and keeps edges.

use super::Plane;

/// The median of the `side` by `side` square around each pixel; `side` is odd. Beyond the border it sees the nearest pixel
/// of the image, as SciPy's `median_filter` with the mode `nearest`.
pub fn median(grey: &Plane<u8>, side: usize) -> Plane<u8> {
    let reach = side / 2;
    let near = |place: usize, step: usize, length: usize| {
        (place + step).saturating_sub(reach).min(length - 1)
    };
    let mut square = Vec::with_capacity(side * side);
    grey.with(|row, column| {
        square.clear();
        for i in 0..side {
            let row = near(row, i, grey.rows());
            square.extend((0..side).map(|j| grey.at(row, near(column, j, grey.columns()))));
        }
        *square.select_nth_unstable(side * side / 2).1
    })
}
