//! Sauvola's local threshold.
//!
//! ```text
//! T = m · (1 + k · (s / R − 1))        m and s mean and deviation in a window around the pixel, R = 127.5
//! ```
//!
//! After Sauvola and Pietikäinen (2000), doi:10.1016/S0031-3203(99)00055-2. As scikit-image's `threshold_sauvola`: windows
//! go on beyond the border with the image mirrored at its outermost pixels.

use super::Plane;

const HALF_RANGE: f64 = 127.5;

/// The threshold of each pixel; ink is darker than it. `side` is odd.
pub fn sauvola(grey: &Plane<u8>, side: usize, k: f64) -> Plane<f64> {
    let reach = side / 2;
    let (rows, columns) = (grey.rows() + 2 * reach, grey.columns() + 2 * reach);
    // Sums of values and of their squares over all pixels above and to the left.
    let width = columns + 1;
    let mut sums = vec![[0_u64; 2]; (rows + 1) * width];
    for row in 0..rows {
        let mut line = [0_u64; 2];
        let from = mirrored(row, reach, grey.rows());
        for column in 0..columns {
            let value = u64::from(grey.at(from, mirrored(column, reach, grey.columns())));
            line = [line[0] + value, line[1] + value * value];
            let above = sums[row * width + column + 1];
            sums[(row + 1) * width + column + 1] = [above[0] + line[0], above[1] + line[1]];
        }
    }
    let area = (side * side) as f64;
    grey.with(|row, column| {
        let [mean, square] = [0, 1].map(|which| {
            let at = |row: usize, column: usize| sums[row * width + column][which];
            let sum = at(row + side, column + side) + at(row, column)
                - at(row, column + side)
                - at(row + side, column);
            sum as f64 / area
        });
        let deviation = (square - mean * mean).max(0.0).sqrt();
        mean * (1.0 + k * (deviation / HALF_RANGE - 1.0))
    })
}

/// Where a place of the widened image comes from: mirrored at the outermost pixels as often as it takes.
fn mirrored(place: usize, reach: usize, length: usize) -> usize {
    if length == 1 {
        return 0;
    }
    let period = 2 * (length - 1);
    // Enough periods that the difference is not negative.
    let place = (place + period * (reach / period + 1) - reach) % period;
    place.min(period - place)
}
