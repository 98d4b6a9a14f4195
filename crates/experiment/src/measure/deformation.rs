//! Deformation: how far small smooth warps move the last maps, against how far apart images are.
//!
//! ```text
//! s = median over x of d(f(x), f(τ x)) / median over x of d(f(x), f(x'))      d(a, b) = 1 − a·b / (|a| |b|)
//! ```
//!
//! `f` is the last layer of maps, `x'` another image of the sample, and `τ` moves every pixel by a field that goes straight
//! between the vectors of a 4x4 grid, each drawn from a normal distribution of `sigma` pixels along both axes. 0 is a layer
//! that warps do not move, 1 one that they move as far as images are apart. It is taken after training and before: what
//! pools bring by their form, training may bring or take away.
//!
//! After Ruderman, Rabinowitz, Morcos and Zoran (2018), arXiv:1804.04438.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::{Kind, Notes, Random, Setting};
use cenote_tensor::{Scalar, Tensor};
use serde::Deserialize;

use super::subject::rows;
use super::{
    IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, maps_needed, outside, plain,
};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "how far small smooth warps move the last maps, trained and at the start",
    example: "sigma = 1.0",
    notes: Some(Notes {
        formula: "median cosine distance of an image and its warp over that of two images; in 0 to about 1",
        cost: "4 forward passes of every image",
        reference: "Ruderman et al. (2018), arXiv:1804.04438",
        random: Random::Free,
        settings: &[
            Setting {
                name: "sigma",
                default: "1.0",
                about: "deviation of the vectors of the grid, in pixels along each axis",
                values: &["1.0"],
            },
            IMAGES,
        ],
    }),
    parse: |table| {
        checked(NAME, table, |measure: &Deformation| {
            outside("sigma", measure.sigma, 0.0, 100.0)
                .or_else(|| outside("images", measure.images, 2, MOST_IMAGES))
        })
    },
};

const NAME: &str = "deformation";
/// Vectors along each axis.
pub(super) const GRID: usize = 4;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deformation {
    #[serde(default = "one")]
    sigma: f64,
    #[serde(default = "super::images")]
    images: usize,
}

fn one() -> f64 {
    1.0
}

impl Measure for Deformation {
    fn notes(&self) -> Vec<MeasureNote> {
        let name = format!("deformation_{}", self.sigma);
        let initial = format!("{name}_initial");
        let about = "how far warps move the last maps, of the way to another image";
        vec![
            expected(name, about, "ratio", "C6", Direction::Higher),
            plain(initial, "the same before training", "ratio"),
        ]
    }

    fn fits(&self, model: &Model, _: &Data) -> Result<(), String> {
        maps_needed(model)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let shape = subject.data.test.shape();
        let vectors = 2 * GRID * GRID;
        let drawn = Tensor::normal([sample.len() * vectors], 1.0, &mut subject.stream(NAME));
        let warp = |(image, vectors): (&Vec<u8>, &[Scalar])| {
            let vectors: Vec<f64> = vectors.iter().map(|&v| self.sigma * f64::from(v)).collect();
            warped(image, shape, &vectors)
        };
        let fields = drawn.as_slice().chunks(vectors);
        let moved: Vec<Vec<u8>> = sample.images.iter().zip(fields).map(warp).collect();
        let both = [*subject, subject.untrained()];
        both.iter().map(|subject| sensitivity(subject, &sample.images, &moved)).collect()
    }
}

/// The median distance of images from their warps, over that of images from the next.
fn sensitivity(
    subject: &Subject<'_>,
    images: &[Vec<u8>],
    moved: &[Vec<u8>],
) -> Result<Option<f64>, Error> {
    let (images, moved) = (last_maps(subject, images)?, last_maps(subject, moved)?);
    let next = images.iter().cycle().skip(1);
    let far = median(images.iter().zip(next).filter_map(|(a, b)| distance(a, b)).collect());
    let near = median(images.iter().zip(&moved).filter_map(|(a, b)| distance(a, b)).collect());
    Ok(near.zip(far).filter(|(_, far)| *far > 1e-9).map(|(near, far)| near / far))
}

/// What the last layer of maps makes of each image.
fn last_maps(subject: &Subject<'_>, images: &[Vec<u8>]) -> Result<Vec<Vec<Scalar>>, Error> {
    let layers = subject.map_layers();
    let last = layers[layers.len() - 1].0;
    let mut all = Vec::with_capacity(images.len());
    for images in images.chunks(subject.together) {
        subject.look(subject.scaled(images)?, |at, y| {
            if at == last {
                all.extend(rows(y));
            }
        });
    }
    Ok(all)
}

