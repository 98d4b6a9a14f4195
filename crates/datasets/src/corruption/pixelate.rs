//! Pixelate: made smaller by averaging, and larger again without it.
//!
//! A side of `n` pixels becomes `⌊c n⌋`: every new pixel is the mean of the old ones whose centres it covers, columns first,
//! rounded to bytes in between. Then every pixel of the old size shows the new one that covers its centre.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::{Corruption, Facts, Family, by_severity};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "makes the image smaller by .95 to .65 and larger again",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [0.95, 0.9, 0.85, 0.75, 0.65], pixelate),
};

const NAME: &str = "pixelate";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Digital, channels: None, constants: "factor of the size" };

fn pixelate(image: &mut [u8], [_, height, width]: [usize; 3], factor: f64, _: &mut Stream) {
    let small = |side: usize| (side as f64 * factor) as usize;
    for plane in image.chunks_exact_mut(height * width) {
        let [h, w] = [small(height), small(width)];
        let smaller = resized(&resized(plane, width, w), height, h);
        plane.copy_from_slice(&resized(&resized(&smaller, w, width), h, height));
    }
}

/// Resizes the rows of a plane and turns it: rows become columns.
fn resized(plane: &[u8], from: usize, to: usize) -> Vec<u8> {
    let rows = plane.len() / from;
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0) / 2.0;
    let mut turned = vec![0; rows * to];
    for at in 0..to {
        let centre = (at as f64 + 0.5) * scale;
        let (first, end) = ((centre - reach + 0.5) as usize, (centre + reach + 0.5) as usize);
        // A pixel counts when its centre lies in the half-open box.
        let covered = |place: &usize| {
            let distance = (*place as f64 + 0.5 - centre) / (2.0 * reach);
            distance > -0.5 && distance <= 0.5
        };
        let places: Vec<usize> = (first..end.min(from)).filter(covered).collect();
        for row in 0..rows {
            let sum: usize =
                places.iter().map(|&place| usize::from(plane[row * from + place])).sum();
            turned[at * rows + row] = ((2 * sum + places.len()) / (2 * places.len())) as u8;
        }
    }
    turned
}
