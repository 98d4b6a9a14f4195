//! Aliasing: how much of the detail before a down-sampling is finer than what is kept can hold.
//!
//! ```text
//! F = discrete Fourier transform of a map of (h, w) cells, before a layer that makes (h', w') of it
//! share = Σ |F(u, v)|² over min(u, h − u) > h'/2 or min(v, w − v) > w'/2,  over Σ |F(u, v)|² without (0, 0)
//! ```
//!
//! Sums run over images and channels. What lies above the new Nyquist frequency folds back into lower ones, where nothing tells
//! it from what was there, unless the layer filters it out first. It is taken at every layer whose maps are at most two thirds
//! as long along an axis as those before it. A network that keeps its resolution has none, and no value.
//!
//! After Zhang (2019), arXiv:1904.11486, and Ribeiro and Schön (2021), arXiv:2102.07757.

use std::f64::consts::TAU;

use cenote_evidence::MeasureNote;
use cenote_layers::Model;
use cenote_spec::Kind;
use cenote_tensor::Scalar;
use serde::Deserialize;

use super::subject::{average, rows};
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, maps_needed, notes, outside, plain};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "share of the energy before each down-sampling that is above the new Nyquist frequency",
    example: "images = 50",
    notes: Some(notes(
        "energy above half the new sampling rate over all energy but the mean's; in 0 to 1",
        "a forward pass of every image, and h w (h + w) operations for each map before a down-sampling",
        "Zhang (2019), arXiv:1904.11486; Ribeiro and Schön (2021), arXiv:2102.07757",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &Aliasing| outside("images", measure.images, 1, MOST_IMAGES))
    },
};

const NAME: &str = "aliasing";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Aliasing {
    #[serde(default = "super::images")]
    images: usize,
}

/// A layer that down-samples maps, with the energy that came to it so far.
struct Point {
    /// The layer before it.
    before: usize,
    from: [usize; 2],
    to: [usize; 2],
    above: f64,
    all: f64,
    /// Energy of the means.
    still: f64,
}

impl Measure for Aliasing {
    fn notes(&self) -> Vec<MeasureNote> {
        let about = "energy that a down-sampling cannot hold, mean over all there are";
        let plain = |name: &str, about| plain(name.to_owned(), about, "share");
        vec![
            plain(NAME, about),
            plain("aliasing_first", "the same at the first down-sampling"),
            plain("aliasing_last", "the same at the last down-sampling"),
        ]
    }

    fn fits(&self, model: &Model, _: &Data) -> Result<(), String> {
        maps_needed(model)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let layers = subject.map_layers();
        let mut points: Vec<Point> = layers
            .windows(2)
            .filter_map(|pair| {
                let [(before, [_, rows, columns]), (at, [_, fewer_rows, fewer_columns])] =
                    [pair[0], pair[1]];
                let smaller = 3 * fewer_rows <= 2 * rows || 3 * fewer_columns <= 2 * columns;
                let (from, to) = ([rows, columns], [fewer_rows, fewer_columns]);
                (at == before + 1 && smaller).then_some(Point {
                    before,
                    from,
                    to,
                    above: 0.0,
                    all: 0.0,
                    still: 0.0,
                })
            })
            .collect();
        if points.is_empty() {
            return Ok(vec![None; 3]);
        }
        let sample = subject.sample(self.images)?;
        for images in sample.images.chunks(subject.together) {
            subject.look(subject.scaled(images)?, |at, y| {
                for point in points.iter_mut().filter(|point| point.before == at) {
                    let area = point.from[0] * point.from[1];
                    for maps in rows(y) {
                        maps.chunks(area).for_each(|map| point.add(map));
                    }
                }
            });
        }
        let shares: Vec<Option<f64>> = points.iter().map(Point::share).collect();
        let (first, last) = (shares[0], shares[shares.len() - 1]);
        Ok(vec![average(shares.into_iter().flatten()), first, last])
    }
}

impl Point {
    /// `None` where maps have no detail beyond the rounding of their transform.
    fn share(&self) -> Option<f64> {
        (self.all > 1e-20 * self.still).then(|| self.above / self.all)
    }

    fn add(&mut self, map: &[Scalar]) {
        let [rows, columns] = self.from;
        let folded = |at: usize, side: usize| at.min(side - at);
        let energies = energies(map, self.from);
        self.still += energies[0];
        for (at, energy) in energies.into_iter().enumerate().skip(1) {
            let (u, v) = (folded(at / columns, rows), folded(at % columns, columns));
            self.all += energy;
            if 2 * u > self.to[0] || 2 * v > self.to[1] {
                self.above += energy;
            }
        }
    }
}

