//! A bright line with a soft edge.

/// The brightness of a line from one point to another, `(column, row)`, on an image; columns outside them stay dark.
///
/// ```text
/// b = max(0, 1 + ln(1 − d / 2.3))          d the distance along the column, at most just below 2.3
/// ```
pub(super) fn line(
    [height, width]: [usize; 2],
    [c0, r0]: [f64; 2],
    [c1, r1]: [f64; 2],
) -> Vec<f64> {
    let slope = (r1 - r0) / (c1 - c0);
    let columns = c0.floor() as usize..c1.ceil() as usize;
    let brightness = |at: usize| {
        let (row, column) = ((at / width) as f64, at % width);
        if c1 <= c0 || !columns.contains(&column) {
            return 0.0;
        }
        let distance = (row - (slope * (column as f64 - c0) + r0)).abs().min(2.3 - 1e-10);
        (1.0 + (1.0 - distance / 2.3).ln()).clamp(0.0, 1.0)
    };
    (0..height * width).map(brightness).collect()
}

/// Adds brightness to a plane of an image.
pub(super) fn add(x: &[f64], brightness: &[f64]) -> Vec<f64> {
    x.iter().zip(brightness).map(|(x, b)| (x + b).min(1.0)).collect()
}