/// The cosine distance; `None` where either is zero.
fn distance(a: &[Scalar], b: &[Scalar]) -> Option<f64> {
    let dot = |a: &[Scalar], b: &[Scalar]| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    let sizes = (dot(a, a) * dot(b, b)).sqrt();
    (sizes > 0.0).then(|| (1.0 - dot(a, b) / sizes).max(0.0))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

/// An image read where a field points: `y(p) = x(p + v(p))`, straight between pixels, the edge beyond it.
pub(super) fn warped(image: &[u8], [_, height, width]: [usize; 3], vectors: &[f64]) -> Vec<u8> {
    let (down, across) = vectors.split_at(GRID * GRID);
    let corners = |at: f64, side: usize| {
        let at = at.clamp(0.0, (side - 1) as f64);
        let low = at.floor() as usize;
        (low, (low + 1).min(side - 1), at - low as f64)
    };
    let mut field = Vec::with_capacity(height * width);
    for (row, column) in (0..height).flat_map(|row| (0..width).map(move |c| (row, c))) {
        let place = |at: usize, side: usize| {
            corners(at as f64 / (side - 1).max(1) as f64 * (GRID - 1) as f64, GRID)
        };
        let (y, x) = (place(row, height), place(column, width));
        let at = |vectors: &[f64]| between(|r, c| vectors[r * GRID + c], y, x);
        field.push((row as f64 + at(down), column as f64 + at(across)));
    }
    let read = |plane: &[u8]| -> Vec<u8> {
        let pixel = |&(row, column): &(f64, f64)| {
            let value = |r: usize, c: usize| f64::from(plane[r * width + c]);
            between(value, corners(row, height), corners(column, width)).round() as u8
        };
        field.iter().map(pixel).collect()
    };
    image.chunks(height * width).flat_map(read).collect()
}

/// The value between four cells, given along each axis by both neighbours and how far it is to the second.
fn between(
    value: impl Fn(usize, usize) -> f64,
    (up, down, y): (usize, usize, f64),
    (left, right, x): (usize, usize, f64),
) -> f64 {
    let row = |r: usize| value(r, left) * (1.0 - x) + value(r, right) * x;
    row(up) * (1.0 - y) + row(down) * y
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, blocks};
    use super::*;

    #[test]
    fn a_field_of_one_vector_moves_an_image_by_it() {
        let image = [10, 20, 30, 40, 50, 60];
        let vectors = |down: f64, across: f64| [[down; 16], [across; 16]].concat();
        assert_eq!(warped(&image, [1, 2, 3], &vectors(0.0, 1.0)), [20, 30, 30, 50, 60, 60]);
        assert_eq!(warped(&image, [1, 2, 3], &vectors(-1.0, 0.0)), [10, 20, 30, 10, 20, 30]);
        assert_eq!(warped(&image, [1, 2, 3], &vectors(0.5, 0.0)), [25, 35, 45, 40, 50, 60]);
    }

    #[test]
    fn distances_and_medians_by_hand() {
        assert_eq!(distance(&[1.0, 0.0], &[0.0, 2.0]), Some(1.0));
        assert_eq!(distance(&[0.0], &[1.0]), None);
        assert_eq!((median(vec![3.0, 1.0, 2.0]), median(vec![4.0, 1.0])), (Some(2.0), Some(2.5)));
    }

    #[test]
    fn no_warp_moves_nothing_and_a_stronger_one_moves_more() {
        let take = |bed: &Testbed, sigma: &str| {
            bed.take(&format!("kind = 'deformation'\nsigma = {sigma}"))[0]
        };
        let bed = Testbed::random();
        assert!(take(&bed, "0.0").unwrap() < 1e-6);
        assert!(take(&bed, "0.3").unwrap() < take(&bed, "2.0").unwrap());
        let layers = "layer = [{kind='conv2d', name='maps', out_channels=1, kernel_size=1}, {kind='flatten'},
             {kind='dense', out_features=2}]";
        let constant = Testbed::new(layers, blocks(), |path, _| {
            Some(if path == "maps.bias" { 1.0 } else { 0.0 })
        });
        assert_eq!(take(&constant, "1.0"), None, "all images are one to it");
    }
}