/// The squared magnitude of every coefficient of the discrete Fourier transform of a map, row after row.
fn energies(map: &[Scalar], [height, width]: [usize; 2]) -> Vec<f64> {
    let waves = |side: usize| -> Vec<(f64, f64)> {
        (0..side).map(|at| (TAU * at as f64 / side as f64).sin_cos()).collect()
    };
    let (down, across) = (waves(height), waves(width));
    let mut half = vec![(0.0, 0.0); height * width];
    for (row, cells) in map.chunks(width).enumerate() {
        for v in 0..width {
            let (mut real, mut imaginary) = (0.0, 0.0);
            for (x, &cell) in cells.iter().enumerate() {
                let (sin, cos) = across[v * x % width];
                real += f64::from(cell) * cos;
                imaginary -= f64::from(cell) * sin;
            }
            half[row * width + v] = (real, imaginary);
        }
    }
    let mut energies = Vec::with_capacity(height * width);
    for u in 0..height {
        for v in 0..width {
            let (mut real, mut imaginary) = (0.0, 0.0);
            for y in 0..height {
                let (sin, cos) = down[u * y % height];
                let (a, b) = half[y * width + v];
                real += a * cos + b * sin;
                imaginary += b * cos - a * sin;
            }
            energies.push(real * real + imaginary * imaginary);
        }
    }
    energies
}

#[cfg(test)]
mod tests {
    use cenote_datasets::{Images, Split};

    use super::super::testbed::{SIDE, Testbed, of_splits};
    use super::*;

    /// The share before a 2x2 pool of maps that are images of one pattern.
    fn share(pixel: impl Fn(usize, usize) -> u8) -> Option<f64> {
        let cells = (0..SIDE * SIDE).map(|at| pixel(at / SIDE, at % SIDE)).collect();
        let split = Split::new(Images::new([1, SIDE, SIDE], cells).unwrap(), vec![0]).unwrap();
        let layers = "layer = [{kind='conv2d', name='maps', out_channels=1, kernel_size=1}, {kind='max_pool', kernel_size=2},
             {kind='flatten'}, {kind='dense', out_features=1}]";
        let bed = Testbed::new(layers, of_splits(split.clone(), split), |path, _| {
            Some(if path == "maps.weight" { 1.0 } else { 0.0 })
        });
        let values = bed.take("kind = 'aliasing'");
        assert_eq!(values, [values[0]; 3], "there is one down-sampling");
        values[0]
    }

    #[test]
    fn stripes_of_two_cells_alias_and_wider_ones_do_not() {
        let near = |got: Option<f64>, expected: f64| {
            assert!(got.is_some_and(|got| (got - expected).abs() < 1e-6), "{got:?} {expected}");
        };
        let swing = |at: usize, period: usize| match (period, at % period) {
            (2 | 4, 0) => 40.0,
            (2, 1) | (4, 2) => -40.0,
            _ => 0.0,
        };
        near(share(|_, column| (128.0 + swing(column, 2)) as u8), 1.0);
        near(share(|row, _| (128.0 + swing(row, 2)) as u8), 1.0);
        near(share(|_, column| (128.0 + swing(column, 4)) as u8), 0.0);
        // A wave at the very end of the spectrum has twice the energy of another of its height.
        near(share(|row, column| (128.0 + swing(row, 4) + swing(column, 2)) as u8), 2.0 / 3.0);
        assert_eq!(share(|_, _| 7), None, "no detail, no share of it");
    }

    #[test]
    fn the_energies_of_a_transform_are_those_of_the_map() {
        // Parseval: their sum is that of the squares times the number of cells.
        let map: Vec<Scalar> = (0..15).map(|at| Scalar::from((at * at % 7) as u8)).collect();
        let squares: f64 = map.iter().map(|&a| f64::from(a).powi(2)).sum();
        let sum: f64 = energies(&map, [3, 5]).iter().sum();
        assert!((sum - 15.0 * squares).abs() < 1e-9 * sum, "{sum} {squares}");
    }

    #[test]
    fn a_network_that_keeps_its_resolution_has_no_share() {
        assert_eq!(Testbed::random().take("kind = 'aliasing'"), [None; 3]);
    }
}
