//! JPEG: what encoding and decoding with a quality from 80 down to 40 loses.
//!
//! Entropy coding loses nothing, so only the other steps are done, as libjpeg does them (ITU-T T.81, and JFIF for colours):
//! red, green and blue become luma and two chromas; chromas are halved in both directions by averaging; blocks of 8x8 are
//! transformed by cosines, divided by the standard's tables, scaled for the quality, and rounded; then all of it backwards,
//! chromas being enlarged by weights 3 : 1 along each axis. Images that do not have three channels are luma, each channel by
//! itself. What lies beyond the border is the outermost pixel.

use std::f64::consts::PI;

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::{Corruption, Facts, Family, by_severity};
use crate::smooth::edge;
use crate::transform::{byte, luma};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "encodes as JPEG with a quality from 80 down to 40",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [80, 65, 58, 50, 40], compress),
};

const NAME: &str = "jpeg";
const FACTS: Facts =
    Facts { name: NAME, family: Family::Digital, channels: None, constants: "quality" };

/// The tables of T.81, annex K, row by row.
const LUMA: [u32; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMA: [u32; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

fn compress(image: &mut [u8], [channels, height, width]: [usize; 3], quality: u32, _: &mut Stream) {
    let area = height * width;
    let size = [height, width];
    if channels != 3 {
        for plane in image.chunks_exact_mut(area) {
            let values: Vec<f64> = plane.iter().map(|&pixel| f64::from(pixel)).collect();
            let coded = coded(&values, size, &LUMA, quality);
            plane.iter_mut().zip(coded).for_each(|(pixel, value)| *pixel = byte(value));
        }
        return;
    }
    let colour = |at: usize| [0, 1, 2].map(|channel| f64::from(image[channel * area + at]));
    let of = |change: fn([f64; 3]) -> f64| -> Vec<f64> {
        (0..area).map(|at| f64::from(byte(change(colour(at))))).collect()
    };
    let y = coded(&of(luma), size, &LUMA, quality);
    let blue = of(|[r, g, b]| 128.0 - 0.168_736 * r - 0.331_264 * g + 0.5 * b);
    let red = of(|[r, g, b]| 128.0 + 0.5 * r - 0.418_688 * g - 0.081_312 * b);
    let [cb, cr] = [blue, red].map(|chroma| {
        let (halved, small) = halved(&chroma, size);
        enlarged(&coded(&halved, small, &CHROMA, quality), small[1], size)
    });
    for at in 0..area {
        let (y, cb, cr) = (y[at], cb[at] - 128.0, cr[at] - 128.0);
        image[at] = byte(y + 1.402 * cr);
        image[area + at] = byte(y - 0.344_136 * cb - 0.714_136 * cr);
        image[2 * area + at] = byte(y + 1.772 * cb);
    }
}

/// A plane of bytes after its blocks were transformed, rounded by a table and transformed back.
fn coded(plane: &[f64], [height, width]: [usize; 2], table: &[u32; 64], quality: u32) -> Vec<f64> {
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let steps = table.map(|step| f64::from(((step * scale + 50) / 100).clamp(1, 255)));
    let cosines: [[f64; 8]; 8] = std::array::from_fn(|u| {
        let factor = if u == 0 { 0.125_f64.sqrt() } else { 0.5 };
        std::array::from_fn(|x| factor * ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos())
    });
    let mut result = vec![0.0; plane.len()];
    for (top, left) in
        (0..height).step_by(8).flat_map(|top| (0..width).step_by(8).map(move |left| (top, left)))
    {
        let block: [f64; 64] = std::array::from_fn(|at| {
            let row = edge((top + at / 8) as isize, height);
            plane[row * width + edge((left + at % 8) as isize, width)] - 128.0
        });
        let waves = transformed(&block, |u, x| cosines[u][x]);
        let rounded = std::array::from_fn(|at| (waves[at] / steps[at]).round() * steps[at]);
        let back = transformed(&rounded, |x, u| cosines[u][x]);
        for (at, value) in back.into_iter().enumerate() {
            let (row, column) = (top + at / 8, left + at % 8);
            if row < height && column < width {
                result[row * width + column] = f64::from(byte(value + 128.0));
            }
        }
    }
    result
}

/// `M · block · Mᵀ`.
fn transformed(block: &[f64; 64], matrix: impl Fn(usize, usize) -> f64) -> [f64; 64] {
    let sum = |of: &dyn Fn(usize) -> f64| (0..8).map(of).sum::<f64>();
    let rows: [f64; 64] =
        std::array::from_fn(|at| sum(&|x| matrix(at % 8, x) * block[at / 8 * 8 + x]));
    std::array::from_fn(|at| sum(&|y| matrix(at / 8, y) * rows[y * 8 + at % 8]))
}

/// A plane of half the size, rounded up, whose values are means of four; halves go up and down in turns.
///
/// Its rows go on to the end of their last block, as libjpeg has them: what is averaged there is the border of the plane,
/// not the border of the means.
fn halved(plane: &[f64], [height, width]: [usize; 2]) -> (Vec<f64>, [usize; 2]) {
    let small @ [rows, columns] = [height.div_ceil(2), width.div_ceil(16) * 8];
    let mean = |at: usize| {
        let (row, column) = (at / columns * 2, at % columns * 2);
        let cells = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(down, right)| {
            plane[(row + down).min(height - 1) * width + (column + right).min(width - 1)]
        });
        let more = if (at % columns).is_multiple_of(2) { 0.25 } else { 0.5 };
        (cells.iter().sum::<f64>() / 4.0 + more).floor()
    };
    ((0..rows * columns).map(mean).collect(), small)
}

/// A plane of twice the size: 3/4 of the nearest value and 1/4 of the next along each axis. Rows of the small plane are
/// `stride` apart; those of its values that belong to the image are used.
fn enlarged(small: &[f64], stride: usize, [height, width]: [usize; 2]) -> Vec<f64> {
    let near = |at: usize, count: usize| {
        let next = if at.is_multiple_of(2) { -1 } else { 1 };
        (at / 2, edge((at / 2) as isize + next, count.div_ceil(2)))
    };
    let value = |at: usize| {
        let (row, next_row) = near(at / width, height);
        let (column, next_column) = near(at % width, width);
        let along =
            |column: usize| 3.0 * small[row * stride + column] + small[next_row * stride + column];
        let more = if (at % width).is_multiple_of(2) { 8.0 } else { 7.0 };
        ((3.0 * along(column) + along(next_column) + more) / 16.0).floor()
    };
    (0..height * width).map(value).collect()
}
