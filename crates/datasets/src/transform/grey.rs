//! The grey of a pixel, and of an image.

/// The luma of red, green and blue by ITU-R BT.601: `0.299 R + 0.587 G + 0.114 B`.
pub(crate) fn luma([r, g, b]: [f64; 3]) -> f64 {
    0.299 * r + 0.587 * g + 0.114 * b
}

/// The mean grey of an image `[c, h, w]`: of its luma where it has three channels, else of all its values.
pub(crate) fn mean_grey(image: &[u8], channels: usize) -> f64 {
    let mean = |plane: &[u8]| {
        plane.iter().map(|&pixel| u64::from(pixel)).sum::<u64>() as f64 / plane.len() as f64
    };
    if channels != 3 {
        return mean(image);
    }
    let area = image.len() / 3;
    luma([0, 1, 2].map(|channel| mean(&image[channel * area..][..area])))
}

/// Changes every pixel of an image of three channels.
pub(crate) fn each_colour(image: &mut [u8], change: impl Fn([f64; 3]) -> [f64; 3]) {
    let (red, rest) = image.split_at_mut(image.len() / 3);
    let (green, blue) = rest.split_at_mut(rest.len() / 2);
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let colour = change([*r, *g, *b].map(f64::from));
        [*r, *g, *b] = colour.map(super::resample::byte);
    }
}
