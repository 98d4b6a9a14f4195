//! Elastic: a random affine map, then a smooth random field.
//!
//! With `side` the length of a side, three points (`⌊side/2⌋` plus or minus `⌊side/3⌋`) move by up to `jitter · side` along
//! each axis, and the affine map that does so is applied; beyond its border the image is mirrored at its outermost pixels.
//! Then every pixel shows what is `amplitude · side` times a field away: uniform on `[−1, 1)`, smoothed by a Gaussian of
//! `sigma · side` pixels, cut at three of them; here the outermost pixels are repeated in the mirror. Both are bilinear.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::warp::warp;
use super::{Corruption, Facts, Family, by_severity};
use crate::draw::uniform;
use crate::smooth::{Gaussian, gaussian, mirror};
use crate::transform::{Border, Matrix};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "bends the image by a random affine map and a smooth field",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, LEVELS, bend),
};

const NAME: &str = "elastic";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Digital,
    channels: None,
    constants: "amplitude, sigma and jitter, as shares of a side",
};
const LEVELS: [[f64; 3]; 5] =
    [[0.0, 0.0, 0.08], [0.05, 0.2, 0.07], [0.08, 0.06, 0.06], [0.1, 0.04, 0.05], [0.1, 0.03, 0.03]];

fn bend(image: &mut [u8], shape: [usize; 3], level: [f64; 3], stream: &mut Stream) {
    let [_, height, width] = shape;
    let side = height.min(width);
    let [amplitude, sigma, jitter] = level.map(|share| share * side as f64);
    let back = jittered([height, width], jitter, stream).inverse();
    let mut field = || -> Option<Vec<f64>> {
        (amplitude > 0.0).then(|| {
            let drawn =
                (0..height * width).map(|_| uniform([-1.0, 1.0], stream)).collect::<Vec<_>>();
            gaussian(&drawn, [height, width], Gaussian { sigma, truncate: 3.0, outside: mirror })
        })
    };
    let field = field().zip(field());
    each_plane(image, shape, |x, size| {
        let moved = warp(&x, size, Border::Reflect, |column, row| back.point([column, row]));
        let Some((right, down)) = &field else { return moved };
        warp(&moved, size, Border::Edge, |column, row| {
            let place = row as usize * width + column as usize;
            let column = column + amplitude * right[place];
            let row = row + amplitude * down[place];
            [folded(column, width), folded(row, height)]
        })
    });
}

/// Where the mirror with repeated outermost pixels sends a coordinate; between an outermost pixel and its repetition lies
/// that pixel.
fn folded(at: f64, count: usize) -> f64 {
    let period = 2.0 * count as f64;
    let at = (at + 0.5).rem_euclid(period);
    (at.min(period - at) - 0.5).clamp(0.0, (count - 1) as f64)
}

/// The affine map that moves three points around the centre by up to `jitter` along each axis.
fn jittered([height, width]: [usize; 2], jitter: f64, stream: &mut Stream) -> Matrix {
    let reach = (height.min(width) / 3) as f64;
    let (x, y) = ((width / 2) as f64, (height / 2) as f64);
    let points = [[x + reach, y + reach], [x + reach, y - reach], [x - reach, y - reach]];
    let moved = points.map(|point| point.map(|at| at + uniform([-jitter, jitter], stream)));
    let (from, to) = (corners(points), corners(moved));
    to.after(&from.inverse())
}

/// The map that takes `(0, 0)`, `(1, 0)` and `(0, 1)` to three points.
fn corners([origin, right, down]: [[f64; 2]; 3]) -> Matrix {
    let [x, y] = origin;
    Matrix([right[0] - x, down[0] - x, x, right[1] - y, down[1] - y, y])
}
