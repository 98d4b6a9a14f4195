//! Zoom blur: the mean of the image and of its centre enlarged by 1.00, 1.01, … times.
//!
//! The largest factor is 1.05, 1.10, 1.15, 1.20 or 1.25. The image counts twice, by itself and as the factor 1.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::{Corruption, Facts, Family, by_severity};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "averages over centres enlarged by 1.00, 1.01, … times",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [5, 10, 15, 20, 25], blur),
};

const NAME: &str = "zoom_blur";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Blur,
    channels: None,
    constants: "largest enlargement in percent",
};

fn blur(image: &mut [u8], shape: [usize; 3], most: u32, _: &mut Stream) {
    each_plane(image, shape, |x, size| {
        let mut sum = x.clone();
        for percent in 0..=most {
            let zoomed = zoom(&x, size, 1.0 + f64::from(percent) / 100.0);
            sum.iter_mut().zip(zoomed).for_each(|(sum, value)| *sum += value);
        }
        sum.iter().map(|sum| sum / f64::from(most + 2)).collect()
    });
}

/// The centre of a plane, enlarged to the plane's size by linear interpolation.
///
/// Of `n` pixels along an axis the middle `⌈n / factor⌉` are spread over `⌊⌈n / factor⌉ · factor⌉` (rounded), the outermost
/// onto the outermost, and the middle `n` of these are taken.
pub(super) fn zoom(x: &[f64], [height, width]: [usize; 2], factor: f64) -> Vec<f64> {
    let axis = |count: usize| -> Vec<(usize, f64)> {
        let part = (count as f64 / factor).ceil();
        let spread = (part * factor).round_ties_even();
        let (start, trim) = ((count - part as usize) / 2, (spread as usize - count) / 2);
        let step = if spread > 1.0 { (part - 1.0) / (spread - 1.0) } else { 0.0 };
        let place = |at: usize| {
            let at = (at + trim) as f64 * step;
            let low = at.floor().min((part - 2.0).max(0.0));
            (start + low as usize, at - low)
        };
        (0..count).map(place).collect()
    };
    let (rows, columns) = (axis(height), axis(width));
    let mut zoomed = Vec::with_capacity(x.len());
    for &(row, v) in &rows {
        for &(column, u) in &columns {
            let value = |down: usize, right: usize| {
                x[(row + down).min(height - 1) * width + (column + right).min(width - 1)]
            };
            let along = |down| value(down, 0) * (1.0 - u) + value(down, 1) * u;
            zoomed.push(along(0) * (1.0 - v) + along(1) * v);
        }
    }
    zoomed
}
