//! Images as numbers in `0..=1`, channel by channel.

/// The bytes of an image as numbers.
pub(super) fn numbers(image: &[u8]) -> Vec<f64> {
    image.iter().map(|&pixel| f64::from(pixel) / 255.0).collect()
}

/// Puts numbers back as bytes: clipped, and cut.
pub(super) fn put(image: &mut [u8], values: impl IntoIterator<Item = f64>) {
    image.iter_mut().zip(values).for_each(|(pixel, value)| *pixel = cut(value));
}

/// `⌊255 x⌋`. What rounding left just below a whole number is that number.
pub(super) fn cut(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0 + 1e-9) as u8
}

/// Changes every value by itself.
pub(super) fn each_value(image: &mut [u8], mut change: impl FnMut(f64) -> f64) {
    for pixel in image {
        *pixel = cut(change(f64::from(*pixel) / 255.0));
    }
}

/// Changes every channel by itself.
pub(super) fn each_plane(
    image: &mut [u8],
    [_, height, width]: [usize; 3],
    mut change: impl FnMut(Vec<f64>, [usize; 2]) -> Vec<f64>,
) {
    for plane in image.chunks_exact_mut(height * width) {
        let changed = change(numbers(plane), [height, width]);
        put(plane, changed);
    }
}
