//! Defocus blur: every channel is averaged over a disk with a soft edge.
//!
//! The disk holds the pixels at most `radius` away and is itself smoothed by a Gaussian of deviation `edge` cut to 3x3.
//! Beyond its border the image is mirrored at its outermost pixels.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::{Corruption, Facts, Family, by_severity};
use crate::transform::Border;

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "averages over a disk with a soft edge",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, LEVELS, blur),
};

const NAME: &str = "defocus_blur";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Blur,
    channels: None,
    constants: "radius of the disk and deviation of its edge, in pixels",
};
const LEVELS: [[f64; 2]; 5] = [[0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1.0, 0.2], [1.5, 0.1]];
/// Pixels from the middle of the kernel to its border: the largest disk and one more for its edge.
const REACH: isize = 3;

fn blur(image: &mut [u8], shape: [usize; 3], [radius, edge]: [f64; 2], _: &mut Stream) {
    let kernel = disk(radius, edge);
    each_plane(image, shape, |x, [height, width]| {
        let place = |at, by, count| {
            Border::Reflect.place(at as isize + by, count).expect("mirrored images have no border")
        };
        let value = |at: usize| -> f64 {
            let terms = kernel.iter().map(|&(down, right, weight)| {
                let (row, column) =
                    (place(at / width, down, height), place(at % width, right, width));
                weight * x[row * width + column]
            });
            terms.sum()
        };
        (0..x.len()).map(value).collect()
    });
}

/// Weights that are not 0, with their places `(down, right)` from the middle.
fn disk(radius: f64, edge: f64) -> Vec<(isize, isize, f64)> {
    let places =
        || (-REACH..=REACH).flat_map(|down| (-REACH..=REACH).map(move |right| (down, right)));
    let inside =
        |down: isize, right: isize| ((down * down + right * right) as f64) <= radius * radius;
    let area = places().filter(|&(down, right)| inside(down, right)).count() as f64;
    let side = (-0.5 / (edge * edge)).exp();
    let smooth = [side, 1.0, side].map(|weight| weight / (1.0 + 2.0 * side));
    let weighted = places().map(|(down, right)| {
        let around = (0..9).filter(|at| inside(down + at / 3 - 1, right + at % 3 - 1));
        let weight: f64 = around.map(|at| smooth[at as usize / 3] * smooth[at as usize % 3]).sum();
        (down, right, weight / area)
    });
    weighted.filter(|(_, _, weight)| *weight > 0.0).collect()
}
